"""Where a plan comes from and what to know about it, in lines for people."""

from __future__ import annotations

import optimizer
from optimizer.messages import say
from optimizer.reports.content.report import Report
from optimizer.reports.content.tables import loads_differ


def list_origin(report: Report) -> list[tuple[str, str]]:
    """Label and text of method, seed, version, input and notes; nothing of the clock."""
    lang, result = report.lang, report.result
    lines = []
    if result is not None:
        lines += [("method", result.method), ("seed", str(result.seed))]
    lines += [
        ("variant", report.case.variant),
        ("version", optimizer.__version__),
        ("input", report.case.input_hash[:16]),
    ]
    lines += [("notes", say(f"note.{code}", lang, **gaps)) for code, gaps in (result.notes if result else [])]
    if loads_differ(report.problem):
        lines.append(("notes", say("headline.load_note", lang)))
    return [(say(f"headline.{code}", lang), text) for code, text in lines if text]
