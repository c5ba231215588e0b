"""Who may do a task: its given doer, else the owner, else the nearest reps with the skills it requires."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.problem import Bools, Floats, Ints, Problem
from optimizer.records import parse_skills
from optimizer.scenario import Scenario
from optimizer.scheduling.tasks import Tasks

CHUNK = 5_000_000  # pairs of task and rep whose distance is measured at once


@dataclass(frozen=True, eq=False)
class Options:
    """Pairs of series and rep, ascending by series and then nearness; ``km`` from home to customer (0: unknown)."""

    series: Ints
    rep: Ints
    km: Floats
    qualified: Bools  # [S] whether anybody at all has the skills


def find_doers(problem: Problem, scenario: Scenario, tasks: Tasks, owner: Ints, works: Bools) -> Options:
    """Who may do each series. ``owner`` [T]: rep who owns the task's customer or -1; ``works`` [R]: has any hours.

    A doer who is named does it, whatever the skills: the planner said so. An owner with the skills does it. Else the
    ``schedule.doers`` nearest of those who have them, without reps forbidden by a lock or the pairs table.
    """
    first = np.flatnonzero(np.diff(tasks.series, prepend=-1))
    need, able = _find_able(problem, scenario, tasks, first)
    customer, mine, named = tasks.customer[first], owner[first], tasks.given_doer[first]
    by_owner = (named < 0) & (mine >= 0) & able[need, np.maximum(mine, 0)]
    settled = np.where(named >= 0, named, np.where(by_owner, mine, -1))
    fixed = np.flatnonzero(settled >= 0)
    found = [(fixed, settled[fixed], _measure_km(problem, customer[fixed], settled[fixed]))]
    forbidden = _forbidden_pairs(problem)
    for number in np.unique(need[settled < 0]):
        rep = np.flatnonzero(able[number] & works)
        asking = np.flatnonzero((settled < 0) & (need == number))
        if not len(rep):
            continue
        for part in np.array_split(asking, max(1, len(asking) * len(rep) // CHUNK)):
            found.append(
                _find_nearest(problem, part, customer[part], rep, scenario.schedule.doers, forbidden)
            )
    series, rep, km = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((rep, km, series))
    return Options(series[order], rep[order], km[order], able[need].any(axis=1) | (named >= 0))


def _find_able(problem: Problem, scenario: Scenario, tasks: Tasks, first: Ints) -> tuple[Ints, Bools]:
    """Number of each series' requirement [S], and whether each rep meets each requirement [Q, R]."""
    kinds = {name: kind.requires for name, kind in scenario.kinds.items()}
    texts = [
        f"{own};{kinds.get(kind, '')}"
        for own, kind in zip(tasks.requires[first], tasks.kind[first], strict=True)
    ]
    unique, need = np.unique(np.array(texts, dtype=object), return_inverse=True)
    column = {name: at for at, name in enumerate(problem.skill_names)}
    able = np.ones((len(unique), problem.n_reps), dtype=np.bool_)
    for row, text in enumerate(unique):
        for skill in parse_skills(text):
            at = column.get(skill.name)
            able[row] &= problem.skill[:, at] >= skill.level if at is not None else False
    return need, able


def _find_nearest(
    problem: Problem, series: Ints, customer: Ints, rep: Ints, most: int, forbidden: Ints
) -> tuple[Ints, Ints, Floats]:
    pairs_series, pairs_rep = np.repeat(series, len(rep)), np.tile(rep, len(series))
    pairs_customer = np.repeat(customer, len(rep))
    km = _measure_km(problem, pairs_customer, pairs_rep)
    out = (pairs_customer >= 0) & np.isin(pairs_customer * problem.n_reps + pairs_rep, forbidden)
    far = np.where(out, np.inf, km).reshape(len(series), len(rep))
    nearest = np.argsort(far, axis=1, kind="stable")[:, :most]
    keep = np.zeros(far.shape, dtype=np.bool_)
    np.put_along_axis(keep, nearest, True, axis=1)
    kept = np.flatnonzero(keep.ravel() & ~out)
    return pairs_series[kept], pairs_rep[kept], km[kept]


def _forbidden_pairs(problem: Problem) -> Ints:
    """Customer x R + rep of the pairs that must not be."""
    no = ~problem.lock_forces
    locked = problem.lock_customer[no] * problem.n_reps + problem.lock_rep[no]
    return np.concatenate([locked, problem.pair_key[problem.pair_allowed == 0]])


def _measure_km(problem: Problem, customer: Ints, rep: Ints) -> Floats:
    """Kilometres from home to customer; from the nearest home where the rep has none, 0 without a customer."""
    if not problem.n_customers:
        return np.zeros(len(customer))
    km = problem.distance_km(np.maximum(customer, 0), rep)
    km = np.where(np.isnan(km), problem.nearest_km[np.maximum(customer, 0)], km)
    return np.where(customer >= 0, km, 0.0)
