"""From records and a scenario to the problem: every name looked up, every amount a whole number."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer import workload
from optimizer.case import Case
from optimizer.geography import home_points, nearest_km, unit_points
from optimizer.limits import (
    build_budgets,
    build_corridors,
    build_counts,
    build_measures,
    limit_load,
    to_price,
)
from optimizer.problem import (
    EARTH_RADIUS_KM,
    UNITS_PER_HOUR,
    Bools,
    Corridor,
    CountLimit,
    Floats,
    Ints,
    Measure,
    Price,
    Problem,
    to_units,
)
from optimizer.records import Records, parse_names, parse_skills
from optimizer.scenario import Horizon, Scenario
from optimizer.workload import index_of

NEUTRAL_RELATIONSHIP = 0.5
# Serving is never worse than not serving for nothing: with a free "unserved", solvers would drop customers at
# the whim of a tie. One milli-hour decides the tie and is too small to be seen in any score.
LEAST_UNSERVED = 1
# A column of customers, in hours: what they had over the whole horizon. A state adds it where work is done already,
# for having no owner does not become cheaper by that.
WHOLE_HOURS = "whole_hours"
# A column of reps, true or false: who works until a last day that is near, and is to own nobody any more. A state
# adds it.
HANDS_OVER = "hands_over"


@dataclass(frozen=True, eq=False)
class Balance:
    """Of a problem what its balance follows from; fields as there."""

    hours: Ints
    capacity: Ints
    owner: Ints
    measures: tuple[Measure, ...]
    corridors: tuple[Corridor, ...]


def build_balance(case: Case) -> Balance:
    """What territories add up to and what they are held to, without all else that a problem has."""
    records, scenario = case.records, case.scenario
    hours = to_units(workload.customer_hours(records, scenario))
    capacity = to_units(workload.rep_capacity_hours(records, scenario))
    capacity = np.where(_hands_over(records.reps), 0, capacity)
    measures = build_measures(records.customers, hours, scenario)
    return Balance(
        hours,
        capacity,
        index_of(records.reps["rep_id"], records.customers["owner"]),
        measures,
        build_corridors(records.reps, scenario, measures, capacity),
    )


def build_hour_rates(case: Case) -> Floats:
    """What one more hour of ``hours_per_week`` would let each rep work over the horizon, milli-hours, [R].

    By share of selling time, days, absences, ramp, seasons and ``capacity.limit``; 0 for who is not there at all.
    """
    week = case.records.reps.assign(hours_per_week=1.0)
    worth = workload.rep_capacity_hours(replace(case.records, reps=week), case.scenario) * UNITS_PER_HOUR
    found: Floats = np.where(_hands_over(week), 0.0, worth * case.scenario.capacity.limit)
    return found


def build_problem(case: Case) -> Problem:
    """The problem that ``case`` poses.

    Expects what reading lets through: unique ids, known references, finite numbers, locks that do not
    contradict one another. An unknown reference raises KeyError. Takes a few seconds for a million
    customers.
    """
    records, scenario = case.records, case.scenario
    customers, reps = records.customers, records.reps
    n_reps = len(reps)

    tier = workload.customer_tiers(records, scenario)
    balance = build_balance(case)
    hours, capacity, owner, measures = balance.hours, balance.capacity, balance.owner, balance.measures
    points = unit_points(_floats(customers["lat"]), _floats(customers["lon"]))
    rate = workload.travel_rate(records, scenario) * UNITS_PER_HOUR
    lock_customer, lock_rep, lock_forces = _read_locks(records, scenario.horizon, owner)
    pairs = _read_pairs(records)
    skills = _read_skills(records, scenario.horizon)

    counts = build_counts(reps, scenario, capacity)
    spares = scenario.capacity.spares_present and scenario.capacity.price is None
    homes = home_points(_floats(reps["lat"]), _floats(reps["lon"]), owner, points)
    problem = Problem(
        customer_ids=customers["customer_id"].to_numpy(dtype=object),
        rep_ids=reps["rep_id"].to_numpy(dtype=object),
        tier_names=tuple(scenario.tiers),
        skill_names=skills.names,
        tier=tier,
        hours=hours,
        travel_rate=rate,
        customer_point=points,
        nearest_km=nearest_km(points, homes),
        owner=owner,
        handover=handover_hours(records, scenario, tier, owner),
        unserved=unserved_hours(scenario, tier, whole_hours(customers, hours)),
        group=number_groups(customers["group"]),
        requirement=skills.requirement,
        requirements=skills.requirements,
        preference=skills.preference,
        preferences=skills.preferences,
        measures=measures,
        capacity=capacity,
        load_limit=limit_load(capacity, scenario.capacity.limit),
        rep_point=homes,
        skill=skills.held,
        serves=_permit_tiers(records, scenario) & ~_hands_over(reps)[:, None],
        lock_customer=lock_customer,
        lock_rep=lock_rep,
        lock_forces=lock_forces,
        pair_key=pairs.key,
        pair_hours=pairs.hours,
        pair_travel=pairs.travel,
        pair_cost=pairs.cost,
        pair_allowed=pairs.allowed,
        apart=_read_apart(records),
        corridors=balance.corridors,
        counts=counts,
        budgets=build_budgets(scenario, measures, tier, owner, n_reps),
        distance_limit=np.inf if scenario.distance.limit_km is None else scenario.distance.limit_km,
        count_travel=scenario.capacity.count_travel,
        cover_all=scenario.coverage.hard,
        **build_prices(
            scenario, hours, rate, pairs.hours, pairs.travel, counts, skills.names, len(records.apart)
        ),
        seed=scenario.solve.seed,
        gap=scenario.solve.gap,
        candidates=scenario.solve.candidates,
        effort=scenario.solve.effort,
    )
    return spare_present(problem, reps, scenario.horizon) if spares else problem


def build_prices(
    scenario: Scenario,
    hours: Ints,
    rate: Floats,
    pair_hours: Ints,
    pair_travel: Ints,
    counts: tuple[CountLimit, ...],
    skill_names: tuple[str, ...],
    n_apart: int,
) -> dict[str, Any]:
    """The problem's ``*_price`` by name.

    Prices must multiply without overflow: they are told the largest amounts ever charged for at once.
    """
    all_hours = int(hours.sum())
    all_travel = int(np.ceil(rate.sum() * np.pi * EARTH_RADIUS_KM)) + int(pair_travel.clip(0).sum())
    all_load = all_hours + int(pair_hours.clip(0).sum()) + all_travel
    most_count = len(hours) + sum(int(count.low.sum()) for count in counts)
    return {
        "travel_price": to_price(scenario.travel.price, all_travel),
        "misfit_price": to_price(scenario.skills.misfit, all_hours * max(len(skill_names), 1)),
        "capacity_price": _price(scenario.capacity.price, all_load),
        "count_price": _price(scenario.counts.price, most_count, UNITS_PER_HOUR),
        "skill_price": _price(scenario.skills.price, all_hours),
        "tier_price": _price(scenario.tier_rights.price, all_hours),
        "distance_price": _price(scenario.distance.price, all_hours),
        "apart_price": _price(scenario.apart.price, n_apart, UNITS_PER_HOUR),
    }


def spare_present(problem: Problem, reps: pd.DataFrame, horizon: Horizon) -> Problem:
    """The problem in which whoever owns more than there is time for may keep it, but is given nothing on top.

    Reps without any time, and those who leave within the horizon, are not spared.
    """
    owned = np.flatnonzero(problem.owner >= 0)
    own = problem.owner[owned]
    load = np.bincount(own, problem.pair_load(owned, own), minlength=problem.n_reps).astype(np.int64)
    stays = problem.load_limit > 0
    if horizon.start is not None:
        last = horizon.start + dt.timedelta(days=7 * horizon.weeks - 1)
        stays &= ~(reps["ends"] < pd.Timestamp(last)).to_numpy()
    return replace(
        problem, load_limit=np.where(stays, np.maximum(problem.load_limit, load), problem.load_limit)
    )


def _hands_over(reps: pd.DataFrame) -> Bools:
    """Who is given nobody any more, [R]."""
    if HANDS_OVER not in reps.columns:
        return np.zeros(len(reps), dtype=np.bool_)
    return reps[HANDS_OVER].to_numpy(dtype=np.bool_)


def number_groups(names: pd.Series[Any]) -> Ints:
    """Number of each row's group, [n], counting from 0 as they appear; -1 for none and for groups of one."""
    code, _ = pd.factorize(names)
    members = np.bincount(code[code >= 0], minlength=1)
    shared = (code >= 0) & (members[code] > 1)
    group = np.full(len(code), -1, dtype=np.int64)
    group[shared] = pd.factorize(code[shared])[0]
    return group


def _price(price: float | None, most: int, per: int = 1) -> Price | None:
    """The price of a constraint, None where it is hard."""
    return None if price is None else to_price(price, most, per)


def _floats(column: pd.Series[Any]) -> Floats:
    values: Floats = column.to_numpy(np.float64)
    return values


def _by_tier(scenario: Scenario, name: str) -> Floats:
    return np.array([getattr(tier, name) for tier in scenario.tiers.values()], dtype=np.float64)


def handover_hours(records: Records, scenario: Scenario, tier: Ints, owner: Ints) -> Ints:
    """Hand-over hours of the tier x weight x (1 - w + w (0.5 + relationship)); 0 where there is no owner."""
    weight, share = scenario.disruption.weight, scenario.disruption.relationship_weight
    relationship = _floats(records.customers["relationship"].fillna(NEUTRAL_RELATIONSHIP))
    hours = _by_tier(scenario, "handover_hours")[tier] * weight * (1 - share + share * (0.5 + relationship))
    return np.where(owner >= 0, to_units(hours), 0)


def whole_hours(customers: pd.DataFrame, hours: Ints) -> Ints:
    """The hours of the whole horizon: those there are, but for customers whose work is partly done."""
    if WHOLE_HOURS not in customers.columns:
        return hours
    whole: Ints = to_units(customers[WHOLE_HOURS].fillna(0.0).to_numpy(np.float64))
    return np.maximum(hours, whole)


def unserved_hours(scenario: Scenario, tier: Ints, hours: Ints) -> Ints:
    """The tier's unserved_price x hours, at least ``LEAST_UNSERVED``."""
    price = np.rint(_by_tier(scenario, "unserved_price")[tier] * hours).astype(np.int64)
    return np.maximum(price, LEAST_UNSERVED)


def _permit_tiers(records: Records, scenario: Scenario) -> Bools:
    """Whether each rep may serve each tier, [R, T]: named by the rep (or none is) and open to its role."""
    names = [set(parse_names(text)) for text in records.reps["tiers"]]
    roles = [role if isinstance(role, str) else None for role in records.reps["role"]]
    permitted = [
        [
            (not own or name in own) and (not tier.roles or role in tier.roles)
            for name, tier in scenario.tiers.items()
        ]
        for own, role in zip(names, roles, strict=True)
    ]
    return np.array(permitted, dtype=np.bool_).reshape(len(names), len(scenario.tiers))


@dataclass(frozen=True, eq=False)
class _SkillTables:
    names: tuple[str, ...]
    held: Ints  # [R, S]
    requirement: Ints  # [n]
    requirements: Ints  # [Q, S]
    preference: Ints  # [n]
    preferences: Ints  # [P, S]


def _read_skills(records: Records, horizon: Horizon) -> _SkillTables:
    """Levels held, required and preferred. Each different text is parsed once, however many rows share it.

    A held skill with an expiry counts only when it lasts through the last day of the horizon; without a first
    day of the horizon expiry is ignored.
    """
    last = None if horizon.start is None else horizon.start + dt.timedelta(days=7 * horizon.weeks - 1)
    texts: list[list[Any]] = []
    rows: list[Ints] = []
    for column in (records.reps["skills"], records.customers["requires"], records.customers["prefers"]):
        code, unique = pd.factorize(column, use_na_sentinel=False)
        texts.append(list(unique))
        rows.append(code.astype(np.int64))
    parsed = [[parse_skills(text) for text in unique] for unique in texts]
    names = sorted({skill.name for table in parsed for held in table for skill in held})
    column_of = {name: at for at, name in enumerate(names)}
    levels = [np.zeros((len(table), len(names)), dtype=np.int64) for table in parsed]
    for kind, table in enumerate(parsed):
        for row, skills in enumerate(table):
            for skill in skills:
                if kind == 0 and last is not None and skill.expires is not None and skill.expires < last:
                    continue
                at = row, column_of[skill.name]
                levels[kind][at] = max(levels[kind][at], skill.level)
    return _SkillTables(tuple(names), levels[0][rows[0]], rows[1], levels[1], rows[2], levels[2])


def _read_locks(records: Records, horizon: Horizon, owner: Ints) -> tuple[Ints, Ints, Bools]:
    """Customer, rep and whether it must be (else: must not), without expired locks and duplicates."""
    locks = records.locks
    if horizon.start is not None:
        locks = locks[~(locks["until"] < pd.Timestamp(horizon.start))]
    customer = index_of(records.customers["customer_id"], locks["customer_id"])
    keep = (locks["kind"] == "keep").to_numpy(dtype=np.bool_)
    rep = np.where(keep, owner[customer], index_of(records.reps["rep_id"], locks["rep_id"]))
    forces = keep | (locks["kind"] == "force").to_numpy(dtype=np.bool_)
    # Who has no owner has nothing to keep.
    found = np.unique(np.column_stack((customer, rep, forces))[rep >= 0], axis=0)
    return found[:, 0], found[:, 1], found[:, 2].astype(np.bool_)


@dataclass(frozen=True, eq=False)
class _PairTables:
    key: Ints
    hours: Ints
    travel: Ints
    cost: Ints
    allowed: Ints


def _read_pairs(records: Records) -> _PairTables:
    """The named pairs in order of customer x R + rep; of rows that name the same pair the last one holds."""
    customer = index_of(records.customers["customer_id"], records.pairs["customer_id"])
    rep = index_of(records.reps["rep_id"], records.pairs["rep_id"])
    key = customer * len(records.reps) + rep
    backwards = len(key) - 1 - np.unique(key[::-1], return_index=True)[1]
    pairs, key = records.pairs.iloc[backwards], key[backwards]
    allowed = pairs["allowed"]
    return _PairTables(
        key,
        np.where(pairs["hours"].isna(), -1, to_units(pairs["hours"].fillna(0.0))),
        np.where(pairs["travel_hours"].isna(), -1, to_units(pairs["travel_hours"].fillna(0.0))),
        to_units(pairs["cost"].fillna(0.0)),
        np.where(allowed.isna(), -1, (allowed == True).to_numpy(dtype=np.int64)).astype(np.int64),  # noqa: E712
    )


def _read_apart(records: Records) -> Ints:
    """Customers that must not share an owner, [A, 2], each couple once with the smaller index first."""
    ids = records.customers["customer_id"]
    couples = np.column_stack([index_of(ids, records.apart[name]) for name in ("customer_a", "customer_b")])
    return np.unique(np.sort(couples, axis=1), axis=0)
