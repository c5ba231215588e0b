"""Giving way: how much limits must give way, if they alone do, so that all others can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer import constraints
from optimizer.evaluation import evaluate
from optimizer.explaining.conflicts.handing import hand_on
from optimizer.explaining.conflicts.holding import PLACES, model_limits, search_plan
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.adding import sum_rows
from optimizer.explaining.limits.changes import Change, tolerance_for
from optimizer.explaining.limits.lifting import Limit, lift
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Problem
from optimizer.solving.linear import Work, pick_arcs, solve_part
from optimizer.solving.modelling.model import Model
from optimizer.solving.pricing.prices import find_prices

EXACT, NODES = 4_000, 200  # arcs up to which the least change is looked for exactly, and how hard


@dataclass(frozen=True, eq=False)
class Offer:
    """What could be done, all of it together; none: nothing. ``plan``: one that keeps everything then, if known.

    ``unsettled``: of how many changes it is not known whether the others would be enough without.
    """

    changes: list[Change]
    plan: Plan | None = None
    unsettled: int = 0


def give_way(
    problem: Problem, limits: Sequence[Limit], others: Sequence[Limit], rates: Floats | None
) -> Offer:
    """The least by which rows of one kind must give way, all others holding; nothing when that is not enough."""
    kind = limits[0].kind
    if kind == "capacity" and rates is not None:  # who is not there brings nothing, however long the week
        limits = [x for x in limits if x.rep < len(rates) and rates[x.rep] > 0]
        if not limits:
            return Offer([])
    if kind.startswith("corridor"):  # a tolerance is one number for all reps and both ends
        limits = [
            Limit(end, number, r)
            for number in {x.number for x in limits}
            for end in ("corridor_low", "corridor_high")
            for r in range(problem.n_reps)
        ]
    plan = find_least(lift(problem, others), limits)
    if plan is None:
        return Offer([])
    if (
        kind == "capacity"
    ):  # where the search was short, somebody still has room for what others have too much of
        fuller = hand_on(problem, plan)
        over = [
            np.maximum(sum_rows(problem, p, limits[0]) - problem.load_limit, 0).sum() for p in (plan, fuller)
        ]
        if over[1] < over[0] and evaluate(lift(problem, [*others, *limits]), fuller).keeps_all:
            plan = fuller
    changes = say_given(problem, plan, limits, rates)
    return Offer(changes, plan if changes else None)


def say_given(problem: Problem, plan: Plan, limits: Sequence[Limit], rates: Floats | None) -> list[Change]:
    """What rows of one kind must give way by so that ``plan`` keeps them; of a corridor all its rows are looked at.

    Nothing where a corridor would have to be wider than its target.
    """
    kind = limits[0].kind
    if kind == "capacity":
        load = sum_rows(problem, plan, limits[0])
        reps = np.array([x.rep for x in limits if load[x.rep] > problem.load_limit[x.rep]], dtype=np.int64)
        # to the next tenth of an hour, so that what is said is what is done
        tenth = UNITS_PER_HOUR // 10
        more = -(-(load[reps] - problem.load_limit[reps]) // tenth) * tenth
        if not len(reps) or (rates is not None and not (rates[reps] > 0).all()):
            return []
        return [change.raise_hours(problem, reps, problem.load_limit[reps] + more, rates)]
    found = []
    for number in sorted({x.number for x in limits}):
        mine = [x for x in limits if x.number == number]
        used = sum_rows(problem, plan, mine[0])
        if kind.startswith("corridor"):
            corridor = problem.corridors[number]
            outside = np.flatnonzero((used < corridor.low) | (used > corridor.high))
            need = [tolerance_for(float(corridor.target[r]), int(used[r])) for r in outside]
            if need and max(need) <= 1000:
                found.append(change.widen_corridor(problem, number, max(need)))
        elif kind.startswith("count"):
            count, many = problem.counts[number], kind == "count_high"
            at = [
                x.rep
                for x in mine
                if (used[x.rep] > count.high[x.rep] if many else used[x.rep] < count.low[x.rep])
            ]
            reps = np.array(at, dtype=np.int64)
            code = "raise_count" if many else "lower_count"
            found += [change.set_counts(problem, code, number, reps, used[reps])] if at else []
        else:
            for x in mine:
                if used[x.rep] > problem.budgets[number].limit[x.rep]:
                    found.append(change.raise_budget(problem, number, x.rep, int(used[x.rep])))
    return found


def find_least(problem: Problem, limits: Sequence[Limit]) -> Plan | None:
    """A plan that keeps every hard limit but ``limits`` (rows), and breaks these as little as can be; None: not found.

    Hours count as hours, customers as an average one's, other measures as their share of all hours.
    """
    model = model_limits(problem).model
    model = replace(model, hard=model.hard & ~_find_rows(model, limits))
    arcs = np.arange(len(model.rep))
    if len(arcs) <= EXACT:
        answer = solve_part(model, arcs, Work(NODES, 1e-4))
        if answer.value is None:
            return None
        chosen = pick_arcs(model, arcs, answer.value)
    else:
        model, chosen = search_plan(model, find_prices(model, np.zeros(len(model.low))))
    return model.to_plan(chosen) if model.judge(chosen)[0] == 0 else None


def _find_rows(model: Model, limits: Sequence[Limit]) -> Bools:
    """The rows of the model that ``limits`` are ends of, [m]."""
    keys = {
        (constraints.ON_ROWS.index(PLACES[x.kind]), max(x.number, 0), x.rep)
        for x in limits
        if x.kind in PLACES
    }
    return np.array([tuple(place) in keys for place in model.place.tolist()], dtype=bool)
