"""Outlines of territories on the globe, and their colours; alike on the page and in the GeoJSON file.

Longitudes are first unwrapped: the circle is cut at its widest empty stretch, so that a territory in the
Pacific is one piece and not a band around the world. RFC 7946 wants such shapes split at 180 degrees:
``split_at_180``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from optimizer.problem import Floats, Ints

CONCAVITY = 0.4  # of shapely.concave_hull: 0 follows every dent, 1 is the convex hull
REACH = 4.0  # customers nearer than this many usual distances to a neighbour belong to one part
MARGIN = 0.25  # of the usual distance: how far the outline keeps from its customers
MOST_POINTS = 3000  # of one part; more do not change its look


def unwrap(lon: Floats) -> Floats:
    """Degrees that run on without a jump, from the east end of the widest empty stretch; NaN stays."""
    known = np.unique(np.mod(lon[np.isfinite(lon)], 360.0))
    if not len(known):
        return lon
    gaps = np.diff(np.r_[known, known[0] + 360.0])
    start = known[(np.argmax(gaps) + 1) % len(known)]
    start = start - 360.0 if start >= 180.0 else start
    turned: Floats = start + np.mod(lon - start, 360.0)
    return turned


def outline(lon: Floats, lat: Floats) -> BaseGeometry | None:
    """The shape of one territory from its customers' points, ``lon`` unwrapped; None without any.

    Customers near one another make one part: a concave hull with a small margin, so that every customer
    lies inside. A far one is an island of its own, not a band across other territories. One or two places
    are a point or a line.
    """
    known = np.isfinite(lon) & np.isfinite(lat)
    points = np.unique(np.column_stack([lon[known], lat[known]]).round(5), axis=0)
    if len(points) < 3:
        return None if not len(points) else shapely.MultiPoint(points).convex_hull
    narrow = np.array([max(0.02, float(np.cos(np.radians(points[:, 1].mean())))), 1.0])
    flat = points * narrow  # degrees of equal length in both directions
    tree = cKDTree(flat)
    nearest = np.asarray(tree.query(flat, k=[2])[0])  # the first would be the point itself
    usual = float(np.quantile(nearest, 0.75))
    links = tree.query_pairs(usual * REACH, output_type="ndarray") if len(flat) <= MOST_POINTS else None
    part = np.zeros(len(flat), dtype=np.int64)
    if links is not None:
        graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(flat), len(flat)))
        part = connected_components(graph, directed=False)[1].astype(np.int64)
    hulls = [_wrap(flat[part == k]).buffer(usual * MARGIN, quad_segs=4) for k in range(part.max() + 1)]
    whole = shapely.union_all(hulls).simplify(usual * MARGIN / 10)
    return affinity.scale(whole, 1 / narrow[0], 1.0, origin=(0.0, 0.0))


def _wrap(points: Floats) -> BaseGeometry:
    """The concave hull of points; a line or a point when they are few or in a row."""
    convex = shapely.MultiPoint(points).convex_hull
    if convex.geom_type != "Polygon":
        return convex
    if len(points) > MOST_POINTS:
        points = np.vstack([points[:: len(points) // MOST_POINTS + 1], shapely.get_coordinates(convex)])
    hull = shapely.concave_hull(shapely.MultiPoint(points), ratio=CONCAVITY)
    return hull if hull.geom_type == "Polygon" else convex


def outline_territories(owner: Ints, lon: Floats, lat: Floats, reps: int) -> list[BaseGeometry | None]:
    """The outline of every rep's territory; ``lon`` unwrapped."""
    order = np.argsort(owner, kind="stable")
    ends = np.searchsorted(owner[order], np.arange(reps + 1))
    return [outline(lon[order[a:b]], lat[order[a:b]]) for a, b in pairwise(ends)]


def split_at_180(shape: BaseGeometry) -> BaseGeometry:
    """A shape with unwrapped longitudes as RFC 7946 wants it: within -180..180, in parts where it crosses."""
    west, south, east, north = shape.bounds
    if west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0:
        return shape
    pieces: list[BaseGeometry] = []
    for turn in (-360.0, 0.0, 360.0):
        cut = shape.intersection(shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        if cut.is_empty or shapely.get_dimensions(cut) < shapely.get_dimensions(shape):
            continue  # beside this turn of the globe, or only touching its edge
        pieces += getattr(affinity.translate(cut, xoff=-turn), "geoms", [affinity.translate(cut, xoff=-turn)])
    return pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)


def colours(count: int) -> list[str]:
    """A colour for each rep, ``#rrggbb``: hues by the golden angle in OKLCH, in three steps of lightness.

    Any number of neighbours in the list stay far apart in hue, and all are alike in weight, on light paper
    and on dark. OKLab to sRGB: Bjorn Ottosson, https://bottosson.github.io/posts/oklab/
    """
    k = np.arange(count)
    hue = np.radians((250.0 + 137.50776 * k) % 360.0)
    light = np.array([0.62, 0.72, 0.54])[k % 3]
    chroma = np.array([0.14, 0.12, 0.13])[k % 3]
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.column_stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ]
    ).clip(0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in np.rint(encoded * 255).astype(int).tolist()]
