"""Plans beside each other: every KPI of every plan, which is the best of each, and what differs from a baseline.

The plans may be of one case or of variants of it: each is read on its own problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from optimizer.case import Case
from optimizer.guardrails import Passed, judge_guardrails
from optimizer.kpis import Kpi, list_kpis, look_at, measure_kpis
from optimizer.plan import Plan
from optimizer.problem import Problem

SAME = 1e-9  # relative: figures nearer than this are the same


@dataclass(frozen=True, eq=False)
class Entry:
    """One plan among others: its name, the case it is of (a variant, perhaps), and its bound in milli-hours.

    ``problem`` must be built from ``case``; ``bound`` None: none is proved.
    """

    name: str
    case: Case
    problem: Problem
    plan: Plan
    bound: int | None = None


@dataclass(frozen=True, eq=False)
class Compared:
    """A plan with its KPIs by name (None: it has no such figure) and how it stands to its case's guardrails."""

    entry: Entry
    kpis: dict[str, float | None]
    guardrails: tuple[Passed, ...]

    @property
    def name(self) -> str:
        """The plan's name."""
        return self.entry.name

    @property
    def accepted(self) -> bool:
        """True when every guardrail is kept, or there is none."""
        return all(passed.ok for passed in self.guardrails)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Plans x KPIs. ``baseline`` is the index of the plan that the others are held against.

    ``kpis`` are those that any of the plans has, in the order in which they are shown.
    """

    plans: tuple[Compared, ...]
    kpis: tuple[Kpi, ...]
    baseline: int

    def values(self, kpi: Kpi) -> list[float | None]:
        """A KPI of every plan."""
        return [plan.kpis.get(kpi.name) for plan in self.plans]

    def differences(self, kpi: Kpi) -> list[float | None]:
        """A KPI of every plan less the baseline's; None where either has none."""
        values = self.values(kpi)
        base = values[self.baseline]
        return [None if value is None or base is None else value - base for value in values]

    def best(self, kpi: Kpi) -> tuple[int, ...]:
        """The plans whose KPI is the best; none where neither way is better, or where all are alike."""
        known = [(value, k) for k, value in enumerate(self.values(kpi)) if value is not None]
        if not kpi.better or len(known) < 2:
            return ()
        numbers = [value for value, _ in known]
        goal = min(numbers) if kpi.better == "less" else max(numbers)
        near = SAME * max(1.0, abs(goal))
        found = tuple(k for value, k in known if abs(value - goal) <= near)
        return () if len(found) == len(known) else found

    @cached_property
    def accepted(self) -> bool:
        """True when every plan keeps every guardrail."""
        return all(plan.accepted for plan in self.plans)


def compare_plans(entries: Sequence[Entry], baseline: str | None = None) -> Comparison:
    """Judge every plan on its own problem and set their KPIs beside each other.

    ``baseline``: the name of the plan that the others are held against; the first unless given. ValueError without
    any plan, for two of one name, and for a baseline that is none of them.
    """
    names = [entry.name for entry in entries]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"plans need different names, one at least: {names}")
    if baseline is not None and baseline not in names:
        raise ValueError(f"no plan {baseline!r} among {names}")
    plans = []
    kpis: dict[str, Kpi] = {}
    for entry in entries:
        found = measure_kpis(look_at(entry.problem, entry.plan, bound=entry.bound))
        plans.append(Compared(entry, found, judge_guardrails(entry.case.guardrails, found)))
        kpis |= {kpi.name: kpi for kpi in list_kpis(entry.problem) if kpi.name not in kpis}
    order = {kpi.definition: k for k, kpi in enumerate(kpis.values())}
    shown = sorted(kpis.values(), key=lambda kpi: order[kpi.definition])
    return Comparison(tuple(plans), tuple(shown), 0 if baseline is None else names.index(baseline))
