"""territories.geojson: the plan as a map that any map tool opens (RFC 7946).

One feature a territory with its outline, coloured by the "simplestyle" properties that many viewers know, and one
feature a customer; of more than ``MOST_CUSTOMERS`` a sample, which the member "sample" of the file tells. What has
no point on the globe has the geometry null.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from optimizer.messages import say
from optimizer.reports.content.report import Report
from optimizer.reports.content.sampling import draw_sample
from optimizer.reports.content.shapes import colours, split_at_180
from optimizer.reports.content.tables import texts
from optimizer.reports.files.result_file import dump, plain

MOST_CUSTOMERS = 50_000


def write_geojson(report: Report, folder: Path) -> None:
    """Write territories.geojson, one feature a line."""
    customers = np.arange(report.problem.n_customers)
    shown = draw_sample(customers, MOST_CUSTOMERS)
    path = folder / "territories.geojson"
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write('{"type": "FeatureCollection", ')
        if len(shown) < len(customers):
            gaps = {"shown": len(shown), "customers": len(customers), "outlined": len(report.outlined)}
            sample = gaps | {"note": say("map.sample", report.lang, **gaps)}
            file.write(f'"sample": {dump(sample)}, ')
        file.write('"features": [\n')
        features = (*_list_territories(report), *_list_customers(report, shown.tolist()))
        file.write(",\n".join(features))
        file.write("\n]}\n")


def _feature(properties: dict[str, Any], geometry: str) -> str:
    return f'{{"type": "Feature", "properties": {dump(properties)}, "geometry": {geometry}}}'


def _list_territories(report: Report) -> Iterator[str]:
    frame = report.territories.frame
    told = ["rep_id", "name", "customers", "hours", "capacity_hours", "utilization"]
    rows = frame[told].to_dict("records")
    shapes = write_shapes(report.outlines_after)
    for row, shape, colour in zip(rows, shapes, colours(len(rows)), strict=True):
        properties = {"kind": "territory"} | {name: _short(row[name]) for name in told}
        yield _feature(properties | {"fill": colour, "stroke": colour, "fill-opacity": 0.25}, shape)


def _list_customers(report: Report, shown: list[int]) -> Iterator[str]:
    lon, lat = report.points
    frame = report.assignments.frame.iloc[shown]
    names = texts(report.case.records.customers.iloc[shown], "name")
    colour = np.append(np.array(colours(report.problem.n_reps), dtype=object), "#808080")
    columns = zip(
        frame["customer_id"],
        names,
        frame["rep_id"],
        frame["previous_rep_id"],
        frame["tier"],
        colour[report.after.owner[shown]],
        lon[shown].tolist(),
        lat[shown].tolist(),
        strict=True,
    )
    for customer_id, name, rep_id, previous, tier, paint, x, y in columns:
        properties = {
            "kind": "customer",
            "customer_id": customer_id,
            "name": name,
            "rep_id": rep_id or None,
            "previous_rep_id": previous or None,
            "tier": tier,
            "marker-color": paint,
            "marker-size": "small",
        }
        point = {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]} if x == x else None
        yield _feature(properties, dump(point))


def write_shapes(shapes: Sequence[BaseGeometry | None]) -> list[str]:
    """Shapes with unwrapped longitudes as GeoJSON: split at 180 degrees, outer rings counterclockwise.

    "null" for None.
    """
    known = [k for k, shape in enumerate(shapes) if shape is not None]
    cut = np.array([split_at_180(shape) for shape in shapes if shape is not None], dtype=object)
    whole = shapely.orient_polygons(shapely.set_precision(cut, 1e-6), exterior_cw=False)
    written = ["null"] * len(shapes)
    for k, text in zip(known, shapely.to_geojson(whole), strict=True):
        written[k] = text
    return written


def _short(value: Any) -> Any:
    value = plain(value)
    return round(value, 4) if isinstance(value, float) else value
