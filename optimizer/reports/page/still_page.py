"""Pages that stand still: one file that opens offline, runs nothing, contacts nobody, and prints as it looks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Sequence
from html import escape
from importlib.resources import files

import numpy as np

from optimizer.messages import say
from optimizer.reports.content.tables import Table

MOST_ROWS = 2_000  # of a table in the page


def write_still_page(title: str, style: str, parts: Sequence[str], lang: str) -> str:
    """The page, whole, of parts that are markup already. ``style``: the file beside page.css that belongs to it."""
    sheet = "".join((files(__package__) / name).read_text(encoding="utf-8") for name in ("page.css", style))
    seal = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{seal}'; base-uri 'none'"
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{say("language.tag", lang)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{sheet}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def write_section(title: str, note: str, body: str) -> str:
    """A part of the page; title, note and body are markup already."""
    return f"<section><h2>{title}</h2><p class=note>{note}</p>{body}</section>"


def write_table(table: Table, lang: str, hidden: Collection[str] = ()) -> str:
    """A table as markup, numbers to the right, without the columns that are ``hidden``."""
    shown = {name: column for name, column in table.columns.items() if name not in hidden}
    frame = table.frame.head(MOST_ROWS)
    cells = []
    for name, column in shown.items():
        values = frame[name]
        if column.kind == "share":
            numbers = values.to_numpy(dtype=float)
            cells.append([f"{v:.1%}" if np.isfinite(v) else "" for v in numbers])
        elif column.is_number:
            numbers = np.round(values.to_numpy(dtype=float), min(column.decimals, 1)) + 0.0
            digits = min(column.decimals, 1)
            cells.append([f"{v:,.{digits}f}" if np.isfinite(v) else "" for v in numbers])
        else:
            cells.append(table.read_texts(name, lang)[:MOST_ROWS])
    right = [
        "num" if column.is_number else "sentence" if name == "reason" else column.kind
        for name, column in shown.items()
    ]
    head = "".join(
        f"<th class='{side}'>{escape(column.label)}</th>"
        for side, column in zip(right, shown.values(), strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td class='{side}'>{escape(c)}</td>" for side, c in zip(right, row, strict=True))
        + "</tr>"
        for row in zip(*cells, strict=True)
    )
    return f"<div class=sheet><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
