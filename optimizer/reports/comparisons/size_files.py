"""What a sizing found, as files: tables, a workbook, a picture, a page, result.json, and the teams as variants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import xlsxwriter

import optimizer
from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.comparing.variants.variant import FOLDER
from optimizer.folders import OutputError
from optimizer.messages import say, spoken
from optimizer.reports.comparisons.size_chart import draw_size
from optimizer.reports.comparisons.size_page import build_size_page
from optimizer.reports.comparisons.size_tables import (
    list_headcounts,
    list_people,
    list_rules,
    name_variant,
    say_answer,
    say_proof,
)
from optimizer.reports.comparisons.size_variants import write_variants
from optimizer.reports.comparisons.sweep_book import write_sheet
from optimizer.reports.content.tables import Table
from optimizer.reports.files.csv_files import write_csv
from optimizer.reports.files.kept_folder import check_kept_folder, put_file, write_text

FILES = (
    "size.csv", "people.csv", "rules.csv", "size.xlsx", "size.svg", "size.html", "result.json", FOLDER, "findings.csv"
)  # fmt: skip


def check_size_folder(out: str | Path) -> None:
    """OutputError unless ``out`` is missing, empty, or holds an earlier sizing: its finished teams stay."""
    check_kept_folder(out, FILES, "not_a_size")


def write_size(sizing: Sizing, out: str | Path, *, lang: str = "") -> Path:
    """Write everything into ``out``; returns the folder. Each file is replaced whole; ``points`` in it stays.

    OutputError when ``out`` holds anything but a sizing, or cannot be written.
    """
    lang, folder = lang or spoken(), Path(out)
    check_size_folder(folder)
    counts, people, rules = (make(sizing, lang) for make in (list_headcounts, list_people, list_rules))
    picture = draw_size(sizing, lang)
    page = build_size_page(sizing, counts, people, rules, picture, lang)
    told = json.dumps(list_result(sizing, lang), ensure_ascii=False, indent=2, allow_nan=False, default=str)
    try:
        for table in (counts, people, rules):
            put_file(folder, f"{table.name}.csv", lambda at, table=table: write_csv(table, at))  # type: ignore[misc]
        put_file(
            folder,
            "size.xlsx",
            lambda at: _write_book(sizing, (counts, people, rules), at / "size.xlsx", lang),
        )
        put_file(folder, "size.svg", lambda at: write_text(at / "size.svg", picture))
        put_file(folder, "size.html", lambda at: write_text(at / "size.html", page))
        put_file(folder, FOLDER, lambda at: write_variants(sizing, at / FOLDER, lang))
        put_file(folder, "result.json", lambda at: write_text(at / "result.json", told + "\n"))
        (folder / "findings.csv").unlink(missing_ok=True)
    except OSError as error:
        raise OutputError("cannot_write", path=str(folder), reason=error.strerror or str(error)) from error
    return folder


def list_result(sizing: Sizing, lang: str = "") -> dict[str, Any]:
    """The content of result.json: the number, what proves it, and every headcount."""
    found, least = sizing.smallest, sizing.least
    return {
        "smallest": None if found is None else found.size,
        "lower": sizing.lower,
        "proved": sizing.proved,
        "today": sizing.today,
        "answer": say_answer(sizing, lang),
        "proof": {
            "why": least.why,
            "sentence": say_proof(sizing, lang),
            "least": least.people,
            "stranded": list(least.stranded),
            "rules": [
                {
                    "what": rule.what,
                    "who": say(rule.who.code, lang, **rule.who.gaps),
                    "customers": rule.customers,
                    "above_hours": rule.above_hours,
                    "need": rule.need,
                    "reach": rule.reach,
                    "fewest": rule.fewest,
                }
                for rule in least.rules
            ],
        },
        "headcounts": [_list_headcount(one) for one in sizing.headcounts],
        "version": optimizer.__version__,
        "input_hash": sizing.case.input_hash,
        "case": sizing.case.name,
    }


def _list_headcount(one: Headcount) -> dict[str, Any]:
    best = one.best
    return {
        "reps": one.size,
        "state": one.state,
        "total_hours": best.total_hours,
        "leaving_hours": best.leaving_hours,
        "bound_hours": one.bound_hours,
        "gap": one.gap,
        "status": best.status,
        "failure": best.failure,
        "every_team_tried": one.every,
        "leave": list(best.team.leave),
        "join": best.team.rows,
        "newcomers": [dict(row) for row in best.newcomers],
        "kpis": dict(best.kpis),
        "variant": name_variant(one),
    }


def _write_book(sizing: Sizing, tables: tuple[Table, ...], path: Path, lang: str) -> None:
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    for table in tables:
        note = say_answer(sizing, lang) if table.name == "size" else say(f"size.{table.name}_note", lang)
        if len(table) or table.name == "size":
            write_sheet(book, say(f"size.sheet_{table.name}", lang), note, table, lang)
    book.close()
