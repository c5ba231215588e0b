"""What differs between two plans: every customer that is moved, added, lost or re-tiered, and a ledger by rep.

The plans may be of different variants of a case: customers and reps are known by their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.comparing.comparison import Entry
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints
from optimizer.records import positions_of
from optimizer.standing import stand

Objects = NDArray[np.object_]
Kind = Literal["moved", "placed", "dropped", "added", "lost", "retiered"]
KINDS: tuple[Kind, ...] = ("moved", "placed", "dropped", "added", "lost", "retiered")
_FLOWS = ("before", "out", "in", "kept_change", "after")


@dataclass(frozen=True)
class Change:
    """One customer that differs between two plans.

    ``kind``: moved (another owner), placed (had none), dropped (has none now), added or lost (it is in one of the
    cases only), retiered (another tier and nothing else). Missing reps and tiers are empty; hours are what it takes of
    its owner, revenue is 0 where there is none.
    """

    kind: Kind
    customer_id: str
    from_rep_id: str
    to_rep_id: str
    tier_before: str
    tier_after: str
    hours_before: float
    hours_after: float
    revenue_before: float
    revenue_after: float


@dataclass(frozen=True, eq=False)
class Differences:
    """What differs from ``before`` to ``after``.

    ``changes``: a row a customer that differs, the columns of ``Change``, in the order of the customers tables.
    ``ledger``: a row a rep of either plan: customers, hours and revenue ``_before``, what goes ``_out`` (as it was
    worth before) and comes ``_in`` (as it is worth after), how the worth of what stays changes (``_kept_change``), and
    ``_after``; before - out + in + kept_change is after. ``retiered`` counts every customer of another tier, those
    among them that change hands too.
    """

    before: Entry
    after: Entry
    changes: pd.DataFrame
    ledger: pd.DataFrame
    retiered: int

    @property
    def counts(self) -> dict[Kind, int]:
        """Customers by kind of change."""
        found = self.changes["kind"].value_counts()
        return {kind: int(found.get(kind, 0)) for kind in KINDS}

    def list_changes(self) -> Iterator[Change]:
        """The rows of ``changes`` one by one."""
        for row in self.changes.itertuples(index=False, name=None):
            yield Change(*row)


@dataclass(frozen=True, eq=False)
class _Side:
    """One plan over the customers of both: whether it knows each, its owner among the reps of both, tier and worth."""

    known: NDArray[np.bool_]
    owner: Ints
    tier: Objects
    hours: Ints  # milli-hours
    revenue: Floats


def diff_plans(before: Entry, after: Entry) -> Differences:
    """Compare two plans customer by customer and rep by rep."""
    customers = _unite(before.problem.customer_ids, after.problem.customer_ids)
    reps = _unite(before.problem.rep_ids, after.problem.rep_ids)
    old, new = _spread(before, customers, reps), _spread(after, customers, reps)
    both = old.known & new.known
    retiered = both & (old.tier != new.tier)
    had, has = old.owner >= 0, new.owner >= 0
    masks = {
        "moved": both & had & has & (old.owner != new.owner),
        "placed": both & ~had & has,
        "dropped": both & had & ~has,
        "added": new.known & ~old.known,
        "lost": old.known & ~new.known,
        "retiered": retiered,
    }
    kind = np.select([masks[name] for name in KINDS], KINDS, "").astype(object)
    at = np.flatnonzero(kind != "")
    names = np.append(reps, "")
    changes = pd.DataFrame(
        {
            "kind": kind[at],
            "customer_id": customers[at],
            "from_rep_id": names[old.owner[at]],
            "to_rep_id": names[new.owner[at]],
            "tier_before": old.tier[at],
            "tier_after": new.tier[at],
            "hours_before": old.hours[at] / UNITS_PER_HOUR,
            "hours_after": new.hours[at] / UNITS_PER_HOUR,
            "revenue_before": old.revenue[at],
            "revenue_after": new.revenue[at],
        }
    )
    ledger: dict[str, Any] = {"rep_id": reps}
    ones = np.ones(len(customers), dtype=np.int64)
    ledger |= _book("customers", old.owner, new.owner, ones, ones, len(reps), 1)
    ledger |= _book("hours", old.owner, new.owner, old.hours, new.hours, len(reps), UNITS_PER_HOUR)
    ledger |= _book("revenue", old.owner, new.owner, old.revenue, new.revenue, len(reps), 1)
    return Differences(before, after, changes, pd.DataFrame(ledger), int(retiered.sum()))


def _unite(first: Objects, second: Objects) -> Objects:
    """The ids of the first, then those that only the second has."""
    more = second[positions_of(pd.Series(first), pd.Series(second)) < 0]
    united: Objects = np.concatenate([first, more])
    return united


def _spread(entry: Entry, customers: Objects, reps: Objects) -> _Side:
    problem = entry.problem
    standing = stand(problem, entry.plan.owner)
    at = positions_of(pd.Series(problem.customer_ids), pd.Series(customers))
    known = at >= 0
    rep = np.append(positions_of(pd.Series(reps), pd.Series(problem.rep_ids)), -1)
    revenue = next((m.size / m.scale for m in problem.measures if m.name == "revenue"), None)
    tiers = np.append(np.array(problem.tier_names, dtype=object)[problem.tier], "")
    return _Side(
        known=known,
        owner=np.where(known, rep[entry.plan.owner[at]], -1),
        tier=tiers[at],  # -1 takes the last, the empty one
        hours=np.where(known, standing.load[at], 0),
        revenue=np.zeros(len(customers)) if revenue is None else np.where(known, revenue[at], 0.0),
    )


def _book(
    name: str, old: Ints, new: Ints, worth_before: Any, worth_after: Any, reps: int, scale: int
) -> dict[str, Floats]:
    """The columns of a ledger for one worth; every sum is one of whole numbers where the worth is whole."""
    gone, come, stays = (old >= 0) & (old != new), (new >= 0) & (old != new), (old >= 0) & (old == new)
    parts = (
        (old, old >= 0, worth_before),
        (old, gone, worth_before),
        (new, come, worth_after),
        (old, stays, worth_after - worth_before),
        (new, new >= 0, worth_after),
    )
    return {
        f"{name}_{flow}": np.bincount(owner[which], worth[which], reps) / scale
        for flow, (owner, which, worth) in zip(_FLOWS, parts, strict=True)
    }
