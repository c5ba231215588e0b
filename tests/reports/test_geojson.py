"""The map file keeps RFC 7946 and shows every territory, also across the antimeridian."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from optimizer.reports.content.outlines import outline_territories
from optimizer.reports.content.report import Report
from optimizer.reports.content.shapes import colours, unwrap
from optimizer.reports.files import geojson
from optimizer.reports.files.geojson import write_geojson, write_shapes
from tests.reports.answers import small_case, small_report


def read(report: Report, folder: Path) -> dict[str, Any]:
    write_geojson(report, folder)
    found: dict[str, Any] = json.loads((folder / "territories.geojson").read_text(encoding="utf-8"))
    return found


def test_territories_come_first_then_customers(tmp_path: Path) -> None:
    collection = read(small_report(), tmp_path)
    assert collection["type"] == "FeatureCollection"
    kinds = [feature["properties"]["kind"] for feature in collection["features"]]
    assert kinds == ["territory"] * 3 + ["customer"] * 7
    first = collection["features"][0]["properties"]
    assert (first["rep_id"], first["customers"], first["hours"]) == ("r0", 2, 16.625)
    c1 = collection["features"][4]
    assert c1["properties"]["rep_id"] == "r0"
    assert c1["geometry"] == {"type": "Point", "coordinates": [121.6, 31.1]}
    assert collection["features"][8]["properties"]["rep_id"] is None
    assert collection["features"][9]["geometry"] is None, "c6 has no point"


def test_few_customers_make_a_point_or_a_line_and_none_make_null(tmp_path: Path) -> None:
    types = [f["geometry"] and f["geometry"]["type"] for f in read(small_report(), tmp_path)["features"][:3]]
    assert types == ["LineString", "LineString", "Point"]
    empty = read(small_report(small_case(), (0, 0, 0, 0, 0, 0, 0)), tmp_path)["features"]
    assert [f["geometry"] is None for f in empty[:3]] == [False, True, True]


def test_without_any_point_every_geometry_is_null(tmp_path: Path) -> None:
    case = small_case(reps=[{}, {}, {}], customers=[{"hours": 1.0}] * 7, tasks=[])
    assert {f["geometry"] for f in read(small_report(case), tmp_path)["features"]} == {None}


def test_of_too_many_customers_a_sample_is_drawn_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "sample" not in read(small_report(), tmp_path)
    monkeypatch.setattr(geojson, "MOST_CUSTOMERS", 4)
    collection = read(small_report(), tmp_path)
    drawn = [f["properties"]["customer_id"] for f in collection["features"][3:]]
    assert len(set(drawn)) == 4
    assert drawn == sorted(drawn), "in the order of the table"
    assert (collection["sample"]["shown"], collection["sample"]["customers"]) == (4, 7)
    assert "4 of 7 customers" in collection["sample"]["note"]
    assert read(small_report(), tmp_path) == collection, "the same again"
    whole = {f["properties"]["customer_id"]: f for f in collection["features"][3:]}
    monkeypatch.undo()
    everybody = read(small_report(), tmp_path)["features"][3:]
    assert [f for f in everybody if f["properties"]["customer_id"] in whole] == list(whole.values())


@pytest.mark.parametrize("middle", [121.0, 179.9, -180.0, 0.0, -75.0])
@pytest.mark.parametrize("count", [3, 40, 4000])
def test_an_outline_holds_its_customers_wherever_it_lies(middle: float, count: int) -> None:
    rng = np.random.default_rng(count)
    lon = (middle + rng.normal(0, 0.8, count) + 180) % 360 - 180
    lat = 40 + rng.normal(0, 0.5, count)
    (whole,) = outline_territories(np.zeros(count, dtype=np.int64), unwrap(lon), lat, 1)
    assert whole is not None
    (written,) = write_shapes([whole])
    drawn = shape(json.loads(written))
    assert drawn.is_valid
    assert -180 <= drawn.bounds[0] <= drawn.bounds[2] <= 180
    assert shapely.covers(drawn.buffer(1e-5), shapely.points(lon, lat)).all()
    assert drawn.area < 80, "not a band around the world"
    parts = [drawn] if drawn.geom_type == "Polygon" else list(drawn.geoms)
    assert all(part.exterior.is_ccw for part in parts)


def test_a_far_customer_is_an_island_not_a_band_across_others() -> None:
    rng = np.random.default_rng(1)
    lon = np.append(120 + rng.normal(0, 0.1, 50), 130.0)
    lat = np.append(30 + rng.normal(0, 0.1, 50), 30.0)
    (drawn,) = outline_territories(np.zeros(51, dtype=np.int64), lon, lat, 1)
    assert drawn is not None
    assert not drawn.intersects(shapely.Point(125, 30))
    assert drawn.contains(shapely.Point(130, 30))


def test_each_territory_is_drawn_by_itself_and_is_sound() -> None:
    rng = np.random.default_rng(5)
    owner = rng.integers(-1, 12, 600)
    owner[owner == 3] = 4  # nobody owns r3's
    owner[np.flatnonzero(owner == 5)[1:]] = -1  # one place
    lon, lat = rng.normal(10, 1, 600), rng.normal(50, 1, 600)
    lon[::50] = np.nan
    together = outline_territories(owner, lon, lat, 13)
    assert [k for k, drawn in enumerate(together) if drawn is None] == [3, 12]
    assert together[5] is not None and together[5].geom_type == "Point"
    for rep, drawn in enumerate(together):
        (alone,) = outline_territories(np.where(owner == rep, 0, -1), lon, lat, 1)
        assert (drawn is None) == (alone is None)
        if drawn is not None and alone is not None:
            assert drawn.is_valid
            assert shapely.hausdorff_distance(drawn, alone) < 1e-9


def test_longitudes_run_on_across_the_antimeridian() -> None:
    turned = unwrap(np.array([179.0, -179.0, np.nan, 178.0]))
    assert turned[[0, 1, 3]].tolist() == [179.0, 181.0, 178.0]
    assert np.isnan(turned[2])
    assert unwrap(np.array([-100.0, 10.0])).tolist() == [-100.0, 10.0]


def test_whoever_lives_farthest_west_is_not_drawn_a_world_away():
    for west in np.round(np.random.default_rng(0).uniform(-180, 180, 300), 4).tolist():
        turned = unwrap(np.array([west, west + 50.0 if west < 130 else west - 310.0]))
        assert turned[0] == west and turned[1] - turned[0] == pytest.approx(50.0)


def test_neighbouring_colours_are_told_apart() -> None:
    chosen = colours(60)
    assert len(set(chosen)) == 60
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for c in chosen)
    channels = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in chosen])
    apart = np.linalg.norm(channels[1:] - channels[:-1], axis=1)
    assert apart.min() > 60
