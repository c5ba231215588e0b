"""Headcount: the fewest people who could have all customers, with the rules that prove that fewer cannot.

A rule says what the people on a team must be able to do together: all hours of the customers that only some of them may
have (Hall's condition for who may have whom), or all large customers of which each of them holds so many whole (the
pigeonhole; the rounding of Martello & Toth 1990 and the dual feasible functions of Fekete & Schepers 2001 are made of
it). One rule proves a number by adding up the ablest. All of them together, with the hours of each kind of customers
handed out to those who may have it, are a small mixed-integer program over people instead of pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper as helper

from optimizer.problem import NO_LIMIT, Bools, Ints, Problem
from optimizer.solving.teams.seats import Kinds, Seats, find_kinds

What = Literal["hours", "customers", "large"]
MOST_FLOWS = 20_000  # hours of a kind with a group of alike people; of more, the rules alone are asked
NODES = 2_000  # of the search for the fewest people
NEAR = 0.01  # a bound this little above a whole number does not prove the next one
THRESHOLDS = 12  # sizes from which a customer counts as large


@dataclass(frozen=True, eq=False)
class Rule:
    """What a team must have together: ``able`` [S] summed over its people is at least ``need``.

    ``what``: hours (milli-hours), customers (by the limits on their number), or large (customers that take more than
    ``above`` milli-hours each). It speaks of the customers in ``customers`` [n] that only those in ``people`` [S]
    may have.
    """

    what: What
    need: int
    able: Ints
    people: Bools
    customers: Bools
    above: int = 0

    def count(self, seats: Seats) -> int | None:
        """The fewest people who fulfil it, the fixed ones among them; None: all there are do not."""
        fixed = int(seats.fixed.sum())
        left = self.need - int(self.able @ seats.fixed)
        if left <= 0:
            return fixed
        spare = np.repeat(self.able, seats.most - seats.fixed)
        total = np.cumsum(-np.sort(-spare))
        at = int(np.searchsorted(total, left))
        return None if at >= len(total) else fixed + at + 1

    def reach(self, seats: Seats, size: int) -> int:
        """The most that a team of this size has of it."""
        spare = -np.sort(-np.repeat(self.able, seats.most - seats.fixed))
        free = max(0, size - int(seats.fixed.sum()))
        return int(self.able @ seats.fixed) + int(spare[:free].sum())


@dataclass(frozen=True, eq=False)
class Fewest:
    """No team with fewer than ``people`` can have all customers; None: no team of these seats can.

    ``rule`` proves it alone; without one (and with ``people`` above the fixed ones) all rules together do.
    ``stranded`` [n]: customers that nobody may have.
    """

    people: int | None
    rule: Rule | None
    rules: tuple[Rule, ...]
    stranded: Bools


def find_fewest(seats: Seats) -> Fewest:
    """The fewest people by rules; ``seats.problem`` is relaxed (``relax``).

    Proved: with fewer, some customer has nobody, or more hours, or more customers, than a hard limit allows.
    """
    problem = seats.problem
    kinds = find_kinds(problem)
    open_to = seats.most > 0
    stranded = ~np.any(kinds.able[:, open_to], axis=1)[kinds.kind][kinds.member]
    if stranded.any():
        return Fewest(None, None, (), stranded)
    rules = list_rules(problem, kinds, open_to)
    counts = [rule.count(seats) for rule in rules]
    missing = [rule for rule, count in zip(rules, counts, strict=True) if count is None]
    if missing:
        return Fewest(None, missing[0], tuple(rules), stranded)
    alone = [count for count in counts if count is not None]
    most = max(alone, default=int(seats.fixed.sum()))
    together = combine(seats, kinds, rules)
    if together is None or together > most:
        return Fewest(together, None, tuple(rules), stranded)
    return Fewest(most, next((r for r, c in zip(rules, alone, strict=True) if c == most), None),
                  tuple(rules), stranded)  # fmt: skip


def list_rules(problem: Problem, kinds: Kinds, open_to: Bools) -> list[Rule]:
    """The rules of all customers and of every set of kinds that only some people may have, the plainest first."""
    rules = []
    able = kinds.able & open_to
    sets = [np.ones(len(able), dtype=np.bool_)]
    sets += [~(able & ~row).any(axis=1) for row in able]  # whoever only those may have who may have this kind
    _, first = np.unique(np.array(sets), axis=0, return_index=True)
    most = np.full(problem.n_reps, NO_LIMIT)
    for count in problem.counts:
        if count.tier is None:
            most = np.minimum(most, count.high)
    for at in np.sort(first):
        chosen = sets[at][kinds.kind]
        people = able[sets[at]].any(axis=0)
        customers = chosen[kinds.member]
        load, size = kinds.load[chosen], kinds.customers[chosen]
        room = np.where(people, np.maximum(problem.load_limit, 0), 0)
        need = int(load.sum())
        rules.append(Rule("hours", need, np.minimum(room, need), people, customers))
        if (most[people] < NO_LIMIT).any():
            need = int(size.sum())
            rules.append(
                Rule("customers", need, np.where(people, np.minimum(most, need), 0), people, customers)
            )
        rules += _list_large(load, room, people, customers)
    return rules


def _list_large(load: Ints, room: Ints, people: Bools, customers: Bools) -> list[Rule]:
    """How many customers above a size each of the people holds whole; only where that says more than hours do."""
    rules = []
    rooms = np.unique(room[people])[::-1][:THRESHOLDS]
    limits = np.unique(np.concatenate([rooms // parts for parts in (1, 2, 3, 4)]))
    for above in limits[np.argsort(-limits, kind="stable")][: 2 * THRESHOLDS]:
        large = np.sort(load[load > above])
        if not len(large):
            continue
        held = np.searchsorted(np.cumsum(large), room, side="right")
        if not held.any():
            continue
        rules.append(Rule("large", len(large), held.astype(np.int64), people, customers, int(above)))
    return rules


def combine(seats: Seats, kinds: Kinds, rules: list[Rule]) -> int | None:
    """The fewest people by all rules together, hours of each kind going in parts to those who may have it.

    None: all there are do not. People who are alike in everything that counts are one whole number.
    """
    problem = seats.problem
    open_to = np.flatnonzero(seats.most > 0)
    able = np.array([rule.able for rule in rules])[:, open_to]
    room = np.maximum(problem.load_limit[open_to], 0)
    looks = np.vstack([able, kinds.able[:, open_to], room, (seats.fixed > 0)[open_to]]).astype(np.int64)
    _, first, group = np.unique(looks, axis=1, return_index=True, return_inverse=True)
    group, n_groups = group.ravel(), len(first)
    low = np.bincount(group, seats.fixed[open_to], n_groups)
    high = np.bincount(group, seats.most[open_to], n_groups)
    need = np.bincount(kinds.kind, kinds.load, len(kinds.able)) / 1000.0
    kind, who = np.nonzero(kinds.able[:, open_to[first]])
    if len(kind) > MOST_FLOWS:
        kind, who = kind[:0], who[:0]
    # Columns: people by group, then hours of a kind with a group. Rows: rules, hours of kinds, room of groups.
    n_flows, n_kinds = len(kind), len(kinds.able) if len(kind) else 0
    flow = np.arange(n_flows)
    ones = np.ones(n_flows)
    scale = np.maximum([rule.need for rule in rules], 1)
    by_rule = sp.hstack([sp.csr_array(able[:, first] / scale[:, None]), sp.csr_array((len(rules), n_flows))])
    blocks = [by_rule]
    ends = [(np.array([rule.need for rule in rules]) / scale, np.full(len(rules), np.inf))]
    if n_flows:
        by_kind = sp.csr_array((ones, (kind, flow)), (n_kinds, n_flows))
        blocks.append(sp.hstack([sp.csr_array((n_kinds, n_groups)), by_kind]))
        ends.append((need, need))
        by_group = sp.csr_array((ones, (who, flow)), (n_groups, n_flows))
        blocks.append(sp.hstack([sp.csr_array(sp.diags_array(-room[first] / 1000.0)), by_group]))
        ends.append((np.full(n_groups, -np.inf), np.zeros(n_groups)))
    program = helper.ModelBuilderHelper()
    program.fill_model_from_sparse_data(
        np.concatenate([low, np.zeros(n_flows)]),
        np.concatenate([high, need[kind] if n_flows else np.empty(0)]),
        np.concatenate([np.ones(n_groups), np.zeros(n_flows)]),
        np.concatenate([low for low, _ in ends]),
        np.concatenate([high for _, high in ends]),
        sp.csr_matrix(sp.vstack(blocks)),
    )
    for at in range(n_groups):
        program.set_var_integrality(at, True)
    solver = helper.ModelSolverHelper("scip")
    solver.set_solver_specific_parameters(
        f"limits/totalnodes = {NODES}\ndisplay/verblevel = 0\nmisc/catchctrlc = FALSE\n"
    )
    solver.solve(program)
    status = solver.status()
    if status == helper.SolveStatus.INFEASIBLE:
        return None
    bound = float(solver.best_objective_bound())
    return (
        max(int(seats.fixed.sum()), math.ceil(bound - NEAR))
        if math.isfinite(bound)
        else int(seats.fixed.sum())
    )
