"""Invented promises: rivals that want different reps, locks, and what is particular about some pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from optimizer.generating.customers import Accounts
from optimizer.generating.places import Places
from optimizer.generating.reps import Sellers, pick
from optimizer.problem import Bools, Ints

REASONS = {
    "keep": "promised to the customer",
    "force": "agreed with both reps",
    "forbid": "the customer asked for somebody else",
}


def invent_apart(
    rng: Generator, places: Places, customer_ids: NDArray[np.object_], free: Bools
) -> pd.DataFrame:
    """One pair of rivals for 200 customers, both in one city and ``free`` [n]; none with a single rep."""
    by_city = np.argsort(places.customer_city, kind="stable")
    pair = by_city[: len(by_city) // 2 * 2].reshape(-1, 2)
    same = places.customer_city[pair[:, 0]] == places.customer_city[pair[:, 1]]
    pair = pair[same & free[pair].all(axis=1)]
    wanted = -(-len(customer_ids) // 200) if len(places.rep) > 1 else 0
    chosen = pair[np.sort(rng.choice(len(pair), min(wanted, len(pair)), replace=False))]
    return pd.DataFrame({"customer_a": customer_ids[chosen[:, 0]], "customer_b": customer_ids[chosen[:, 1]]})


def invent_locks(
    rng: Generator, places: Places, sellers: Sellers, accounts: Accounts, free: Bools
) -> pd.DataFrame:
    """Locks on one ``free`` [n] customer in 300: mostly keep, some force another rep or forbid the present.

    No lock asks for what skills or tiers do not allow.
    """
    n = len(free)
    rep_at_owner = (places.near == accounts.owner[:, None]) & accounts.can
    open_to = np.flatnonzero(free & rep_at_owner.any(axis=1))
    who = np.sort(rng.choice(open_to, min(-(-n // 300), len(open_to)), replace=False))
    kind = rng.choice(np.array(["keep", "force", "forbid"], dtype=object), len(who), p=[0.7, 0.15, 0.15])
    other = accounts.can[who] & ~rep_at_owner[who]
    kind[~other.any(axis=1)] = "keep"
    rep = np.where(kind == "force", places.near[who, other.argmax(axis=1)], accounts.owner[who])
    until = np.where(
        rng.random(len(who)) < 0.5, np.datetime64("2027-06-30", "us"), np.datetime64("NaT", "us")
    )
    return pd.DataFrame(
        {
            "customer_id": accounts.frame["customer_id"].to_numpy()[who],
            "rep_id": pick(sellers.frame["rep_id"], rep),
            "kind": kind,
            "reason": [REASONS[k] for k in kind],
            "until": until,
        }
    )


def invent_pairs(
    rng: Generator, places: Places, sellers: Sellers, accounts: Accounts, free: Bools
) -> pd.DataFrame:
    """A word on one ``free`` [n] customer in 100 and a near rep: mostly a bonus, some other hours or no."""
    n, width = places.near.shape
    open_to = np.flatnonzero(free)
    who = np.sort(rng.choice(open_to, min(-(-n // 100), len(open_to)), replace=False))
    rep: Ints = places.near[who, rng.integers(0, min(width, 4), len(who))].astype(np.int64)
    kind = rng.choice(3, len(who), p=[0.6, 0.25, 0.15])
    if width < 3:
        kind[kind == 2] = 0  # too few reps to forbid one
    hours = accounts.hours[who]
    return pd.DataFrame(
        {
            "customer_id": accounts.frame["customer_id"].to_numpy()[who],
            "rep_id": pick(sellers.frame["rep_id"], rep),
            "hours": np.where(kind == 1, np.round(hours * rng.uniform(0.8, 1.1, len(who)), 3), np.nan),
            "travel_hours": np.nan,
            "cost": np.where(kind == 0, -np.round(hours * rng.uniform(0.05, 0.2, len(who)), 3), np.nan),
            "allowed": pick(["false"], np.where(kind == 2, 0, -1)),
        }
    )
