"""What diff writes: changes.csv, ledger.csv and diff.html, every change on two maps, in a folder of its own."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.comparing.differences import Differences
from optimizer.folders import DIFF_FILES, replace_own_folder
from optimizer.messages import say, spoken
from optimizer.reports.comparisons.small_maps import draw_map, paint_reps, place
from optimizer.reports.content.tables import Sheet, Table
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.page.still_page import MOST_ROWS, write_section, write_still_page, write_table

WIDE, HIGH = 560.0, 420.0  # of each map


def write_differences(found: Differences, out: str | Path, *, lang: str = "") -> Path:
    """Write what differs between two plans into the folder ``out``, which is replaced whole or not at all.

    OutputError when ``out`` holds anything that diff did not write, or cannot be written.
    """
    lang = lang or spoken()
    changes, ledger = list_changes(found, lang), list_ledger(found, lang)
    with replace_own_folder(out, DIFF_FILES) as folder:
        write_csv(changes, folder)
        write_csv(ledger, folder)
        page = _build_page(found, changes, ledger, lang)
        (folder / "diff.html").write_text(page, encoding="utf-8", errors="replace", newline="\n")
    return Path(out)


def list_changes(found: Differences, lang: str) -> Table:
    """A row for each customer that differs."""
    sheet = Sheet("changes", lang)
    for name in found.changes.columns:
        values = found.changes[name]
        label = f"diff_{name}"
        if name.startswith("hours"):
            sheet.add(name, "number", values.to_numpy(dtype=float), 3, label)
        elif name.startswith("revenue"):
            if values.any():
                sheet.add(name, "number", values.to_numpy(dtype=float), 3, label)
        else:
            sheet.add(name, "id", values.to_numpy(dtype=object), label=label, words=_WORDS.get(name, ()))
    return sheet.table()


_WORDS = {"kind": ("change_kind",)}


def list_ledger(found: Differences, lang: str) -> Table:
    """A row for each rep of either plan."""
    sheet = Sheet("ledger", lang)
    sheet.add("rep_id", "id", found.ledger["rep_id"].to_numpy(dtype=object))
    for name in found.ledger.columns[1:]:
        worth, _, flow = name.partition("_")
        values = found.ledger[name].to_numpy(dtype=float)
        if (name == "customers_kept_change") or (worth == "revenue" and not _has_revenue(found.ledger)):
            continue  # a customer that stays is one customer still
        decimals = 0 if worth == "customers" else 3
        sheet.add(
            name, "number", values, decimals, f"ledger_{flow}", worth=say(f"ledger_worth.{worth}", lang)
        )
    return sheet.table()


def _has_revenue(ledger: pd.DataFrame) -> bool:
    return bool(ledger[["revenue_before", "revenue_after"]].to_numpy().any())


def _build_page(found: Differences, changes: Table, ledger: Table, lang: str) -> str:
    names = {"before": found.before.name, "after": found.after.name}
    title = say("diff.title", lang, **names)
    counts = {**found.counts, "retiered": found.retiered}
    tiles = "".join(
        f"<div class=tile><div class=label>{escape(say(f'change_kind.{kind}', lang))}</div>"
        f"<div class=value>{count:,}</div></div>"
        for kind, count in counts.items()
    )
    parts = [
        f"<p class=overline>{escape(found.after.case.name)}</p><h1>{escape(title)}</h1>",
        f"<div class='tiles even'>{tiles}</div>",
        _draw_maps(found, lang),
        write_section(
            escape(say("diff.ledger", lang)), escape(say("diff.ledger_note", lang)), _sort(ledger, lang)
        ),
        write_section(
            escape(say("diff.changes", lang)),
            escape(
                say("diff.changes_note", lang, count=len(changes))
                if len(changes) <= MOST_ROWS
                else say("diff.changes_cut", lang, most=MOST_ROWS, count=len(changes))
            ),
            write_table(changes, lang),
        ),
    ]
    return write_still_page(title, "comparison.css", [part for part in parts if part], lang)


def _sort(ledger: Table, lang: str) -> str:
    """The ledger as markup, who gives and gets most first; who does neither is left out."""
    flow = ledger.frame["hours_in"] + ledger.frame["hours_out"] + ledger.frame["hours_kept_change"].abs()
    order = np.argsort(-flow.to_numpy(), kind="stable")
    shown = ledger.frame.iloc[order[flow.to_numpy()[order] > 0]]
    idle = [name for name in ledger.columns if name.endswith("_kept_change") and not shown[name].any()]
    return write_table(Table(ledger.name, shown, ledger.columns), lang, idle)


def _draw_maps(found: Differences, lang: str) -> str:
    """Both plans; who differs stands out, in the colour of the owner there."""
    sides = (found.before, found.after)
    problems = [side.problem for side in sides]
    places, paint = place(problems, WIDE, HIGH), paint_reps(problems)
    if places is None:
        return ""
    figures = []
    for side, where, colour in zip(sides, places, paint, strict=True):
        strong = np.isin(
            side.problem.customer_ids.astype(str), found.changes["customer_id"].to_numpy(dtype=str)
        )
        drawn = draw_map(where, side.plan.owner, colour, escape(side.name), strong)
        figures.append(
            f"<figure><figcaption><strong>{escape(side.name)}</strong></figcaption>{drawn}</figure>"
        )
    body = f"<div class='maps two'>{''.join(figures)}</div>"
    return write_section(escape(say("diff.maps", lang)), escape(say("diff.maps_note", lang)), body)
