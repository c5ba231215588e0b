"""result.json: the certificate of a plan, for other programs; the only file with the clock in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

import optimizer
from optimizer.kpis import list_kpis
from optimizer.messages import say
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reports.content.kpi_texts import say_guardrail
from optimizer.reports.content.report import Report
from optimizer.reports.content.timetable import Timetable
from optimizer.result import Progress, Violation

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def write_result(report: Report, folder: Path) -> None:
    """Write result.json: hours with three decimals, of which the terms sum to the objective exactly."""
    path = folder / "result.json"
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write("{")
        for k, (name, value) in enumerate(list_result(report).items()):
            file.write(f"{',' if k else ''}\n  {dump(name)}: ")
            file.write(_dump_lines(value))
        file.write("\n}\n")


def dump(value: Any) -> str:
    """A value as JSON on one line."""
    return _JSON.encode(value)


def _dump_lines(value: Any, indent: str = "  ") -> str:
    """A value of which each entry stands on a line of its own, lists within it likewise.

    A list of 100,000 violations is written so in a tenth of the time of ``json.dumps(indent=2)``.
    """
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines = [f"{dump(name)}: {_dump_lines(entry, inner)}" for name, entry in value.items()]
        return "{\n" + inner + f",\n{inner}".join(lines) + "\n" + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + inner + f",\n{inner}".join(map(dump, value)) + "\n" + indent + "]"
    return dump(value)


def list_result(report: Report) -> dict[str, Any]:
    """The content of result.json."""
    result, score, lang = report.result, report.score, report.lang
    news = report.news
    known = {} if news is None else {"as_of": news.rebalance.state.as_of.isoformat()}
    return known | {
        "status": report.summary.status,
        "verdict": report.summary.verdict,
        "keeps_all": score.keeps_all,
        "objective": _hours(score.objective),
        "bound": None if result is None or result.bound is None else _hours(result.bound),
        "gap": None if result is None or result.gap is None else round(result.gap, 6),
        "terms": {term: _hours(units) for term, units in score.terms.items()},
        "seconds": None if result is None else round(result.seconds, 3),
        "stages": {} if result is None else {step: round(s, 3) for step, s in result.stages.items()},
        "progress": [] if result is None else [_list_progress(glimpse) for glimpse in result.trace],
        "stopped": None if result is None else result.stopped,
        "seed": None if result is None else result.seed,
        "method": None if result is None else result.method,
        "customers": report.summary.customers,
        "reps": report.summary.reps,
        "moved": report.summary.moved,
        "unserved": report.summary.after.unserved,
        "notes": []
        if result is None
        else [{"code": code, "sentence": say(f"note.{code}", lang, **gaps)} for code, gaps in result.notes],
        "kpis": {name: plain(_round(value, 6)) for name, value in report.kpis.items()},
        "guardrails": _list_guardrails(report),
        "violations": [_list_violation(v, lang) for v in score.violations],
        "prices": _list_prices(report),
        "schedule": None if report.timetable is None else list_schedule(report.timetable),
        "case": report.summary.name,
        "variant": report.case.variant or None,
        "input_hash": report.case.input_hash,
        "version": optimizer.__version__,
    }


def list_schedule(timetable: Timetable) -> dict[str, Any]:
    """What result.json says of the schedule; status, objective, bound and the like mean the same as for the plan."""
    result, work, lang = timetable.result, timetable.work, timetable.lang
    deviation = timetable.deviation_weeks
    notes = [*result.notes, *timetable.notes]
    return {
        "status": result.status.value,
        "verdict": timetable.verdict,
        "keeps_all": result.score.keeps_all,
        "objective": _hours(result.objective),
        "bound": _hours(result.bound),
        "gap": round(result.gap, 6),
        "terms": {term: _hours(units) for term, units in result.score.terms.items()},
        "seconds": round(result.seconds, 3),
        "stages": {step: round(s, 3) for step, s in result.stages.items()},
        "progress": [_list_progress(glimpse) for glimpse in result.trace],
        "stopped": result.stopped,
        "seed": result.seed,
        "method": result.method,
        "weeks": list(work.week_names),
        "tasks": work.n_tasks,
        "slipping": timetable.n_slipping,
        "late": timetable.n_late,
        "shared": timetable.n_shared,
        "deviation_weeks": None if deviation is None else round(deviation, 4),
        "uneven": timetable.n_uneven,
        "slips": [
            {
                "rep_id": slip.rep_id,
                "tier": slip.tier,
                "reason": slip.reason,
                "tasks": len(slip.tasks),
                "hours": plain(hours),
                "sentence": slip.sentence(lang),
            }
            for slip, hours in zip(timetable.slips, timetable.slip_groups.frame["hours"], strict=True)
        ],
        "notes": [{"code": code, "sentence": say(f"note.{code}", lang, **gaps)} for code, gaps in notes],
        "violations": [_list_violation(v, lang) for v in result.score.violations],
    }


def _list_progress(glimpse: Progress) -> dict[str, Any]:
    return {
        "seconds": round(glimpse.seconds, 3),
        "stage": glimpse.stage,
        "keeps_all": glimpse.keeps_all,
        "objective": plain(_round(glimpse.objective, 3)),
        "bound": plain(_round(glimpse.bound, 3)),
        "gap": plain(_round(glimpse.gap, 6)),
    }


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _list_guardrails(report: Report) -> list[dict[str, Any]]:
    kpis = list_kpis(report.problem)
    return [
        {
            "kpi": passed.guardrail.kpi,
            "min": passed.guardrail.min,
            "max": passed.guardrail.max,
            "value": plain(_round(passed.value, 6)),
            "ok": passed.ok,
            "sentence": say_guardrail(passed, kpis, report.lang),
        }
        for passed in report.guardrails
    ]


def _list_violation(violation: Violation, lang: str) -> dict[str, Any]:
    return {
        "code": violation.code,
        "constraint": violation.constraint,
        "hard": violation.hard,
        "amount": plain(violation.amount),
        "unit": violation.unit,
        "cost": _hours(violation.cost),
        "customer_id": violation.customer_id,
        "rep_id": violation.rep_id,
        "tier": violation.tier,
        "measure": violation.measure,
        "details": {name: plain(value) for name, value in violation.details.items()},
        "task_id": violation.task_id,
        "week": violation.week,
        "sentence": violation.sentence(lang),
    }


def _list_prices(report: Report) -> dict[str, Any] | None:
    if report.result is None or report.result.prices is None:
        return None
    limits = [
        {
            "constraint": limit.constraint,
            "code": limit.code,
            "rep_id": limit.rep_id,
            "tier": limit.tier,
            "measure": limit.measure,
            "step": plain(limit.step),
            "unit": limit.unit,
            "hours": round(limit.hours, 6),
            "sentence": limit.sentence(report.lang),
        }
        for limit in report.prices
    ]
    return {"bound": round(report.result.prices.bound / UNITS_PER_HOUR, 3), "limits": limits}


def plain(value: Any) -> Any:
    """A value as JSON knows it; numbers that are not finite become null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def _hours(units: int) -> float:
    return int(units) / UNITS_PER_HOUR
