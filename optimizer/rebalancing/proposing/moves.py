"""Moves: every change of owner in a proposal with its reason, its own gain, and the chain it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.messages import load_catalogue, say
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.pruning import find_moved, returned
from optimizer.rebalancing.proposing.reasons import Reasons
from optimizer.rebalancing.proposing.tally import Options, Tally
from optimizer.rebalancing.replay.state import State

LINKS = 400  # couples of moves at one rep that are looked at for what they owe each other ...
COUPLES = 20_000  # ... and in all, before only moves that do not pay by themselves are looked at


@dataclass(frozen=True)
class Move:
    """One customer, or a group decided as one, that gets another owner.

    ``customers``: indices in the problem. ``from_rep`` and ``to_rep`` are ids, None: nobody. ``gain``: how much the
    proposal would lose if this alone were taken back (milli-hours of the objective). ``needed``: hours by which hard
    constraints would then be broken more. ``chain``: a number that moves share which make room for each other,
    ``chain_gain`` and ``chain_needed``: what taking all of these back would lose and break. ``because_of``: the number
    of the move that made room for this one, None where it needs no other.
    """

    customers: tuple[int, ...]
    customer_ids: tuple[str, ...]
    from_rep: str | None
    to_rep: str | None
    code: str
    gain: int
    needed: int
    handover: int
    chain: int
    chain_gain: int
    chain_needed: int
    because_of: int | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_move(self) -> bool:
        """Whether it leaves an owner; a customer without one is placed, and nothing is handed over."""
        return self.from_rep is not None

    @property
    def giver(self) -> str | None:
        """Who has it until now: the owner, or the rep of the plan who leaves or is away and owns nobody any more."""
        given: str | None = self.from_rep or self.details.get("from_rep") or self.details.get("rep")
        return given

    @property
    def pays(self) -> bool:
        """Whether it brings anything, by itself or with its chain."""
        return (self.needed, self.gain) > (0, 0) or (self.chain_needed, self.chain_gain) > (0, 0)

    def sentence(self, lang: str = "") -> str:
        """Why, in words."""
        gaps = {
            "from_rep": self.from_rep or "",
            "to_rep": self.to_rep or "",
            "hours": self.gain / UNITS_PER_HOUR,
        }
        told = dict(self.details)
        if "constraint" in told:
            told["constraint"] = load_catalogue(lang).get(f"term.{told['constraint']}", told["constraint"])
        reason = say(f"move.{self.code}", lang, **(gaps | told))
        if self.because_of is None:
            return reason
        link = "link" if told["other_rep"] else "link_nobody"
        return say(f"move.{link}", lang, **(gaps | told | {"reason": reason}))


def explain_moves(
    state: State | None, problem: Problem, owner: Ints, handover: Ints | None = None
) -> tuple[Move, ...]:
    """Every change between the owners of ``problem`` and the plan ``owner`` [n], dearest to take back first.

    ``problem`` is built from the case of ``state``, whose events say why somebody has no owner; None: nothing happened,
    it is a plan of the records as they are, and customers who had no owner are no change. ``handover`` [n]: what it
    costs to hand over, where ``problem`` counts it for more. All is weighed in arrays: 100,000 moves take seconds.
    """
    tally = Tally(problem, owner)
    units = list_changed_units(tally, placed=state is not None)
    if not units:
        return ()
    first = np.array([unit[0] for unit in units], dtype=np.int64)
    alone = _weigh_returns(tally, units, np.arange(len(units)))
    because = _find_links(tally, units, alone)
    chain = np.array(_number_chains(because), dtype=np.int64)
    breach, objective = _weigh_chains(tally, units, chain, alone)
    order = np.lexsort((np.arange(len(units)), chain, -objective, -breach)).tolist()
    place = {k: number for number, k in enumerate(order)}
    number_of = {label: number for number, label in enumerate(dict.fromkeys(chain[order].tolist()), start=1)}
    counted = problem.handover if handover is None else handover
    gone = find_moved(problem, owner) & (owner != UNSERVED)
    helped = {other for other in because if other is not None}
    reasons = Reasons(state, problem, first, alone)
    gain, needed = alone.objective, alone.breach
    name_of = [*map(str, problem.rep_ids), None]
    found = []
    for k in order:
        unit, link = units[k], because[k]
        after = int(owner[unit[0]])
        code, details = reasons.find(k, after, k in helped)
        if link is not None:
            details["other"] = problem.customer_ids[units[link][0]]
            details["other_rep"] = name_of[owner[units[link][0]]] or ""
        found.append(
            Move(
                customers=tuple(unit.tolist()),
                customer_ids=tuple(problem.customer_ids[unit]),
                from_rep=name_of[problem.owner[unit[0]]],
                to_rep=name_of[after],
                code=code,
                gain=int(gain[k]),
                needed=int(needed[k]),
                handover=int(counted[unit][gone[unit]].sum()),
                chain=number_of[int(chain[k])],
                chain_gain=int(objective[k]),
                chain_needed=int(breach[k]),
                because_of=None if link is None else place[link],
                details=details,
            )
        )
    return tuple(found)


def list_changed_units(tally: Tally, *, placed: bool = True) -> list[Ints]:
    """What changed, each group whole: moves first, then, where ``placed``, customers that had no owner and have one."""
    problem, owner = tally.problem, tally.owner
    at = np.flatnonzero(find_moved(problem, owner))
    if placed:
        at = np.append(at, np.flatnonzero((problem.owner == UNSERVED) & (owner != UNSERVED)))
    # A member that has an owner comes first: the group moves from there.
    return [unit[np.argsort(problem.owner[unit] == UNSERVED, kind="stable")] for unit in tally.list_units(at)]


def _weigh_returns(tally: Tally, units: list[Ints], option: Ints) -> Options:
    """What taking changes back would lose: those of one ``option`` [K] together, each option apart from the others."""
    customers = np.concatenate(units)
    option = np.repeat(option, [len(unit) for unit in units])
    return tally.weigh_apart(option, customers, tally.problem.owner[customers], int(option.max()) + 1)


def _weigh_chains(tally: Tally, units: list[Ints], chain: Ints, alone: Options) -> tuple[Ints, Ints]:
    """(breach, objective) that taking back its chain whole would lose, of each change, [K]."""
    _, option, size = np.unique(chain, return_inverse=True, return_counts=True)
    breach, objective = alone.breach, alone.objective  # right where a chain is one change
    linked = np.flatnonzero(size[option] > 1)
    if len(linked):
        _, option = np.unique(chain[linked], return_inverse=True)
        loss = _weigh_returns(tally, [units[k] for k in linked.tolist()], option)
        breach[linked], objective[linked] = loss.breach[option], loss.objective[option]
    return breach, objective


def _find_links(tally: Tally, units: list[Ints], alone: Options) -> list[int | None]:
    """For each change into a rep, the move out of that rep without which it would be worth least, if it matters.

    What a change owes another is what both are worth less what they are worth together: without the other, the one
    would be worth so much less.
    """
    problem, owner = tally.problem, tally.owner
    first = np.array([unit[0] for unit in units], dtype=np.int64)
    before, after = problem.owner[first], owner[first]
    breach, objective = alone.breach, alone.objective
    needs = np.ones(len(units), dtype=bool)
    if _count_couples(before, after, needs) > COUPLES:  # then only of those that do not pay by themselves
        needs = (breach < 0) | ((breach == 0) & (objective <= 0))
    into, out_of = _list_couples(before, after, needs)
    because: list[int | None] = [None] * len(units)
    if not len(into):
        return because
    option, who, to = [], [], []
    back = [returned(tally, unit) for unit in units]
    for k, (j, other) in enumerate(zip(into.tolist(), out_of.tolist(), strict=True)):
        who += [units[j], units[other]]
        to += [problem.owner[units[j]], back[other]]
        option.append(np.full(len(units[j]) + len(units[other]), k))
    both = tally.weigh_apart(np.concatenate(option), np.concatenate(who), np.concatenate(to), len(into))
    owed_breach = breach[into] + breach[out_of] - both.breach
    owed = objective[into] + objective[out_of] - both.objective
    order = np.lexsort((np.arange(len(into)), -owed, -owed_breach, into))
    for k in order[np.unique(into[order], return_index=True)[1]].tolist():
        if (owed_breach[k], owed[k]) > (0, 0):
            because[int(into[k])] = int(out_of[k])
    return because


def _count_couples(before: Ints, after: Ints, needs: Bools) -> int:
    size = int(max(before.max(), after.max())) + 1
    into = np.bincount(after[needs & (after != UNSERVED)], minlength=size)
    out_of = np.bincount(before[before != UNSERVED], minlength=size)
    return int(np.minimum(into * out_of, LINKS).sum())


def _list_couples(before: Ints, after: Ints, needs: Bools) -> tuple[Ints, Ints]:
    """Changes into a rep, each with moves out of that rep: ``LINKS`` couples at a rep at most."""
    order = np.argsort(before, kind="stable")
    begin, end = (np.searchsorted(before[order], after, side=side) for side in ("left", "right"))
    into: list[Ints] = []
    out_of: list[Ints] = []
    left: dict[int, int] = {}
    for j in np.flatnonzero(needs & (after != UNSERVED) & (end > begin)).tolist():
        most = min(left.setdefault(int(after[j]), LINKS), int(end[j] - begin[j]))
        left[int(after[j])] -= most
        others = order[begin[j] : begin[j] + most]
        others = others[others != j]
        into.append(np.full(len(others), j, dtype=np.int64))
        out_of.append(others)
    if not into:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing
    return np.concatenate(into), np.concatenate(out_of)


def _number_chains(because: list[int | None]) -> list[int]:
    """A number for each change; those that lean on one another, directly or not, share it."""
    label = list(range(len(because)))

    def root(k: int) -> int:
        while label[k] != k:
            k = label[k]
        return k

    for k, other in enumerate(because):
        if other is not None:
            label[root(k)] = root(other)
    return [root(k) for k in range(len(because))]
