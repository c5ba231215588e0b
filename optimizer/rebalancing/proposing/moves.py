"""Moves: every change of owner in a proposal with its reason, its own gain, and the chain it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import load_catalogue, say
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.rebalancing.proposing.pruning import find_moved, returned
from optimizer.rebalancing.proposing.tally import Options, Tally
from optimizer.rebalancing.replay.state import State
from optimizer.records import positions_of

ON_ONE = (
    "skills",
    "tier_rights",
    "distance",
    "locks",
    "named_pairs",
    "together",
)  # a pair breaks them by itself
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
    why = weigh_returns(tally, units)
    because = _find_links(tally, units, why)
    label = np.array(_number_chains(because), dtype=np.int64)
    _, chain = np.unique(label, return_inverse=True)
    loss = _weigh_chains(tally, units, chain, why)
    order = np.lexsort((np.arange(len(units)), label, -loss[1][chain], -loss[0][chain])).tolist()
    place = {k: number for number, k in enumerate(order)}
    names: dict[int, int] = {}
    past = _Past(state, [problem.customer_ids[unit[0]] for unit in units])
    for k in order:
        names.setdefault(int(chain[k]), len(names) + 1)
    counted = problem.handover if handover is None else handover
    gone = find_moved(problem, owner) & (owner != UNSERVED)
    helped = {other for other in because if other is not None}
    causes = Causes(why)
    names_of_reps = [*map(str, problem.rep_ids), ""]
    found = []
    for k in order:
        unit, link = units[k], because[k]
        before, after = int(problem.owner[unit[0]]), int(owner[unit[0]])
        code, details = _find_reason(past, problem, unit, before, after, causes, k, k in helped)
        if link is not None:
            details["other"] = problem.customer_ids[units[link][0]]
            details["other_rep"] = names_of_reps[owner[units[link][0]]]
        found.append(
            Move(
                customers=tuple(unit.tolist()),
                customer_ids=tuple(problem.customer_ids[unit]),
                from_rep=None if before == UNSERVED else str(problem.rep_ids[before]),
                to_rep=None if after == UNSERVED else str(problem.rep_ids[after]),
                code=code,
                gain=int(causes.objective[k]),
                needed=int(causes.breach[k]),
                handover=int(counted[unit][gone[unit]].sum()),
                chain=names[int(chain[k])],
                chain_gain=int(loss[1][chain[k]]),
                chain_needed=int(loss[0][chain[k]]),
                because_of=None if link is None else place[link],
                details=details,
            )
        )
    return tuple(found)


def list_changed_units(tally: Tally, *, placed: bool = True) -> list[Ints]:
    """What changed, each group whole: moves first, then, where ``placed``, customers that had no owner and have one."""
    problem, owner = tally.problem, tally.owner
    at = np.flatnonzero(find_moved(problem, owner)).tolist()
    if placed:
        at += np.flatnonzero((problem.owner == UNSERVED) & (owner != UNSERVED)).tolist()
    seen: set[int] = set()
    units = []
    for customer in at:
        if customer not in seen:
            mates = tally.mates(customer)
            seen |= set(mates.tolist())
            # A member that has an owner comes first: the group moves from there.
            units.append(mates[np.argsort(problem.owner[mates] == UNSERVED, kind="stable")])
    return units


def weigh_returns(tally: Tally, units: list[Ints]) -> Options:
    """What taking back each of the changes alone would lose, all weighed at once."""
    option = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    customers = np.concatenate(units) if units else np.empty(0, dtype=np.int64)
    return tally.weigh_apart(option, customers, tally.problem.owner[customers], len(units))


def _weigh_chains(tally: Tally, units: list[Ints], chain: Ints, why: Options) -> tuple[Ints, Ints]:
    """(breach, objective) that taking back each chain whole would lose."""
    count = int(chain.max()) + 1
    breach, objective = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    breach[chain], objective[chain] = why.breach, why.objective  # right where a chain is one change
    several = np.bincount(chain) > 1
    at = [k for k in range(len(units)) if several[chain[k]]]
    if at:
        _, option = np.unique(chain[at], return_inverse=True)
        who = np.concatenate([units[k] for k in at])
        size = [len(units[k]) for k in at]
        loss = tally.weigh_apart(
            np.repeat(option, size), who, tally.problem.owner[who], int(option.max()) + 1
        )
        breach[several], objective[several] = loss.breach, loss.objective
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
    back = _returned_all(tally, units)
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


def _returned_all(tally: Tally, units: list[Ints]) -> list[Ints]:
    return [returned(tally, unit) for unit in units]


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


class Causes:
    """What taking each change back would lose most of, prepared once for all of them."""

    def __init__(self, why: Options) -> None:
        self.objective, self.breach = why.objective, why.breach
        self.broken, self.terms = _find_largest(why.broken), _find_largest(why.terms)
        self.measure = _find_largest(why.corridors)

    def find(self, k: int, helps: bool) -> tuple[str, dict[str, Any]]:
        """A code ``move.<code>`` of the catalogue and its gaps."""
        constraint, amount = self.broken[0][k], self.broken[1][k]
        if amount > 0:
            return ("not_allowed" if constraint in ON_ONE else "limit"), {"constraint": constraint}
        if self.objective[k] <= 0:
            return "makes_room" if helps else "chain", {}
        term, gain = self.terms[0][k], int(self.terms[1][k])
        share = {"share": gain / UNITS_PER_HOUR, "constraint": term}
        if term == "corridors":
            return "balance", share | {"measure": self.measure[0][k]}
        code = term if term in ("travel", "misfit", "pair_cost", "capacity", "disruption") else "limit_cost"
        return code, share


def _find_largest(parts: dict[str, Ints]) -> tuple[list[str], Ints]:
    """Of each option the part that is largest, and how large it is."""
    if not parts:
        return [], np.empty(0, dtype=np.int64)
    names, amounts = list(parts), np.array(list(parts.values()))
    at = np.argmax(amounts, axis=0)
    return [names[k] for k in at.tolist()], amounts[at, np.arange(amounts.shape[1])]


class _Past:
    """What is known of some customers and of all reps by id; nothing where there is no state."""

    def __init__(self, state: State | None, customer_ids: Sequence[object]) -> None:
        self._customers: dict[str, dict[object, Any]] = {}
        self._reps: dict[str, dict[object, Any]] = {}
        if state is None:
            return
        at = positions_of(state.customers["customer_id"], pd.Series(customer_ids, dtype="str"))
        self._customers = _by_id(state.customers.iloc[at[at >= 0]], "customer_id", ("plan_owner", "won_on"))
        self._reps = _by_id(state.reps, "rep_id", ("here", "leaving", "hands_over", "ends"))

    def customer(self, name: object, column: str) -> Any:
        """What the state says of a customer, None where it knows none."""
        return self._customers.get(column, {}).get(name)

    def rep(self, name: object, column: str) -> Any:
        """The same of a rep."""
        return self._reps.get(column, {}).get(name)


def _by_id(frame: pd.DataFrame, key: str, columns: Sequence[str]) -> dict[str, dict[object, Any]]:
    return {column: dict(zip(frame[key], frame[column], strict=True)) for column in columns}


def _find_reason(
    past: _Past,
    problem: Problem,
    unit: Ints,
    before: int,
    after: int,
    causes: Causes,
    k: int,
    helps: bool,
) -> tuple[str, dict[str, Any]]:
    """A code ``move.<code>`` of the catalogue and its gaps."""
    if before == UNSERVED:
        return _find_placing(past, problem, unit)
    if past.rep(problem.rep_ids[before], "leaving"):
        day = past.rep(problem.rep_ids[before], "ends").date().isoformat()
        return ("nobody_follows" if after == UNSERVED else "owner_leaves"), {"day": day}
    if after == UNSERVED:
        return "given_up", {}
    return causes.find(k, helps)


def _find_placing(past: _Past, problem: Problem, unit: Ints) -> tuple[str, dict[str, Any]]:
    """Why somebody has no owner yet."""
    customer = problem.customer_ids[unit[0]]
    planned = past.customer(customer, "plan_owner")
    if isinstance(planned, str) and past.rep(planned, "here") is not None and not past.rep(planned, "here"):
        return "owner_left", {"rep": planned}
    if isinstance(planned, str) and past.rep(planned, "here") and planned not in problem.rep_ids:
        return "owner_away", {"rep": planned}
    if isinstance(planned, str) and past.rep(planned, "hands_over"):
        day = past.rep(planned, "ends").date().isoformat()
        return "owner_leaves", {"from_rep": planned, "day": day}
    won_on = past.customer(customer, "won_on")
    if won_on is not None and not pd.isna(won_on):
        return "new_customer", {"day": won_on.date().isoformat()}
    return "was_unserved", {}
