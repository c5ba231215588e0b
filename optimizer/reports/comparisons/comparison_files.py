"""What compare writes: comparison.csv, guardrails.csv, comparison.xlsx and comparison.html in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from optimizer.comparing.comparison import Comparison
from optimizer.folders import COMPARE_FILES, replace_own_folder
from optimizer.messages import spoken
from optimizer.reports.comparisons.comparison_book import write_comparison_book
from optimizer.reports.comparisons.comparison_page import build_comparison_page
from optimizer.reports.comparisons.comparison_tables import list_comparison, list_guardrails
from optimizer.reports.files.csv_files import write_csv


def write_comparison(comparison: Comparison, out: str | Path, *, lang: str = "") -> Path:
    """Write plans beside each other into the folder ``out``, which is replaced whole or not at all.

    OutputError when ``out`` holds anything that compare did not write, or cannot be written.
    """
    lang = lang or spoken()
    table, guardrails = list_comparison(comparison, lang), list_guardrails(comparison, lang)
    with replace_own_folder(out, COMPARE_FILES) as folder:
        write_csv(table, folder)
        if len(guardrails):
            write_csv(guardrails, folder)
        write_comparison_book(comparison, guardrails, folder, lang)
        page = build_comparison_page(comparison, lang)
        (folder / "comparison.html").write_text(page, encoding="utf-8", errors="replace", newline="\n")
    return Path(out)
