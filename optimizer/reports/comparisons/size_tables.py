"""What a sizing found, as tables: a row a headcount, a row for everybody who comes or goes, a row for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.messages import say
from optimizer.reports.comparisons.sweep_files import find_kpi
from optimizer.reports.content.tables import Column, Kind, Table

KPIS = (
    "cost", "bound", "gap", "travel_hours", "utilization", "utilization_least", "utilization_most", "overloaded",
    "hard", "unserved", "unserved_hours", "moved", "distance_km",
)  # fmt: skip
DECIMALS = {"hours": 3, "share": 6, "count": 0, "km": 3, "amount": 2}


class _Rows:
    """A table in the making; labels are ``size_column.<name>`` of the catalogue."""

    def __init__(self, name: str, lang: str) -> None:
        self.name, self.lang = name, lang
        self.data: dict[str, Any] = {}
        self.columns: dict[str, Column] = {}

    def texts(self, name: str, cells: Sequence[str], words: str = "", kind: Kind = "text") -> None:
        self.data[name] = list(cells)
        self.columns[name] = Column(
            kind, say(f"size_column.{name}", self.lang), words=(words,) if words else ()
        )

    def numbers(
        self,
        name: str,
        cells: Sequence[float | None],
        decimals: int = 0,
        share: bool = False,
        label: str = "",
    ) -> None:
        self.data[name] = np.array([np.nan if c is None else c for c in cells], dtype=float)
        self.columns[name] = Column(
            "share" if share else "number", label or say(f"size_column.{name}", self.lang), decimals
        )

    def table(self) -> Table:
        return Table(self.name, pd.DataFrame(self.data), self.columns)


def list_headcounts(sizing: Sizing, lang: str = "") -> Table:
    """size.csv: a row a headcount, with the best team tried."""
    rows = _Rows("size", lang)
    counts = sizing.headcounts
    best = [one.best for one in counts]
    rows.numbers("reps", [one.size for one in counts])
    rows.texts("state", [one.state for one in counts], "size_state", "id")
    rows.texts("status", [b.status for b in best], "sweep_status", "id")
    rows.numbers("total_hours", [b.total_hours for b in best], 3)
    rows.numbers("leaving_hours", [b.leaving_hours if b.finished else None for b in best], 3)
    rows.numbers("bound_hours", [one.bound_hours for one in counts], 3)
    rows.numbers("team_gap", [one.gap for one in counts], 6, share=True)
    names = [n for n in KPIS if any(n in b.kpis for b in best)]
    names += list(dict.fromkeys(n for b in best for n in b.kpis if n.startswith("coverage.")))
    for name in names:
        kpi = find_kpi(name)
        values = [b.kpis.get(name) for b in best]
        rows.numbers(name, values, DECIMALS[kpi.unit], kpi.unit == "share", kpi.label(lang))
    rows.texts("leave", [";".join(b.team.leave) for b in best])
    rows.texts("join", [";".join(str(row["rep_id"]) for row in b.team.rows) for b in best])
    rows.numbers("teams_tried", [len(one.tried) for one in counts])
    rows.texts("variant", [name_variant(one) for one in counts])
    rows.texts("failure", [b.failure or "" for b in best])
    return rows.table()


def list_people(sizing: Sizing, lang: str = "") -> Table:
    """people.csv: a row for everybody who leaves or comes at a headcount."""
    rows = _Rows("people", lang)
    names = dict(
        zip(sizing.case.records.reps["rep_id"], sizing.case.records.reps["name"].fillna(""), strict=True)
    )
    found: list[dict[str, Any]] = []
    for one in sizing.headcounts:
        team = one.best.team
        found += [
            {"reps": one.size, "rep_id": rep, "change": "leaves", "name": names[rep]} for rep in team.leave
        ]
        plans = {str(row["rep_id"]): row for row in one.best.newcomers}
        for row in team.rows:
            found.append({"reps": one.size, "change": "comes", **row, **plans.get(str(row["rep_id"]), {})})
    rows.numbers("reps", [f["reps"] for f in found])
    for name in ("rep_id", "change", "name", "skills", "tiers", "role"):
        words, kind = (
            ("size_change", "id") if name == "change" else ("", "id" if name == "rep_id" else "text")
        )
        rows.texts(name, [str(f.get(name) or "") for f in found], words, kind)  # type: ignore[arg-type]
    for name, decimals in (
        ("lat", 6), ("lon", 6), ("hours_per_week", 2), ("customers", 0), ("hours", 3), ("capacity_hours", 3),
        ("travel_hours", 3), ("skilled_hours", 3),
    ):  # fmt: skip
        rows.numbers(name, [f.get(name) for f in found], decimals)
    return rows.table()


def list_rules(sizing: Sizing, lang: str = "") -> Table:
    """rules.csv: what any team must have together, and how many people that takes at least."""
    rows = _Rows("rules", lang)
    rules = sizing.least.rules
    rows.texts("what", [rule.what for rule in rules], "size_what", "id")
    rows.texts("who", [say(rule.who.code, lang, **rule.who.gaps) for rule in rules])
    rows.numbers("customers", [rule.customers for rule in rules])
    rows.numbers("above_hours", [rule.above_hours or None for rule in rules], 3)
    rows.numbers("need", [rule.need for rule in rules], 3)
    rows.numbers("reach", [rule.reach for rule in rules], 3)
    rows.numbers("fewest", [rule.fewest for rule in rules])
    return rows.table()


def name_variant(headcount: Headcount) -> str:
    """The variant of a headcount's team; nothing for the team of today, which needs none."""
    team = headcount.best.team
    return f"team-{headcount.size}" if team.leave or team.join or headcount.best.forced else ""


def say_answer(sizing: Sizing, lang: str = "") -> str:
    """How many people it takes, in a sentence."""
    found, lower = sizing.smallest, sizing.lower
    if found is None:
        if lower is None:
            return say("size.answer_never", lang)
        if not sizing.whole:
            return say("size.answer_left", lang, lower=lower)
        return say(
            "size.answer_open", lang, lower=lower, most=max((h.size for h in sizing.headcounts), default=0)
        )
    if sizing.proved:
        return say("size.answer_proved", lang, reps=found.size, today=sizing.today)
    return say("size.answer_between", lang, reps=found.size, lower=lower, today=sizing.today)


def say_proof(sizing: Sizing, lang: str = "") -> str:
    """Why fewer are not enough, in a sentence or two."""
    why = sizing.least.explain()
    told = say(why.code, lang, **why.gaps)
    least, lower = sizing.least.people, sizing.lower
    if least is not None and lower is not None and lower > least:
        several = lower - least > 1
        code = "size.why_every" if several else "size.why_every_one"
        told += " " + say(code, lang, first=least, **({"last": lower - 1} if several else {}))
    return told
