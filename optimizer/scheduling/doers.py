"""Who may do a task: its given doer, else the owner, else the nearest reps with the skills it requires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.case import Case
from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.records import parse_skills
from optimizer.scheduling.tasks import Tasks
from optimizer.scheduling.weeks import Weeks
from optimizer.workload import working_days

CHUNK = 5_000_000  # pairs of task and rep whose distance is measured at once


@dataclass(frozen=True, eq=False)
class Options:
    """Pairs of series and rep, ascending by series and then nearness; ``km`` from home to customer (0: unknown).

    ``last``: the last week in which the rep holds the skills.
    """

    series: Ints
    rep: Ints
    km: Floats
    last: Ints
    qualified: Bools  # [S] whether anybody at all has the skills


def find_doers(
    problem: Problem, case: Case, tasks: Tasks, weeks: Weeks, owner: Ints, works: Bools, last_week: Ints
) -> Options:
    """Who may do each series. ``owner`` [T]: rep who owns the task's customer or -1; ``works`` [R]: has any hours;
    ``last_week`` [R]: in which the rep is still there.

    A doer who is named does it, whatever the skills: the planner said so. An owner with the skills does it. Else the
    ``schedule.doers`` nearest of those who have them, without reps forbidden by a lock or the pairs table; an owner
    whose skills run out, or who leaves, within the horizon is among them.
    """
    first = np.flatnonzero(np.diff(tasks.series, prepend=-1))
    need, lasts = find_able(case, tasks.requires[first], tasks.kind[first], weeks)
    customer, mine, named = tasks.customer[first], owner[first], tasks.given_doer[first]
    end = weeks.count - 1
    there = np.minimum(lasts, last_week)
    own_last = np.where(mine >= 0, there[need, np.maximum(mine, 0)], -1)
    settled = np.where(named >= 0, named, np.where(own_last >= tasks.until[first], mine, -1))
    fixed = np.flatnonzero(settled >= 0)
    found = [(fixed, settled[fixed], measure_km(problem, customer[fixed], settled[fixed]))]
    forbidden = forbidden_pairs(problem)
    most = case.scenario.schedule.doers
    for number in np.unique(need[settled < 0]):
        rep = np.flatnonzero((there[number] >= 0) & works)
        asking = np.flatnonzero((settled < 0) & (need == number))
        if not len(rep):
            continue
        for part in np.array_split(asking, max(1, len(asking) * len(rep) // CHUNK)):
            gone = there[number][rep] < tasks.earliest[first[part]][:, None]
            found.append(_find_nearest(problem, part, customer[part], mine[part], rep, gone, most, forbidden))
    series, rep, km = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((rep, km, series))
    series, rep, km = series[order], rep[order], km[order]
    last = np.where(named[series] >= 0, end, there[need[series], rep])
    qualified = (lasts[need] >= tasks.earliest[first][:, None]).any(axis=1) | (named >= 0)
    return Options(series, rep, km, last, qualified)


def find_able(case: Case, requires: Iterable[str], kinds: Iterable[str], weeks: Weeks) -> tuple[Ints, Ints]:
    """Number of each one's requirement [S], and the last week that each rep meets each of them, [Q, R]; -1: none.

    ``requires`` and ``kinds`` [S] are those of tasks.
    """
    of_kind = {name: kind.requires for name, kind in case.scenario.kinds.items()}
    texts = [f"{own};{of_kind.get(kind, '')}" for own, kind in zip(requires, kinds, strict=True)]
    unique, need = np.unique(np.array(texts, dtype=object), return_inverse=True)
    ends = _end_weeks(case, weeks)
    held = [parse_skills(text) for text in case.records.reps["skills"]]
    lasts = np.full((len(unique), len(held)), weeks.count - 1, dtype=np.int64)
    for row, text in enumerate(unique):
        for asked in parse_skills(text):
            for rep, skills in enumerate(held):
                weeks_of = [
                    weeks.count - 1
                    if ends is None or skill.expires is None
                    else int(np.searchsorted(ends, np.datetime64(skill.expires, "D"), side="right")) - 1
                    for skill in skills
                    if skill.name == asked.name and skill.level >= asked.level
                ]
                lasts[row, rep] = min(lasts[row, rep], max(weeks_of, default=-1))
    return need, lasts


def _end_weeks(case: Case, weeks: Weeks) -> NDArray[np.datetime64] | None:
    """Last working day of each week, its last day where there is none, [W]; None: no dates."""
    horizon = case.scenario.horizon
    if horizon.start is None:
        return None
    day = np.arange(len(weeks.of_day))
    last = np.full(weeks.count, -1, dtype=np.int64)
    works = working_days(horizon)
    np.maximum.at(last, weeks.of_day[works], day[works])
    any_last = np.full(weeks.count, -1, dtype=np.int64)
    np.maximum.at(any_last, weeks.of_day, day)
    ends: NDArray[np.datetime64] = np.datetime64(horizon.start, "D") + np.where(last >= 0, last, any_last)
    return ends


def _find_nearest(
    problem: Problem,
    series: Ints,
    customer: Ints,
    owner: Ints,
    rep: Ints,
    gone: Bools,
    most: int,
    forbidden: Ints,
) -> tuple[Ints, Ints, Floats]:
    """Of ``rep`` those ``most`` that are nearest to each series' customer, its ``owner`` before all others.

    ``gone`` [series, reps]: who is not there any more when it may begin.
    """
    pairs_series, pairs_rep = np.repeat(series, len(rep)), np.tile(rep, len(series))
    pairs_customer = np.repeat(customer, len(rep))
    km = measure_km(problem, pairs_customer, pairs_rep)
    out = (pairs_customer >= 0) & np.isin(pairs_customer * problem.n_reps + pairs_rep, forbidden)
    out |= gone.ravel()
    near = np.where(pairs_rep == np.repeat(owner, len(rep)), -1.0, km)
    far = np.where(out, np.inf, near).reshape(len(series), len(rep))
    nearest = np.argsort(far, axis=1, kind="stable")[:, :most]
    keep = np.zeros(far.shape, dtype=np.bool_)
    np.put_along_axis(keep, nearest, True, axis=1)
    kept = np.flatnonzero(keep.ravel() & ~out)
    return pairs_series[kept], pairs_rep[kept], km[kept]


def forbidden_pairs(problem: Problem) -> Ints:
    """Customer x R + rep of the pairs that must not be."""
    no = ~problem.lock_forces
    locked = problem.lock_customer[no] * problem.n_reps + problem.lock_rep[no]
    return np.concatenate([locked, problem.pair_key[problem.pair_allowed == 0]])


def measure_km(problem: Problem, customer: Ints, rep: Ints) -> Floats:
    """Kilometres from home to customer; from the nearest home where the rep has none, 0 without a customer."""
    if not problem.n_customers:
        return np.zeros(len(customer))
    km = problem.distance_km(np.maximum(customer, 0), rep)
    km = np.where(np.isnan(km), problem.nearest_km[np.maximum(customer, 0)], km)
    return np.where(customer >= 0, km, 0.0)
