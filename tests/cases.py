"""Small cases for tests: made by hand from lists of rows, or at random and tight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.records import TABLES, Records, Row
from optimizer.scenario import Scenario

Rows = Sequence[dict[str, Any]]
PREFIX = {"reps": ("rep_id", "r"), "customers": ("customer_id", "c"), "tasks": ("task_id", "t")}


def column_kind(model: type[Row], column: str) -> str:
    """text, number, date or truth: what a column of the contract holds."""

    def leaves(annotation: Any) -> set[Any]:
        inner = get_args(annotation)
        return {annotation} if not inner else set().union(*(leaves(a) for a in inner))

    found = leaves(model.model_fields[column].annotation)
    if bool in found:
        return "truth"
    if dt.date in found:
        return "date"
    return "number" if found & {int, float} else "text"


def make_frame(table: str, rows: Rows) -> pd.DataFrame:
    """Rows as the frame that ``Records`` promises; reps, customers and tasks get ids where they have none."""
    model = TABLES[table]
    filled = [dict(row) for row in rows]
    if table in PREFIX:
        key, letter = PREFIX[table]
        for number, row in enumerate(filled):
            row.setdefault(key, f"{letter}{number}")
    names = list(model.model_fields)
    names += sorted({name for row in filled for name in row} - set(names))
    frame = pd.DataFrame(index=range(len(filled)))
    for name in names:
        values = [row.get(name) for row in filled]
        kind = column_kind(model, name) if name in model.model_fields else None
        if kind is None:
            kind = "number" if all(isinstance(v, int | float | None) for v in values) else "text"
        if kind == "number":
            frame[name] = pd.Series([np.nan if v is None else float(v) for v in values], dtype="float64")
        elif kind == "date":
            frame[name] = pd.Series(pd.to_datetime(pd.Series(values, dtype="object"))).astype(
                "datetime64[us]"
            )
        else:
            frame[name] = pd.Series(values, dtype="object" if kind == "truth" else "str")
    return frame


def make_case(
    reps: Rows,
    customers: Rows,
    *,
    tasks: Rows = (),
    absences: Rows = (),
    locks: Rows = (),
    pairs: Rows = (),
    apart: Rows = (),
    scenario: dict[str, Any] | None = None,
    name: str = "test",
) -> Case:
    """A case from rows that name only the columns that matter; ids are r0.., c0.., t0.. unless given."""
    given = {
        "reps": reps,
        "customers": customers,
        "tasks": tasks,
        "absences": absences,
        "locks": locks,
        "pairs": pairs,
        "apart": apart,
    }
    records = Records(**{table: make_frame(table, rows) for table, rows in given.items()})
    return Case(name, records, Scenario.model_validate(scenario or {}))


def random_case(seed: int, customers: int = 8, reps: int = 3) -> Case:
    """A small case that is tight in every direction: each feature with even odds, hard or priced by chance.

    About half of them have no plan that keeps every hard constraint. Amounts are small multiples of 0.25, so
    that limits are often met exactly. Records hold no contradiction that reading would refuse.
    """
    rng = np.random.default_rng(seed)

    def chance(share: float = 0.5) -> bool:
        return bool(rng.random() < share)

    def pick(options: Sequence[Any]) -> Any:
        return options[int(rng.integers(len(options)))]

    def quarters(low: float, high: float) -> float:
        return float(rng.integers(round(low * 4), round(high * 4) + 1)) / 4

    def price(high: float = 4.0) -> float | None:
        return None if chance(hardness) else quarters(0, high)

    def skills(share: float, levels: int = 3) -> str | None:
        named = [
            f"{s}:{rng.integers(1, levels + 1)}" for s in ("cardio", "export", "mandarin") if chance(share)
        ]
        return ";".join(named) or None

    def point() -> dict[str, float]:
        return {"lat": round(float(rng.uniform(30, 32)), 4), "lon": round(float(rng.uniform(119, 122)), 4)}

    hardness = pick([0.1, 0.3, 0.6, 0.9])
    geography, dated, grouped = chance(0.8), chance(0.3), chance()
    shop: list[dict[str, Any]] = []
    for _ in range(customers):
        row: dict[str, Any] = {
            "hours": quarters(1, 10) if chance(0.85) else None,
            "tier": pick(["A", "B", "C", None]),
            "potential": quarters(0, 50),
            "revenue": pick([None, quarters(0, 20)]),
            "owner": f"r{rng.integers(reps)}" if chance(0.8) else None,
            "relationship": pick([None, 0.0, 0.25, 0.9, 1.0]),
            "requires": skills(0.1),
            "prefers": skills(0.2),
            "group": pick(["g0", "g1", None, None, None]) if grouped else None,
            "beds": quarters(0, 9),
        }
        shop.append(row | (point() if geography and chance(0.9) else {}))

    demand = sum(row["hours"] or 3.0 for row in shop)
    shares = rng.dirichlet(np.full(reps, 8.0))
    slack = float(rng.uniform(0.85, 1.35))
    sellers: list[dict[str, Any]] = []
    for number in range(reps):
        held = ";".join(f"{s}:{rng.integers(1, 4)}" for s in ("cardio", "export", "mandarin") if chance(0.75))
        if dated and held and chance(0.3):
            held += "@2026-07-05"
        row = {
            "role": pick(["hunter", "farmer", None]),
            "skills": held or None,
            "tiers": pick([None, None, None, "A;B", "B;C", "C"]),
            "hours_per_week": max(1.0, round(4 * slack * demand * float(shares[number])) / 4),
            "max_customers": int(rng.integers(1, customers + 1)) if chance(0.15) else None,
            "quota": quarters(1, 8),
            "starts": pick([None, None, "2026-07-01", "2026-06-22"]) if dated else None,
            "ramp_weeks": pick([None, 2.0]) if dated else None,
        }
        sellers.append(row | (point() if geography and chance(0.8) else {}))

    locks: list[dict[str, Any]] = []
    for number in rng.permutation(customers)[: int(rng.integers(0, 4))] if chance() else []:
        owner, other = shop[number]["owner"], f"r{rng.integers(reps)}"
        kind = pick(["keep", "force", "forbid"] if owner else ["force", "forbid"])
        until = pick([None, "2026-12-31", "2026-06-30"]) if dated else None
        locks.append(
            {
                "customer_id": f"c{number}",
                "rep_id": owner if kind == "keep" else other,
                "kind": kind,
                "until": until,
            }
        )

    pairs: list[dict[str, Any]] = []
    if chance(0.6):
        for key in rng.permutation(customers * reps)[: int(rng.integers(1, 7))]:
            given = {
                "hours": quarters(0, 12) if chance(0.3) else None,
                "travel_hours": quarters(0, 4) if chance(0.3) else None,
                "cost": quarters(-4, 4) if chance() else None,
                "allowed": pick([None, True, False]),
            }
            pairs.append({"customer_id": f"c{key // reps}", "rep_id": f"r{key % reps}"} | given)

    apart: list[dict[str, Any]] = []
    for _ in range(int(rng.integers(1, 4)) if chance() else 0):
        a, b = (int(k) for k in rng.permutation(customers)[:2])
        if shop[a]["group"] is None or shop[a]["group"] != shop[b]["group"]:
            apart.append({"customer_a": f"c{a}", "customer_b": f"c{b}"})

    corridors = [
        {
            "measure": name,
            "tolerance": pick([0.05, 0.15, 0.3, 0.6]),
            "target": pick(["capacity", "equal", "quota"]),
            "price": None if chance(hardness * 0.6) else quarters(0, 3),
        }
        for name in rng.permutation(["hours", "customers", "potential", "revenue", "beds"])[
            : pick([0, 1, 2, 2])
        ]
    ]

    def budget() -> dict[str, Any]:
        size = {"share": pick([0.0, 0.2, 0.34, 0.5])} if chance() else {"amount": pick([0.0, 1.0, 2.0, 4.5])}
        row = {
            "measure": pick(["customers", "hours", "revenue", "beds"]),
            "scope": pick(["all", "rep", "tier"]),
        }
        return (
            row
            | size
            | {"price": price(), "direction": pick(["out", "in"])}
            | ({"tier": pick("ABC")} if row["scope"] == "tier" else {})
        )

    def span() -> dict[str, int]:
        low = int(rng.integers(0, 2))
        return {"min": low, "max": low + int(rng.integers(0, 3))}

    average = customers / reps
    counts: dict[str, Any] = {"price": price()}
    if chance():
        counts |= {"min": max(0, int(average) - 1), "max": int(np.ceil(average)) + int(rng.integers(0, 2))}
    if chance(0.3):
        counts["tiers"] = {pick("ABC"): span()}

    roles = [("hunter",), (), (), ()]
    scenario: dict[str, Any] = {
        "horizon": {"weeks": 1, "field_share": 1.0, "start": "2026-07-06" if dated else None},
        "tiers": {
            name: {
                "visits": visits,
                "hours_per_visit": 1.5,
                "handover_hours": quarters(0, 6),
                "unserved_price": pick([0.0, 0.5, 2.0, 8.0]),
                "roles": pick(roles),
            }
            for name, visits in (("A", 26), ("B", 13), ("C", 13))
        },
        "default_tier": pick([None, "A", "B"]),
        "corridors": corridors,
        "coverage": {"hard": chance(hardness)},
        "capacity": {"limit": pick([1.0, 1.0, 0.9]), "price": price(), "count_travel": chance()},
        "counts": counts,
        "distance": {"limit_km": float(rng.uniform(60, 250)) if chance() else None, "price": price()},
        "skills": {"misfit": pick([0.0, 0.1, 0.25]), "price": price()},
        "tier_rights": {"price": price()},
        "apart": {"price": price()},
        "disruption": {
            "weight": pick([0.0, 1.0, 1.5]),
            "relationship_weight": pick([0.0, 0.5, 1.0]),
            "budgets": [budget() for _ in range(pick([0, 0, 1, 2]))],
        },
        "travel": {"stops_per_day": pick([1.0, 4.0]), "price": pick([0.0, 0.5, 1.0])},
        "solve": {"seed": seed},
    }
    return make_case(
        sellers, shop, locks=locks, pairs=pairs, apart=apart, scenario=scenario, name=f"random {seed}"
    )
