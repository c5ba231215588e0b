"""Moves: every change of owner in a proposal with its reason, its own gain, and the chain it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import load_catalogue, say
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Ints, Problem
from optimizer.rebalancing.pruning import find_moved, returned
from optimizer.rebalancing.state import State
from optimizer.rebalancing.tally import Options, Tally

ON_ONE = (
    "skills",
    "tier_rights",
    "distance",
    "locks",
    "named_pairs",
    "together",
)  # a pair breaks them by itself
LINKS = 400  # couples of moves at one rep that are looked at for what they owe each other


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
    def pays(self) -> bool:
        """Whether it brings anything, by itself or with its chain."""
        return (self.needed, self.gain) > (0, 0) or (self.chain_needed, self.chain_gain) > (0, 0)

    def sentence(self, lang: str = "en") -> str:
        """Why, in words."""
        gaps = {
            "from_rep": self.from_rep or "",
            "to_rep": self.to_rep or "",
            "hours": self.gain / UNITS_PER_HOUR,
        }
        told = dict(self.details)
        if "constraint" in told:
            told["constraint"] = load_catalogue(lang).get(f"term.{told['constraint']}", told["constraint"])
        return say(f"move.{self.code}", lang, **(gaps | told))


def explain_moves(state: State, problem: Problem, owner: Ints) -> tuple[Move, ...]:
    """Every change between the owners of ``problem`` and the plan ``owner`` [n], dearest to take back first.

    ``problem`` is built from the case of ``state``, whose events say why somebody has no owner.
    """
    tally = Tally(problem, owner)
    units = _list_units(tally)
    if not units:
        return ()
    options = [tally.weigh_each(unit, problem.owner[unit]) for unit in units]
    because = _find_links(tally, units, options)
    chain = _number_chains(because)
    chain_loss = {}
    for number in set(chain):
        together = np.concatenate([units[k] for k in range(len(units)) if chain[k] == number])
        loss = tally.weigh_each(together, problem.owner[together])
        chain_loss[number] = (int(loss.breach[0]), int(loss.objective[0]))
    order = sorted(
        range(len(units)), key=lambda k: (-chain_loss[chain[k]][0], -chain_loss[chain[k]][1], chain[k], k)
    )
    place = {k: number for number, k in enumerate(order)}
    names: dict[int, int] = {}
    for k in order:
        names.setdefault(chain[k], len(names) + 1)
    helped = {other for other in because if other is not None}
    found = []
    for k in order:
        unit, why = units[k], options[k]
        before, after = int(problem.owner[unit[0]]), int(owner[unit[0]])
        code, details = _find_reason(state, problem, unit, before, after, why, k in helped)
        link = because[k]
        if link is not None:
            details["other"] = problem.customer_ids[units[link][0]]
        found.append(
            Move(
                customers=tuple(unit.tolist()),
                customer_ids=tuple(problem.customer_ids[unit]),
                from_rep=None if before == UNSERVED else str(problem.rep_ids[before]),
                to_rep=None if after == UNSERVED else str(problem.rep_ids[after]),
                code=code,
                gain=int(why.objective[0]),
                needed=int(why.breach[0]),
                handover=-int(why.terms["handover"][0]),
                chain=names[chain[k]],
                chain_gain=chain_loss[chain[k]][1],
                chain_needed=chain_loss[chain[k]][0],
                because_of=None if link is None else place[link],
                details=details,
            )
        )
    return tuple(found)


def _list_units(tally: Tally) -> list[Ints]:
    """What changed, each group whole: moves first, then customers that had no owner and have one."""
    problem, owner = tally.problem, tally.owner
    moved = find_moved(problem, owner)
    placed = (problem.owner == UNSERVED) & (owner != UNSERVED)
    seen: set[int] = set()
    units = []
    for customer in [*np.flatnonzero(moved).tolist(), *np.flatnonzero(placed).tolist()]:
        if customer not in seen:
            mates = tally.mates(customer)
            seen |= set(mates.tolist())
            # A member that has an owner comes first: the group moves from there.
            units.append(mates[np.argsort(problem.owner[mates] == UNSERVED, kind="stable")])
    return units


def _find_links(tally: Tally, units: list[Ints], options: list[Options]) -> list[int | None]:
    """For each change into a rep, the move out of that rep without which it would be worth least, if it matters."""
    problem, owner = tally.problem, tally.owner
    into: dict[int, list[int]] = {}
    out_of: dict[int, list[int]] = {}
    for k, unit in enumerate(units):
        if owner[unit[0]] != UNSERVED:
            into.setdefault(int(owner[unit[0]]), []).append(k)
        if problem.owner[unit[0]] != UNSERVED:
            out_of.setdefault(int(problem.owner[unit[0]]), []).append(k)
    because: list[int | None] = [None] * len(units)
    best: dict[int, tuple[int, int]] = {}
    for rep in sorted(set(into) & set(out_of)):
        for k in out_of[rep][: max(1, LINKS // len(into[rep]))]:
            there = owner[units[k]]
            tally.move_each(units[k], returned(tally, units[k]))
            for j in into[rep][:LINKS]:
                if j == k:
                    continue
                without = tally.weigh_each(units[j], problem.owner[units[j]])
                alone = (int(options[j].breach[0]), int(options[j].objective[0]))
                owed = (alone[0] - int(without.breach[0]), alone[1] - int(without.objective[0]))
                if owed > max((0, 0), best.get(j, (0, 0))):
                    best[j], because[j] = owed, k
            tally.move_each(units[k], there)
    return because


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


def _find_reason(
    state: State, problem: Problem, unit: Ints, before: int, after: int, why: Options, helps: bool
) -> tuple[str, dict[str, Any]]:
    """A code ``move.<code>`` of the catalogue and its gaps: what taking the change back would lose most of."""
    if after == UNSERVED:
        return "given_up", {}
    if before == UNSERVED:
        return _find_placing(state, problem, unit)
    row = _row_of(state.reps, "rep_id", problem.rep_ids[before])
    if row is not None and row["leaving"]:
        return "owner_leaves", {"day": row["ends"].date().isoformat()}
    worst = {name: int(amount[0]) for name, amount in why.broken.items() if int(amount[0]) > 0}
    if worst:
        constraint = max(worst, key=lambda name: worst[name])
        return ("not_allowed" if constraint in ON_ONE else "limit"), {"constraint": constraint}
    if int(why.objective[0]) <= 0:
        return "makes_room" if helps else "chain", {}
    gains = {name: int(amount[0]) for name, amount in why.terms.items() if int(amount[0]) > 0}
    term = max(gains, key=lambda name: gains[name])
    share = {"share": gains[term] / UNITS_PER_HOUR, "constraint": term}
    if term == "corridors":
        measure = max(why.corridors, key=lambda name: int(why.corridors[name][0]))
        return "balance", share | {"measure": measure}
    code = term if term in ("travel", "misfit", "pair_cost", "capacity", "disruption") else "limit_cost"
    return code, share


def _find_placing(state: State, problem: Problem, unit: Ints) -> tuple[str, dict[str, Any]]:
    """Why somebody has no owner yet."""
    row = _row_of(state.customers, "customer_id", problem.customer_ids[unit[0]])
    if row is not None:
        planned = row["plan_owner"]
        rep = _row_of(state.reps, "rep_id", planned) if isinstance(planned, str) else None
        if rep is not None and not rep["here"]:
            return "owner_left", {"rep": planned}
        if not pd.isna(row["won_on"]):
            return "new_customer", {"day": row["won_on"].date().isoformat()}
    return "was_unserved", {}


def _row_of(frame: pd.DataFrame, key: str, value: Any) -> dict[Any, Any] | None:
    at = np.flatnonzero((frame[key] == value).to_numpy())
    return None if not len(at) else frame.iloc[at[0]].to_dict()
