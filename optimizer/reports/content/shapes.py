"""Shapes on the globe and the colours of territories; alike on the page and in the GeoJSON file.

Longitudes are first unwrapped: the circle is cut at its widest empty stretch, so that a territory in the
Pacific is one piece and not a band around the world. RFC 7946 wants such shapes split at 180 degrees:
``split_at_180``.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from optimizer.problem import Floats


def unwrap(lon: Floats) -> Floats:
    """Degrees that run on without a jump, from the east end of the widest empty stretch; NaN stays."""
    known = np.unique(np.mod(lon[np.isfinite(lon)], 360.0))
    if not len(known):
        return lon
    gaps = np.diff(np.r_[known, known[0] + 360.0])
    widest = int(np.argmax(gaps))
    start = known[(widest + 1) % len(known)]
    start = start - 360.0 if start >= 180.0 else start
    cut = start - gaps[widest] / 2  # where nobody is, so that no rounding sends anybody round the globe
    turned: Floats = lon + 360.0 * np.ceil((cut - lon) / 360.0)
    return turned


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
