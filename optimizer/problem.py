"""Problem: what must be decided, as arrays of whole numbers with nothing left to look up.

Customers and reps are indices here; ids appear only in messages. Hours and costs are whole *milli-hours*
(``UNITS_PER_HOUR`` to the hour, 3.6 seconds): sums are exact, and a figure printed with three decimals is the
figure itself. Sizes of other measures are whole multiples of ``1 / measure.scale``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNITS_PER_HOUR = 1000
NO_LIMIT = 2**62
EARTH_RADIUS_KM = 6371.0088


def to_units(hours: Any) -> Any:
    """Hours to whole milli-hours, half to even."""
    return np.rint(np.asarray(hours, dtype=np.float64) * UNITS_PER_HOUR).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Measure:
    """A numeric size of a customer, such as hours, customers or potential."""

    name: str
    size: Ints  # [n] whole multiples of 1 / scale
    scale: float


@dataclass(frozen=True)
class Price:
    """Milli-hours per unit of a measure or count as the fraction ``num / den``; rounded up once per place."""

    num: int
    den: int = 1

    def of(self, amount: Any) -> Any:
        """Cost of whole ``amount`` (array or number), rounded up to whole milli-hours.

        In int64: who builds prices keeps amount x num below 2**62.
        """
        return -((-np.asarray(amount, dtype=np.int64) * self.num) // self.den)


@dataclass(frozen=True, eq=False)
class Corridor:
    """Range of every territory's sum of a measure; hard when ``price`` is None."""

    measure: int  # index into Problem.measures
    tolerance: float
    target: Floats  # [R] in units of the measure (1 / scale)
    low: Ints  # [R]
    high: Ints  # [R]
    price: Price | None


@dataclass(frozen=True, eq=False)
class CountLimit:
    """Fewest and most customers of each rep, of one tier (index) or of all (None)."""

    tier: int | None
    low: Ints  # [R]
    high: Ints  # [R], NO_LIMIT where there is none


@dataclass(frozen=True, eq=False)
class Budget:
    """The most of a measure that may change hands within a scope; hard when ``price`` is None.

    ``scope`` "all": everything; "tier": customers of ``tier``; "rep": what each rep loses (``direction`` out) or
    gains (in). ``limit`` has one entry for all and tier, one per rep for rep.
    """

    measure: int
    scope: str
    direction: str
    tier: int | None
    limit: Ints
    price: Price | None


@dataclass(frozen=True, eq=False)
class Problem:
    """One territory problem: n customers, R reps, T tiers, S skills, M measures.

    Prices named ``*_price`` are fractions in milli-hours; None makes the constraint hard.
    """

    customer_ids: NDArray[np.object_]  # [n]
    rep_ids: NDArray[np.object_]  # [R]
    tier_names: tuple[str, ...]
    skill_names: tuple[str, ...]

    # customers
    tier: Ints  # [n]
    hours: Ints  # [n] selling hours over the horizon, milli-hours
    travel_rate: Floats  # [n] milli-hours of travel per km between customer and home
    customer_point: Floats  # [n, 3] on the unit sphere, NaN without a point
    nearest_km: Floats  # [n] to the nearest known home, 0 without a point: what a rep without a home travels
    owner: Ints  # [n] present owner or -1
    handover: Ints  # [n] cost of leaving the present owner
    unserved: Ints  # [n] cost of having no owner
    group: Ints  # [n] number of its group, or -1
    requirement: Ints  # [n] row of requirements
    requirements: Ints  # [Q, S] level required, 0: not required
    preference: Ints  # [n] row of preferences
    preferences: Ints  # [P, S] level preferred, 0: no matter
    measures: tuple[Measure, ...]

    # reps
    capacity: Ints  # [R] selling hours over the horizon, milli-hours
    load_limit: Ints  # [R] capacity x largest utilisation
    rep_point: Floats  # [R, 3]
    skill: Ints  # [R, S] level held through the whole horizon, 0: none
    serves: Bools  # [R, T] tiers (and roles) permitted

    # pairs
    lock_customer: Ints  # [L]
    lock_rep: Ints  # [L]
    lock_forces: Bools  # [L] True: must be this rep (keep, force); False: must not
    pair_key: Ints  # [P] customer * R + rep, ascending
    pair_hours: Ints  # [P] -1: not given
    pair_travel: Ints  # [P] -1: not given
    pair_cost: Ints  # [P] 0: none
    pair_allowed: Ints  # [P] -1: not said, 0: forbidden, 1: allowed whatever the distance
    apart: Ints  # [A, 2] customers

    # what the planner wants
    corridors: tuple[Corridor, ...]
    counts: tuple[CountLimit, ...]
    budgets: tuple[Budget, ...]
    distance_limit: float  # km, inf: none
    count_travel: bool  # travel uses capacity too
    cover_all: bool  # nobody may be unserved, the excused aside
    travel_price: Price  # per milli-hour of travel
    misfit_price: Price  # per milli-hour of the customer and preferred skill missing
    capacity_price: Price | None  # per milli-hour above load_limit
    count_price: Price | None  # per customer outside
    skill_price: Price | None  # per milli-hour of the customer
    tier_price: Price | None
    distance_price: Price | None
    apart_price: Price | None  # per pair of customers

    # search
    seed: int
    gap: float
    candidates: int
    effort: float

    # what is asked while limits are looked at one by one; no scenario says it
    excused: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # may be unserved all the same

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return len(self.customer_ids)

    @property
    def n_reps(self) -> int:
        """Number of reps."""
        return len(self.rep_ids)

    def find_pairs(self, customer: Ints, rep: Ints) -> Ints:
        """Position of each (customer, rep) among the named pairs, -1 where the pair is not named."""
        key = customer * self.n_reps + rep
        if not len(self.pair_key):
            return np.full(len(key), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.pair_key, key), len(self.pair_key) - 1)
        return np.where(self.pair_key[at] == key, at, -1)

    def distance_km(self, customer: Ints, rep: Ints) -> Floats:
        """Great-circle distance between customer and home; NaN where either has no point.

        From the chord c between points on the unit sphere: 2 R asin(c / 2), exact also for small distances.
        """
        chord = np.linalg.norm(self.customer_point[customer] - self.rep_point[rep], axis=1)
        km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0))
        return km

    def pair_travel_hours(self, customer: Ints, rep: Ints) -> Ints:
        """Milli-hours of travel over the horizon of each pair; 0 where there is no geography.

        A rep without a home travels as from the nearest known home: counted as nothing, its travel would draw
        customers from everywhere.
        """
        km = self.distance_km(customer, rep)
        km = np.where(np.isnan(km), self.nearest_km[customer], km)
        travel = np.rint(km * self.travel_rate[customer]).astype(np.int64)
        at = self.find_pairs(customer, rep)
        given = (at >= 0) & (self.pair_travel[at] >= 0) if len(self.pair_key) else at >= 0
        travel[given] = self.pair_travel[at[given]]
        return travel

    def pair_load(self, customer: Ints, rep: Ints) -> Ints:
        """Milli-hours of the rep's capacity that each pair takes."""
        load = self.hours[customer].copy()
        at = self.find_pairs(customer, rep)
        given = (at >= 0) & (self.pair_hours[at] >= 0) if len(self.pair_key) else at >= 0
        load[given] = self.pair_hours[at[given]]
        if self.count_travel:
            load += self.pair_travel_hours(customer, rep)
        return load
