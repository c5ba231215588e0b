"""Invented customers: tiers, hours, potential, needed skills, chains, and owners near by but not fair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from optimizer.generating.places import Places, to_degrees
from optimizer.generating.reps import LAST, SKILLS, Sellers, number, pick
from optimizer.generating.wishes import FULL_TIME
from optimizer.problem import Bools, Floats, Ints

TIERS = np.array(["A", "B", "C"], dtype=object)
TIER_ENDS = np.array([0.1, 0.4])  # 10 % A, 30 % B, the rest C
VISITS = np.array([6.0, 3.0, 1.0])
HOURS = np.array([12.0, 4.5, 1.0])  # relative; scaled until demand fills capacity
LARGEST, LARGEST_CHAIN = 0.3 * FULL_TIME, 0.4 * FULL_TIME  # hours of one customer, of one chain
POTENTIAL = np.array(
    [140_000.0, 70_000.0, 25_000.0]
)  # medians; tiers are cut by potential, so each is narrow
INDUSTRIES = np.array(["Hospital", "Clinic", "Laboratory", "Pharmacy", "Dental Practice"], dtype=object)
SEGMENTS = np.array(["enterprise", "mid-market", "small"], dtype=object)
ROUNDS = 40  # of pushing borders until territories are as unfair as wanted


@dataclass(frozen=True, eq=False)
class Accounts:
    """The table of customers and what other tables need to know of it."""

    frame: pd.DataFrame
    visits: Floats  # [3] a quarter, by tier
    hours_per_visit: Floats  # [3]
    hours: Floats  # [n]
    tier: Ints  # [n]
    owner: Ints  # [n] -1: none
    group: Ints  # [n] chain, -1: none
    skill: Ints  # [n] required, -1: none
    can: Bools  # [n, K] which of the near reps may own it


def invent_customers(
    rng: Generator, places: Places, sellers: Sellers, capacity: Floats, ids: NDArray[np.object_],
    tasks: pd.DataFrame, fill: float,
) -> Accounts:  # fmt: skip
    """Customers whose hours, with the hours of their tasks, fill the share ``fill`` of all capacity [R]."""
    count = len(ids)
    rank = rng.permutation(count) / count
    tier = np.digitize(rank, TIER_ENDS).astype(np.int64)
    group = _form_chains(rng, places.customer_city)
    tier = tier[_heads(group)]  # a chain has one contract

    # An individual agreement for three in ten, the cadence of the tier (and the tasks) for the rest.
    agreed = rng.random(count) < 0.3
    factor = np.where(agreed, rng.lognormal(-0.08, 0.4, count), 1.0)
    base = HOURS[tier] * factor
    task_hours = (
        np.bincount(
            np.searchsorted(ids.astype(str), tasks["customer_id"].to_numpy().astype(str)),
            tasks["hours"].to_numpy(np.float64) * (tasks["status"] == "open").to_numpy(),
            minlength=count,
        )
        * ~agreed
    )
    scale = _fit_scale(base, fill * capacity.sum() - task_hours.sum())
    cadence = np.minimum(HOURS * scale, LARGEST)
    visits = np.maximum(np.round(VISITS * np.sqrt(cadence / HOURS), 2), 0.01)
    hours_per_visit = np.round(cadence / visits, 4)
    own = np.round(np.minimum(base * scale, LARGEST), 3)
    hours = np.where(agreed, own, (visits * hours_per_visit)[tier] + task_hours)
    group = np.where(np.bincount(group + 1, hours)[group + 1] > LARGEST_CHAIN, -1, group)
    head = _heads(group)

    skill, level = _require(rng, places, sellers, tier)
    skill, level = skill[head], level[head]
    can = sellers.serves[places.near, tier[:, None]]
    can &= sellers.level[places.near, skill[:, None]] >= level[:, None]
    owner = _assign_unfairly(rng, places, sellers, can, hours, capacity)[head]
    owner[rng.random(count) < 0.03] = -1
    owned = owner >= 0

    potential = np.round(POTENTIAL[tier] * np.minimum(rng.lognormal(0.0, 0.4, count), 2.5), -1)
    industry = rng.integers(0, len(INDUSTRIES), count)
    lat, lon = to_degrees(places.customer)
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "name": _names(rng, places, industry),
            "tier": TIERS[tier],
            "hours": np.where(agreed, hours, np.nan),
            "lat": lat,
            "lon": lon,
            "potential": potential,
            "revenue": np.where(owned, np.round(potential * rng.beta(2.0, 3.0, count), -1), 0.0),
            "owner": pick(sellers.frame["rep_id"], owner),
            "relationship": np.where(owned, np.round(rng.beta(2.5, 2.0, count), 2), np.nan),
            "requires": _skill_texts(skill, level),
            "prefers": pick(
                SKILLS, np.where(rng.random(count) < 0.12, rng.integers(0, len(SKILLS), count), -1)
            ),
            "group": pick(number("G", int(group.max()) + 1), group),
            "industry": INDUSTRIES[industry],
            "segment": SEGMENTS[tier],
            "region": places.city_team[places.customer_city],
        }
    )
    return Accounts(frame, visits, hours_per_visit, hours, tier, owner, group, skill, can)


def _fit_scale(base: Floats, wanted: float) -> float:
    """The factor that makes ``base`` [n], cut off at ``LARGEST``, sum to ``wanted`` or nearly."""
    low, high = 0.0, LARGEST / float(base.min())
    for _ in range(50):  # halving: the sum grows with the factor
        middle = (low + high) / 2
        if np.minimum(base * middle, LARGEST).sum() < wanted:
            low = middle
        else:
            high = middle
    return max(high, 1e-3)


def _form_chains(rng: Generator, city: Ints) -> Ints:
    """About 4 % of the customers belong to chains of two to five within one city; -1: to none."""
    by_city = np.argsort(city, kind="stable")
    block, place = np.divmod(np.arange(len(city)), 5)
    blocks = int(block[-1]) + 1
    length = np.where(rng.random(blocks) < 0.06, rng.integers(2, 6, blocks), 0)[block]
    member = (place < length) & (city[by_city] == city[by_city][block * 5])
    member &= np.bincount(block, member)[block] >= 2
    group = np.full(len(city), -1, dtype=np.int64)
    group[by_city[member]] = np.cumsum(np.diff(block[member], prepend=-1) > 0) - 1
    return group


def _heads(group: Ints) -> Ints:
    """The customer each one follows: the first of its chain, or itself."""
    head = np.arange(len(group))
    chained = np.flatnonzero(group >= 0)
    _, first, back = np.unique(group[chained], return_index=True, return_inverse=True)
    head[chained] = chained[first][back]
    return head


def _require(rng: Generator, places: Places, sellers: Sellers, tier: Ints) -> tuple[Ints, Ints]:
    """Skill (-1: none) and level every customer requires: one that a near rep has who serves its tier.

    So the need for a skill is everywhere in proportion to the reps who have it, and small beside their hours.
    Where there is more than one rep, two near ones can serve the customer.
    """
    count, width = places.near.shape
    skill, level = np.full(count, -1, dtype=np.int64), np.ones(count, dtype=np.int64)
    some = np.flatnonzero(rng.random(count) < 0.22)
    rep = places.near[some, rng.integers(0, min(width, 6), len(some))]
    held = sellers.skills[rep, (rng.random(len(some)) < 0.3).astype(np.int64)]
    found = (held >= 0) & sellers.serves[rep, tier[some]] & sellers.here[rep]
    some, rep, held = some[found], rep[found], held[found]
    around = places.near[some]
    levels = sellers.level[around, held[:, None]] * sellers.serves[around, tier[some][:, None]]
    second = np.sort(levels, axis=1)[:, max(width - 2, 0)]
    wanted = np.maximum(1, sellers.level[rep, held] - rng.integers(0, 2, len(some)))
    found = second > 0
    skill[some[found]], level[some[found]] = held[found], np.minimum(wanted, second)[found]
    return skill, level


def _assign_unfairly(
    rng: Generator, places: Places, sellers: Sellers, can: Bools, hours: Floats, capacity: Floats
) -> Ints:
    """Present owners [n]: near reps that may own the customer, with loads some third above or below fair.

    A push on each rep's distances (a power diagram) moves borders until the loads are about as wanted.
    """
    reps = len(places.rep)
    wanted = (
        capacity
        * np.where(sellers.new, 0.5, np.clip(rng.lognormal(0.0, 0.22, reps), 0.65, 1.4))
        * sellers.here
    )
    wanted = np.maximum(wanted * hours.sum() / max(wanted.sum(), 1e-9), 1e-9)
    blocked = ~can | ~sellers.here[places.near]
    km = places.km * rng.uniform(0.8, 1.2, places.km.shape).astype(np.float32)
    km[blocked] = np.inf
    push, row = np.zeros(reps, dtype=np.float32), np.arange(len(hours))
    # A rep's steps are as long as its neighbours are far: short in a city, long on the plains.
    served = np.bincount(places.near[:, 0], minlength=reps)
    far = np.bincount(places.near[:, 0], places.km[:, min(3, places.km.shape[1] - 1)], minlength=reps)
    step = 0.3 * np.divide(far, served, out=np.ones(reps), where=served > 0)
    for turn in range(ROUNDS):
        owner = places.near[row, np.argmin(km + push[places.near], axis=1)]
        load = np.bincount(owner, hours, minlength=reps)
        push += (step / (1 + 0.3 * turn) * np.clip(load / wanted - 1, -1, 1)).astype(np.float32)
    return np.asarray(owner, dtype=np.int64)


def _names(rng: Generator, places: Places, industry: Ints) -> NDArray[np.object_]:
    """``Baker Clinic, Alderford``: as many texts as there are combinations, shared by all customers."""
    families = LAST.split()
    texts = [
        f"{who} {what}, {where}" for where in places.city_name for who in families for what in INDUSTRIES
    ]
    who = rng.integers(0, len(families), len(industry))
    at = (places.customer_city * len(families) + who) * len(INDUSTRIES) + industry
    named: NDArray[np.object_] = np.array(texts, dtype=object)[at]
    return named


def _skill_texts(skill: Ints, level: Ints) -> NDArray[np.object_]:
    """``imaging:2`` for skill and level [n]; None where no skill is required."""
    texts = [name + (f":{number}" if number > 1 else "") for name in SKILLS for number in (1, 2, 3)]
    return pick(texts, np.where(skill < 0, -1, 3 * skill + level - 1))
