"""territories.geojson: the plan as a map that any map tool opens (RFC 7946).

One feature a territory with its outline, coloured by the "simplestyle" properties that many viewers know,
and, up to ``MOST_CUSTOMERS``, one feature a customer. What has no point on the globe has the geometry null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from optimizer.reports.report import Report
from optimizer.reports.result_file import plain
from optimizer.reports.shapes import colours, split_at_180

MOST_CUSTOMERS = 50_000


def write_geojson(report: Report, folder: Path) -> None:
    """Write territories.geojson, one feature a line."""
    lines = ",\n".join(
        json.dumps(feature, ensure_ascii=False, allow_nan=False)
        for feature in (*_list_territories(report), *_list_customers(report))
    )
    text = '{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n"
    (folder / "territories.geojson").write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _list_territories(report: Report) -> Iterator[dict[str, Any]]:
    frame = report.territories.frame
    rows = frame[["rep_id", "name", "customers", "hours", "capacity_hours", "utilization"]].to_dict("records")
    for row, shape, colour in zip(rows, report.outlines_after, colours(len(rows)), strict=True):
        properties = {"kind": "territory"} | {name: _short(value) for name, value in row.items()}
        properties |= {"fill": colour, "stroke": colour, "fill-opacity": 0.25}
        yield {"type": "Feature", "properties": properties, "geometry": list_geometry(shape)}


def _list_customers(report: Report) -> Iterator[dict[str, Any]]:
    if len(report.assignments) > MOST_CUSTOMERS:
        return
    lon, lat = report.points
    frame = report.assignments.frame
    names = report.case.records.customers["name"]
    colour = np.append(np.array(colours(report.problem.n_reps), dtype=object), "#808080")[report.after.owner]
    columns = zip(
        frame["customer_id"],
        names.astype("object").where(names.notna(), "").tolist(),
        frame["rep_id"],
        frame["previous_rep_id"],
        frame["tier"],
        colour,
        lon.tolist(),
        lat.tolist(),
        strict=True,
    )
    for customer_id, name, rep_id, previous, tier, paint, x, y in columns:
        yield {
            "type": "Feature",
            "properties": {
                "kind": "customer",
                "customer_id": customer_id,
                "name": name,
                "rep_id": rep_id or None,
                "previous_rep_id": previous or None,
                "tier": tier,
                "marker-color": paint,
                "marker-size": "small",
            },
            "geometry": {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]} if x == x else None,
        }


def list_geometry(shape: BaseGeometry | None) -> dict[str, Any] | None:
    """A shape with unwrapped longitudes as GeoJSON: split at 180 degrees, outer rings counterclockwise."""
    if shape is None:
        return None
    whole = shapely.orient_polygons(shapely.set_precision(split_at_180(shape), 1e-6), exterior_cw=False)
    geometry: dict[str, Any] = json.loads(shapely.to_geojson(whole))
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(coordinates: Any) -> Any:
    if isinstance(coordinates, float | int):
        return round(coordinates, 6)
    return [_round(part) for part in coordinates]


def _short(value: Any) -> Any:
    value = plain(value)
    return round(value, 4) if isinstance(value, float) else value
