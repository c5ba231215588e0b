"""The shape of every territory on the map, drawn round its customers, all territories in one go.

Customers near one another make one part of a territory: a concave hull with a small margin, so that every
customer lies inside. A far one is an island of its own, not a band across other territories. One or two places
are a point or a line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from optimizer.problem import Floats, Ints

CONCAVITY = 0.4  # of shapely.concave_hull: 0 follows every dent, 1 is the convex hull
REACH = 2.8  # usual distances to a neighbour: side of the squares of which neighbouring ones are one part
MARGIN = 0.25  # of the usual distance: how far the outline keeps from its customers
USUAL = 0.75  # quantile of the distances to the nearest neighbour that is usual
FINEST = 10_000  # squares across a territory at most
BESIDE = 1000.0  # degrees between territories when all stand in one tree: more than any two points are apart

Shapes = NDArray[np.object_]


def outline_territories(owner: Ints, lon: Floats, lat: Floats, reps: int) -> list[BaseGeometry | None]:
    """The outline of every rep's territory, None without any point; ``lon`` unwrapped."""
    outlines: Shapes = np.full(reps, None, dtype=object)
    places = _find_places(owner, lon, lat)
    count = np.bincount(places.owner, minlength=reps)
    few = places.of((count > 0) & (count < 3))
    outlines[np.unique(few.owner)] = shapely.convex_hull(_gather(few.point, few.owner))
    many = places.of(count >= 3)
    if len(many.owner):
        outlines[np.unique(many.owner)] = _draw(many, reps)
    return list(outlines)


@dataclass(frozen=True, eq=False)
class _Places:
    """Different places of customers, in order of their owner."""

    owner: Ints  # [p]
    point: Floats  # [p, 2] degrees

    def of(self, owners: NDArray[np.bool_]) -> _Places:
        """The places of some owners."""
        chosen = owners[self.owner]
        return _Places(self.owner[chosen], self.point[chosen])


def _find_places(owner: Ints, lon: Floats, lat: Floats) -> _Places:
    known = (owner >= 0) & np.isfinite(lon) & np.isfinite(lat)
    point = np.column_stack([lon[known], lat[known]]).round(5)
    who = owner[known]
    order = np.lexsort((point[:, 1], point[:, 0], who))
    who, point = who[order], point[order]
    new = np.ones(len(who), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (point[1:] != point[:-1]).any(axis=1)
    return _Places(who[new], point[new])


def _draw(places: _Places, reps: int) -> Shapes:
    """Outlines of the territories with three places or more, in order of their owner."""
    count = np.maximum(np.bincount(places.owner, minlength=reps), 1)
    middle = np.bincount(places.owner, places.point[:, 1], minlength=reps) / count
    narrow = np.maximum(0.02, np.cos(np.radians(middle)))
    flat = places.point.copy()  # degrees of equal length in both directions
    flat[:, 0] *= narrow[places.owner]
    usual = _usual_distance(places.owner, flat, reps)
    part = _find_parts(places.owner, flat, usual, reps)

    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.diff(part[order], prepend=-1))
    whose = places.owner[order[starts]]
    hulls = _wrap(flat[order], part[order])
    margin = usual[whose] * MARGIN
    island = shapely.get_type_id(hulls) == shapely.GeometryType.POINT
    hulls = shapely.buffer(hulls, margin, quad_segs=2)
    hulls[~island] = shapely.simplify(hulls[~island], margin[~island] / 4)
    corners, of = shapely.get_coordinates(hulls, return_index=True)
    corners[:, 0] /= narrow[whose[of]]
    return _unite(shapely.set_coordinates(hulls, corners), whose)


def _unite(part: Shapes, whose: Ints) -> Shapes:
    """The parts of each owner as one shape, in order of the owners."""
    order = np.argsort(whose, kind="stable")
    starts = np.flatnonzero(np.diff(whose[order], prepend=-1))
    count = np.diff(starts, append=len(order))
    whole: Shapes = shapely.multipolygons(part[order], indices=np.repeat(np.arange(len(starts)), count))
    whole[count == 1] = part[order[starts[count == 1]]]
    # Hardly any overlap: a union of all would take most of the time.
    for k in np.flatnonzero(~shapely.is_valid(whole)):
        whole[k] = shapely.union_all(part[order[starts[k] : starts[k] + count[k]]])
    return whole


def _usual_distance(owner: Ints, flat: Floats, reps: int) -> Floats:
    """How far a customer of each territory usually is from the nearest other of it, [R]."""
    tree = cKDTree(np.column_stack([flat, owner * BESIDE]))
    nearest = np.asarray(tree.query(tree.data, k=[2])[0])[:, 0]  # the first would be the point itself
    order = np.lexsort((nearest, owner))
    first = np.searchsorted(owner, np.arange(reps))
    last = np.searchsorted(owner, np.arange(reps), side="right") - 1
    at = first + np.rint(USUAL * (last - first)).astype(np.int64)
    return np.where(last >= first, nearest[order][np.minimum(at, len(order) - 1)], 0.0)


def _find_parts(owner: Ints, flat: Floats, usual: Floats, reps: int) -> Ints:
    """Number of the part each place belongs to: squares that touch one another are one part."""
    west, south = np.full(reps, np.inf), np.full(reps, np.inf)
    np.minimum.at(west, owner, flat[:, 0])
    np.minimum.at(south, owner, flat[:, 1])
    away = flat - np.column_stack([west, south])[owner]
    span = np.zeros(reps)
    np.maximum.at(span, owner, away.max(axis=1))
    side = np.maximum(usual * REACH, span / FINEST)[owner]
    column, row = (away / side[:, None]).astype(np.int64).T + 1  # a free line all round: nothing wraps
    width = FINEST + 3
    square, place = np.unique((owner * width + column) * width + row, return_inverse=True)
    links = []
    for step in (1, width - 1, width, width + 1):  # up, and the three of the next column
        at = np.minimum(np.searchsorted(square, square + step), len(square) - 1)
        touching = np.flatnonzero(square[at] == square + step)
        links.append(np.column_stack([touching, at[touching]]))
    link = np.concatenate(links)
    graph = coo_array((np.ones(len(link)), (link[:, 0], link[:, 1])), shape=(len(square), len(square)))
    part: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return part[place]


def _wrap(point: Floats, part: Ints) -> Shapes:
    """The concave hull of each part; a line or a point when its places are few or in a row."""
    gathered = _gather(point, part)
    hulls: Shapes = shapely.convex_hull(gathered)
    wide = shapely.get_type_id(hulls) == shapely.GeometryType.POLYGON
    dented = shapely.concave_hull(gathered[wide], ratio=CONCAVITY)
    sound = shapely.get_type_id(dented) == shapely.GeometryType.POLYGON
    hulls[np.flatnonzero(wide)[sound]] = dented[sound]
    return hulls


def _gather(point: Floats, of: Ints) -> Shapes:
    """One collection of points for each number of ``of`` (in order), in the order of the numbers."""
    ends = np.flatnonzero(np.diff(of, append=-1)) + 1 if len(of) else of
    gathered: Shapes = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOINT, point, (np.append(0, ends),)
    )
    return gathered
