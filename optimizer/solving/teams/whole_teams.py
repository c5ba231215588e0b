"""Whole teams: whether some team of a size can have all customers whole, by trying every way; small cases only.

Who is on the team and who has which customer are decided together (CP-SAT). Everything hard is in it that does not
depend on who else is there: who may have whom, hours, numbers of customers, customers to be kept apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from optimizer.plan import UNSERVED
from optimizer.problem import Ints
from optimizer.solving.modelling.candidates import find_candidates
from optimizer.solving.modelling.model import Model, build_model, find_row_reps
from optimizer.solving.teams.seats import Seats, are_few

MOST_OFFERS = 4_000  # pairs of a unit with one of those who may sit on a seat
WORK = 6.0  # deterministic time of CP-SAT for one size, times the effort


@dataclass(frozen=True, eq=False)
class WholeTeam:
    """A team with all customers: how many people on each seat, [S], and each customer's seat, [n]."""

    people: Ints
    owner: Ints


def is_small(seats: Seats) -> bool:
    """Whether every way can be tried."""
    return are_few(seats.problem) and seats.problem.n_customers * int(seats.most.sum()) <= MOST_OFFERS


def find_team(
    seats: Seats, size: int, should_stop: Callable[[], bool] = lambda: False
) -> WholeTeam | bool | None:
    """A team of ``size`` that can have all customers; False: proved that there is none; None: not settled.

    ``seats.problem`` is relaxed (``relax``), and small (``is_small``).
    """
    problem = seats.problem
    model = build_model(problem, *find_candidates(problem))
    seat = np.repeat(np.arange(problem.n_reps), seats.most)  # a chair each
    if len(seat) < size or should_stop():
        return False if len(seat) < size else None
    program = cp_model.CpModel()
    taken = [program.new_bool_var("") for _ in seat]
    for one, two in zip(range(len(seat)), range(1, len(seat)), strict=False):
        if seat[one] == seat[two]:
            program.add_implication(taken[two], taken[one])
    for at, chairs in enumerate(seats.fixed.tolist()):
        for chair in np.flatnonzero(seat == at)[:chairs]:
            program.add(taken[chair] == 1)
    program.add(sum(taken) == size)
    arc, chair = _spread(model, seat)
    chosen = [program.new_bool_var("") for _ in arc]
    unit = model.unit[arc]
    for number in range(model.n_units):
        mine = np.flatnonzero(unit == number)
        if not len(mine):
            return False
        program.add_exactly_one([chosen[k] for k in mine])
    for k, at in enumerate(chair):
        program.add_implication(chosen[k], taken[at])
    _add_rows(program, model, arc, chair, seat, chosen, taken)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.random_seed = problem.seed % 2**31
    solver.parameters.max_deterministic_time = WORK * problem.effort
    solver.parameters.catch_sigint_signal = False
    status = solver.solve(program)
    if status == cp_model.INFEASIBLE:
        return False
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    people = np.bincount(seat, [solver.boolean_value(var) for var in taken], problem.n_reps).astype(np.int64)
    place = np.full(model.n_units, UNSERVED)
    won = [k for k, var in enumerate(chosen) if solver.boolean_value(var)]
    place[unit[won]] = seat[chair[won]]
    return WholeTeam(people, place[model.unit_of_customer])


def _spread(model: Model, seat: Ints) -> tuple[Ints, Ints]:
    """The arcs with somebody, once for each chair of their seat: arc and chair."""
    first = np.searchsorted(seat, np.arange(model.n_reps + 1))
    count = np.where(model.rep == UNSERVED, 0, np.diff(first)[model.rep])
    arc = np.repeat(np.arange(len(model.rep)), count)
    within = np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count)
    return arc, first[model.rep[arc]] + within


def _add_rows(
    program: cp_model.CpModel, model: Model, arc: Ints, chair: Ints, seat: Ints,
    chosen: list[cp_model.IntVar], taken: list[cp_model.IntVar],
) -> None:  # fmt: skip
    """What one of the people can hold, if the chair is taken."""
    row_rep = find_row_reps(model)
    for row in np.flatnonzero(model.hard & np.isfinite(model.high) & (row_rep < model.n_reps)).tolist():
        entries = model.by_arc[:, [row]].toarray().ravel()[arc]
        for at in np.flatnonzero(seat == row_rep[row]).tolist():
            mine = np.flatnonzero((chair == at) & (entries != 0))
            if len(mine):
                load = [int(entries[k]) for k in mine] + [-int(model.high[row])]
                variables = [chosen[k] for k in mine] + [taken[at]]
                program.add(cp_model.LinearExpr.weighted_sum(variables, load) <= 0)
