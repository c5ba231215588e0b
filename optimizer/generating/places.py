"""Where an invented company works: cities of very different size, customers around them, reps in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from optimizer.problem import Floats, Ints

KM2_PER_REP, MOST_KM2 = 3600.0, 5.1e6  # the largest region is 3,200 by 1,600 km
MIDDLE_LAT, MIDDLE_LON, KM_PER_DEGREE = 39.0, -98.0, 111.195
RURAL = 0.15  # share of customers anywhere in the region
NEAR = 12  # reps around a customer that are looked at
CHUNK = 200_000  # customers searched at a time: bounds memory
HEADS = (
    "Alder Ash Birch Clay Copper Dun East Elm Fair Glen Hazel Iron Kings Lake Marsh North Oak Pine Red Stone"
)
TAILS = "bridge brook bury dale field ford gate ham haven mouth port stead ton view wick"


@dataclass(frozen=True, eq=False)
class Places:
    """C cities, n customers and R reps; points in km around the middle of the region."""

    city_name: NDArray[np.object_]  # [C]
    city_team: NDArray[np.object_]  # [C] West, Central or East
    customer: Floats  # [n, 2]
    customer_city: Ints  # [n] the nearest
    rep: Floats  # [R, 2]
    rep_city: Ints  # [R] ascending: neighbours in the list live near each other
    near: NDArray[np.int32]  # [n, K] reps around each customer, the nearest first
    km: NDArray[np.float32]  # [n, K]


def invent_places(rng: Generator, customers: int, reps: int) -> Places:
    """Cities with populations by Zipf's law; customers by population; reps by the customers of each city."""
    area = min(KM2_PER_REP * reps, MOST_KM2)
    size = np.array([np.sqrt(2 * area), np.sqrt(area / 2)])
    count = int(np.clip(3 + 4 * np.sqrt(reps), 4, 300))
    city = rng.uniform(-0.46, 0.46, (count, 2)) * size
    city = city[np.argsort(city[:, 0], kind="stable")]  # from west to east
    people = rng.permutation(1 / (np.arange(count) + 3.0))  # the first ranks of a pure Zipf law are too large
    people /= people.sum()

    home = rng.choice(count, customers, p=people)
    reach = np.where(rng.random(customers) < 0.2, 2.5, 1.0) * (5.0 + 40.0 * np.sqrt(people[home]))
    point = city[home] + rng.standard_normal((customers, 2)) * reach[:, None]
    rural = rng.random(customers) < RURAL
    point[rural] = rng.uniform(-0.5, 0.5, (int(rural.sum()), 2)) * size
    at = np.asarray(cKDTree(city).query(point)[1], dtype=np.int64)

    # Every customers/reps-th customer, counted city by city, gives a rep a city: homes follow the work.
    steps: Floats = np.linspace(0.5, reps - 0.5, reps) * (customers / reps)
    passed = np.cumsum(np.bincount(at, minlength=count))
    rep_city: Ints = np.digitize(steps, passed).astype(np.int64)
    rep = city[rep_city] + rng.standard_normal((reps, 2)) * 6.0
    near, km = _find_near(rep, point)
    names = np.array([head + tail for tail in TAILS.split() for head in HEADS.split()], dtype=object)
    third = np.digitize(city[:, 0], size[0] * np.array([-1 / 6, 1 / 6]))
    team = np.array(["West", "Central", "East"], dtype=object)[third]
    return Places(rng.permutation(names)[:count], team, point, at, rep, rep_city, near, km)


def _find_near(rep: Floats, point: Floats) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    wanted = min(NEAR, len(rep))
    near = np.empty((len(point), wanted), dtype=np.int32)
    km = np.empty((len(point), wanted), dtype=np.float32)
    tree = cKDTree(rep)
    for first in range(0, len(point), CHUNK):
        rows = slice(first, first + CHUNK)
        # A list of neighbours keeps two dimensions also when there is one rep.
        km[rows], near[rows] = tree.query(point[rows], k=list(range(1, wanted + 1)))
    return near, km


def to_degrees(point: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude of points in km, five decimals (a metre)."""
    lat = MIDDLE_LAT + point[:, 1] / KM_PER_DEGREE
    lon = MIDDLE_LON + point[:, 0] / (KM_PER_DEGREE * np.cos(np.radians(lat)))
    return np.round(lat, 5), np.round(lon, 5)
