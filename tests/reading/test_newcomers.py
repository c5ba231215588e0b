"""A customer who is read beside a case is what it would be in the case's own table, or is refused as there."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from optimizer.findings import InputError
from optimizer.reading import read_case, read_newcomer

REPS = pd.DataFrame({"rep_id": ["r1", "r2"], "tiers": ["A;B", ""]})
OTHERS = [
    {"customer_id": "c1", "tier": "A", "hours": 4.0, "stores": 3, "code": "007", "wishes": "shelf"},
    {"customer_id": "c2", "tier": "B", "hours": 5.0, "stores": 1, "code": "012", "wishes": ""},
]
SCENARIO = {
    "tiers": {"A": {"visits": 6, "hours_per_visit": 1.0}, "B": {"visits": 2, "hours_per_visit": 1.0}},
    "corridors": [{"measure": "stores", "tolerance": 0.5, "price": 1.0}],
}


def read(rows: list[dict[str, Any]]) -> Any:
    return read_case({"reps": REPS, "customers": pd.DataFrame(rows)}, scenario=SCENARIO)


CASE = read(OTHERS)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"hours": 2.5, "stores": 7, "owner": "r2", "relationship": 0.25},
        {"hours": "1,234", "requires": "shelf; cardio:2", "code": "7", "stores": "2"},
        {"latitude": 31.2, "经度": "121.5", "revenue": "3万"},
        {"lat": 31.2},  # half a point is none
        {"lat": 0.0, "lon": 0.0},
    ],
)
def test_a_newcomer_is_the_row_that_the_whole_table_would_have(more: dict[str, Any]) -> None:
    values = {"customer_id": "new", "tier": "B", **more}
    row = read_newcomer(CASE, values)
    whole = read([*OTHERS, values]).records.customers
    pd.testing.assert_frame_equal(row.reset_index(drop=True), whole.tail(1).reset_index(drop=True))


@pytest.mark.parametrize(
    ("more", "code", "column"),
    [
        ({"customer_id": "c1"}, "customer_known", "customer_id"),
        ({"customer_id": " "}, "missing_key", "customer_id"),
        ({"tier": "Z"}, "unknown_tier", "tier"),
        ({"owner": "r9"}, "unknown_reference", "owner"),
        ({"hours": -1.0}, "out_of_range", "hours"),
        ({"hours": "much"}, "bad_number", "hours"),
        ({"stores": "many"}, "bad_number", "stores"),
        ({"stores": -3}, "out_of_range", "stores"),
        ({"lat": 131.2, "lon": 21.5}, "swapped_point", "lat"),
        ({"requires": "cardio:x"}, "bad_skill", "requires"),
    ],
)
def test_what_no_table_could_have_is_refused_with_its_place(
    more: dict[str, Any], code: str, column: str
) -> None:
    with pytest.raises(InputError) as told:
        read_newcomer(CASE, {"customer_id": "new", "tier": "A", **more})
    errors = [found for found in told.value.findings if found.severity == "error"]
    assert [(found.code, found.column, found.row) for found in errors] == [(code, column, None)]
    assert errors[0].problem() and errors[0].fix()


def test_a_column_of_numbers_stays_one_and_a_column_that_is_not_known_is_passed_over() -> None:
    case = read([{**OTHERS[0], "shelves": 4}, {**OTHERS[1], "shelves": 2}])
    row = read_newcomer(case, {"customer_id": "new", "shelves": -2, "odd": {"a": [1]}, "self": 3})
    assert row["shelves"].item() == -2.0 and "odd" not in row.columns
    assert read_newcomer(case, {"customer_id": "new", "shelves": " "})["shelves"].isna().item()
    with pytest.raises(InputError, match="shelves"):
        read_newcomer(case, {"customer_id": "new", "shelves": "full"})
