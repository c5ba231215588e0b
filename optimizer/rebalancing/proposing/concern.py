"""Concern: whose territories a rebalance looks at first, and whose it looks at next."""

from __future__ import annotations

import numpy as np

from optimizer import constraints, objectives
from optimizer.objectives import handover, unserved
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Bools, Floats, Ints, Problem
from optimizer.rebalancing.replay.people import beside, is_among, since_of
from optimizer.rebalancing.replay.state import State
from optimizer.result import Score
from optimizer.rows import Pairs

SMALL = 20_000  # pairs of customers and reps up to which all take part
LEAST = 30  # neighbours at least: what a rep leaves behind is passed on from one to the next
SAMPLE = 300_000  # pairs that are looked at to find neighbours
DEAR = 0.005  # of the objective: broken limits of a rep that cost as much concern it
SAYS_NOTHING = ("task_done", "task_hours", "customer_hours", "revenue_booked", "opportunity_stage")


def find_concerned(state: State, problem: Problem, score: Score) -> Bools:
    """Reps who leave or came, whose hours, skills or customers changed, or whose limits are broken most, [R].

    ``score`` judges the present plan. Work that went on as planned concerns nobody; what it did to the limits does.
    """
    told = state.events[state.events["at"] > since_of(state.case, state.plan)]
    told = told[~told["kind"].isin(SAYS_NOTHING)]
    records = state.case.records  # whose rows are the problem's
    customers = is_among(records.customers["customer_id"], told["customer_id"].dropna())
    ids = records.reps["rep_id"]
    concerned = is_among(ids, told["rep_id"].dropna())
    lost = told["customer_id"][told["kind"] == "customer_lost"].drop_duplicates()
    if len(lost):
        owner = beside(state.customers["customer_id"], state.customers["plan_owner"], lost)
        concerned |= is_among(ids, owner.dropna())
    owned = customers & (problem.owner != UNSERVED)
    concerned[problem.owner[owned]] = True
    leaving = state.reps["rep_id"][state.reps["leaving"] & state.reps["here"]]
    concerned |= is_among(ids, leaving)
    broken = measure_broken(problem, score)
    return concerned | (broken > max(DEAR * abs(score.objective), UNITS_PER_HOUR))


def measure_broken(problem: Problem, score: Score) -> Floats:
    """What the broken limits of every rep cost; a hard one more than any price, [R]."""
    cost = np.zeros(problem.n_reps)
    rep = {name: number for number, name in enumerate(problem.rep_ids)}
    for violation in score.violations:
        if violation.rep_id is not None:
            cost[rep[violation.rep_id]] += 1e12 if violation.hard else violation.cost
    return cost


def find_neighbours(problem: Problem, owner: Ints, chosen: Bools, urge: Floats, least: int = LEAST) -> Bools:
    """The next reps to join the ``chosen``, as many again but ``least`` at least, [R].

    They are the nearest in the model's own costs: those who could best take over customers of the chosen, and those
    whose customers would best go to them. Every customer has a vote or some; ``urge`` [R] are votes for other reasons.
    """
    count = max(least, int(chosen.sum()))
    others = np.flatnonzero(~chosen)
    found = np.zeros(problem.n_reps, dtype=bool)
    if len(others) <= count:
        found[others] = True
        return found
    rng = np.random.default_rng(problem.seed)
    votes = urge.copy()
    theirs = np.flatnonzero(np.append(chosen, False)[owner])
    theirs = _draw(rng, theirs, SAMPLE // problem.n_reps)
    if len(theirs):
        cost = measure_pairs(problem, theirs, others)
        order = np.argsort(cost, axis=1, kind="stable")[:, :3]
        usable = np.isfinite(np.take_along_axis(cost, order, axis=1))
        np.add.at(votes, others[order[usable]], 1.0)
    at = np.flatnonzero(chosen)
    outside = np.flatnonzero(~np.append(chosen, True)[owner])
    outside = _draw(rng, outside, SAMPLE // max(len(at), 1))
    if len(outside) and len(at):
        cost = measure_pairs(problem, outside, at)
        now = measure_present(problem, owner, outside)
        dearer = np.where(np.isfinite(cost), cost, np.inf) - now[:, None]
        wanted = max(1, 2 * len(outside) // problem.n_reps)
        for column in range(len(at)):
            best = np.argsort(dearer[:, column], kind="stable")[:wanted]
            best = best[np.isfinite(dearer[best, column])]
            np.add.at(votes, owner[outside[best]], 1.0)
    votes[chosen] = 0
    best = np.argsort(-votes, kind="stable")[:count]
    found[best[votes[best] > 0]] = True
    return found


def measure_pairs(problem: Problem, customers: Ints, reps: Ints) -> Floats:
    """What each of ``customers`` costs by itself with each of ``reps``, hand-over aside; inf where forbidden."""
    pairs = Pairs(problem, np.repeat(customers, len(reps)), np.tile(reps, len(customers)))
    return _charge(problem, pairs).reshape(len(customers), len(reps))


def measure_present(problem: Problem, owner: Ints, customers: Ints) -> Floats:
    """The same with the present owners; 0 where that is forbidden, so that any other is welcome less."""
    cost = _charge(problem, Pairs(problem, customers, owner[customers]))
    return np.where(np.isfinite(cost), cost, 0.0)


def _charge(problem: Problem, pairs: Pairs) -> Floats:
    cost = np.zeros(len(pairs.rep))
    for term in objectives.ALL:
        if term not in (handover, unserved):
            cost += term.charge(problem, pairs)
    for constraint in constraints.ON_PAIRS:
        cost += constraint.charge(problem, pairs)
        cost[constraint.find_forbidden(problem, pairs)] = np.inf
    return cost


def _draw(rng: np.random.Generator, items: Ints, most: int) -> Ints:
    """At most so many of the items, in their order."""
    if len(items) <= most:
        return items
    return np.sort(rng.choice(items, most, replace=False))
