"""Whether points lie on the globe, whole and the right way round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.problem import EARTH_RADIUS_KM, Bools, Floats
from optimizer.reading.collecting import Findings
from optimizer.records import Records

_FAR_KM = 2000.0  # homes and customers further apart than this, and near when swapped: swapped


def check_points(records: Records, findings: Findings) -> None:
    """Points off the globe, swapped, half given or at 0, 0. Half points and those at 0, 0 are blanked."""
    for table in ("reps", "customers"):
        _check_table(table, records.tables()[table], findings)
    _check_apart_in_space(records, findings)


def _check_table(table: str, frame: pd.DataFrame, findings: Findings) -> None:
    lat, lon = frame["lat"].to_numpy(np.float64), frame["lon"].to_numpy(np.float64)
    whole = ~np.isnan(lat) & ~np.isnan(lon)
    lat_off, lon_off = np.abs(lat) > 90, np.abs(lon) > 180
    swapped = whole & lat_off & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    if swapped.sum() > max(1, whole.sum() / 2):
        findings.add(
            "swapped_table", "error", table, None, "lat", count=int(swapped.sum()), points=int(whole.sum())
        )
    else:
        _tell(findings, "swapped_point", "error", table, swapped, lat, lon)
    for column, off, limit in (("lat", lat_off & ~swapped, 90), ("lon", lon_off, 180)):
        at = np.flatnonzero(off)
        values = frame[column].iloc[at].to_list()
        findings.add_all("off_the_globe", "error", table, at, column, values, limit=limit)
    half = np.isnan(lat) != np.isnan(lon)
    for column, other, missing in (("lat", "lon", np.isnan(lat)), ("lon", "lat", np.isnan(lon))):
        at = np.flatnonzero(half & missing & ~_had_trouble(findings, table, column))
        findings.add_all("half_a_point", "warning", table, at, column, other=other)
    nowhere = whole & (lat == 0) & (lon == 0)
    _tell(findings, "point_at_zero", "warning", table, nowhere, lat, lon)
    blank = half | nowhere
    if blank.any():
        frame.loc[blank, ["lat", "lon"]] = np.nan


def _had_trouble(findings: Findings, table: str, column: str) -> bool:
    """Whether cells of the column were refused already: then a half point is no news."""
    return any(f.table == table and f.column == column and f.row is not None for f in findings.listed())


def _tell(
    findings: Findings, code: str, severity: Any, table: str, where: Bools, lat: Floats, lon: Floats
) -> None:
    at = np.flatnonzero(where)
    values = [f"{lat[k]:g}, {lon[k]:g}" for k in at[:2000]] + [""] * max(0, len(at) - 2000)
    findings.add_all(code, severity, table, at, "lat", values)


def _check_apart_in_space(records: Records, findings: Findings) -> None:
    """Homes here and customers there, which fall together when one table's lat and lon are swapped."""
    points = {}
    for table in ("reps", "customers"):
        frame = records.tables()[table]
        lat, lon = frame["lat"].median(), frame["lon"].median()
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            return
        points[table] = (float(lat), float(lon))
    apart = _km(points["reps"], points["customers"])
    for table, other in (("customers", "reps"), ("reps", "customers")):
        lat, lon = points[table]
        if abs(lon) <= 90 and apart > _FAR_KM and _km((lon, lat), points[other]) < apart / 4:
            findings.add("swapped_probably", "warning", table, None, "lat", other=other, km=round(apart))
            return


def _km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = np.radians(a), np.radians(b)
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(min(1.0, h))))
