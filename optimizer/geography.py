"""Where customers and reps are: points on the globe, and homes for reps that name none.

Places are unit vectors, not angles: straight-line chords between them order pairs as great-circle distances
do, means are sums, and nothing special happens at the date line or the poles.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from optimizer.problem import EARTH_RADIUS_KM, Floats, Ints


def unit_points(lat: Floats, lon: Floats) -> Floats:
    """Points on the unit sphere, [n, 3], from degrees; a row of NaN where either angle is missing."""
    north, east = np.radians(lat), np.radians(lon)
    return np.column_stack(
        (np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north) + 0 * east)
    )


def nearest_km(customer_point: Floats, home: Floats) -> Floats:
    """Kilometres [n] from each customer to the nearest known home; 0 without a point or without any home.

    A kd-tree over chords, which order points on a sphere as arcs do.
    """
    known = home[~np.isnan(home).any(axis=1)]
    located = ~np.isnan(customer_point).any(axis=1)
    km = np.zeros(len(customer_point))
    if len(known) and located.any():
        chord, _ = cKDTree(known).query(customer_point[located])
        km[located] = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1.0))
    return km


def home_points(lat: Floats, lon: Floats, owner: Ints, customer_point: Floats) -> Floats:
    """Home of every rep on the unit sphere, [R, 3].

    ``lat`` and ``lon`` [R] are the reps' own, NaN where missing. Such a rep lives in the middle of its
    present territory: the mean of the unit vectors of its customers (``owner`` [n] gives the rep's index or
    -1, ``customer_point`` [n, 3]), put back on the sphere. NaN where there is neither, or where the
    customers lie so evenly round the globe that they have no middle.
    """
    home = unit_points(lat, lon)
    known = (owner >= 0) & ~np.isnan(customer_point[:, 0])
    total = np.column_stack(
        [np.bincount(owner[known], customer_point[known, axis], minlength=len(lat)) for axis in range(3)]
    )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    middle = np.full(home.shape, np.nan)
    np.divide(total, length, out=middle, where=length > 1e-9)
    return np.where(np.isnan(home), middle, home)
