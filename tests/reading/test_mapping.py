"""A company's own tables become the contract's tables through data, without code."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from optimizer.case import Case
from optimizer.findings import InputError
from optimizer.reading import check_case, read_case

SHOPS = pd.DataFrame(
    {
        "shop": ["S1", "S2", "S3", "S4"],
        "seller": ["7", "8", "7", None],
        "class": ["gold", "silver", "gold", "tin"],
        "minutes": [90, 60, 30, 15],
        "last year": ["1,000", "2,000", "", "500"],
        "gap": [10, 20, 30, 0],
        "needs": ["bikes|repair", "", "repair", ""],
        "city": ["Bern", "Basel", "Bern", "Genf"],
    }
)
SELLERS = pd.DataFrame({"number": [7, 8, 9], "who": ["Ann", "Bob", "Cid"], "left": [None, None, "yes"]})


def read(customers: dict[str, Any], rows: dict[str, Any] | None = None, **reps: Any) -> Case:
    columns = {"customer_id": "shop", "owner": "seller", "tier": {"constant": "A"}}
    mapping = {
        "customers": {"sheet": "shops", "columns": columns | customers} | (rows or {}),
        "reps": {"sheet": "sellers", "columns": {"rep_id": "number", "name": "who"}} | reps,
    }
    return read_case({"shops": SHOPS, "sellers": SELLERS}, mapping=mapping)


def test_columns_are_renamed_and_the_others_kept() -> None:
    customers = read({}).records.customers
    assert customers["customer_id"].tolist() == ["S1", "S2", "S3", "S4"]
    assert customers["owner"].dropna().tolist() == ["7", "8", "7"]
    assert "shop" not in customers.columns and customers["city"].tolist()[0] == "Bern"


def test_units_are_converted() -> None:
    by_name = read({"hours": {"from": "minutes", "unit": "minutes"}}).records.customers["hours"]
    by_number = read({"hours": {"from": "minutes", "multiply": 1 / 60, "add": 1}}).records.customers["hours"]
    assert by_name.tolist() == pytest.approx([1.5, 1, 0.5, 0.25])
    assert by_number.tolist() == pytest.approx([2.5, 2, 1.5, 1.25])


def test_values_are_translated() -> None:
    rule = {"from": "class", "values": {"gold": "A", "silver": "B"}, "otherwise": "C"}
    assert read({"tier": rule}).records.customers["tier"].tolist() == ["A", "B", "A", "C"]


def test_lists_are_split_and_joined() -> None:
    split = read({"requires": {"from": "needs", "separator": "|"}}).records.customers["requires"]
    assert split.fillna("").tolist() == ["bikes;repair", "", "repair", ""]
    joined = read({"requires": {"join": ["class", "city"]}}).records.customers["requires"]
    assert joined[0] == "gold;Bern"


def test_arithmetic_is_typed_and_nests() -> None:
    rules = {
        "potential": {"sum": ["last year", "gap"]},
        "d": {"difference": ["last year", 1]},
        "p": {"product": ["gap", {"sum": [0.5, 0.5]}, 2]},
        "q": {"ratio": ["last year", "gap"]},
    }
    customers = read(rules).records.customers
    assert customers["potential"].tolist() == [1010, 2020, 30, 500]
    assert customers["d"].fillna(-1).tolist() == [999, 1999, -1, 499]
    assert customers["p"].tolist() == [20, 40, 60, 0]
    assert customers["q"].fillna(-1).tolist() == [100, 100, -1, -1]


def test_text_in_arithmetic_is_found_under_the_companys_own_name() -> None:
    with pytest.raises(InputError) as caught:
        read({"hours": {"sum": ["city", 1]}})
    first = caught.value.findings[0]
    assert (first.code, first.column, first.row, first.value) == ("bad_number", "city", 2, "Bern")


def test_rows_are_chosen() -> None:
    chosen = read({}, {"where": {"column": "city", "in": ["Bern", "Genf"]}}).records.customers
    assert chosen["customer_id"].tolist() == ["S1", "S3", "S4"]
    both = [{"not_empty": "seller"}, {"column": "city", "not_in": ["Basel"]}]
    assert read({}, {"where": both}).records.customers["customer_id"].tolist() == ["S1", "S3"]
    assert read({}, where={"column": "number", "not_in": [9]}).records.reps["rep_id"].tolist() == ["7", "8"]


def test_one_table_can_give_reps_and_customers() -> None:
    mapping = {
        "customers": {"sheet": "shops", "columns": {"customer_id": "shop", "owner": "seller"}},
        "reps": {"sheet": "shops", "unique": "seller", "columns": {"rep_id": "seller"}},
    }
    mapping["customers"]["columns"]["tier"] = {"constant": "B"}
    case = read_case({"shops": SHOPS}, mapping=mapping)
    assert case.records.reps["rep_id"].tolist() == ["7", "8"]
    assert len(case.records.customers) == 4


def test_findings_keep_the_rows_of_the_companys_file_after_choosing() -> None:
    with pytest.raises(InputError) as caught:
        read({"hours": "city"}, {"where": {"column": "shop", "in": ["S3"]}})
    assert [f.row for f in caught.value.findings if f.code == "bad_number"] == [4]


@pytest.mark.parametrize(
    ("mapping", "place", "said"),
    [
        ({"custmers": {}}, "custmers", "'customers'"),
        ({"customers": {"colums": {}}}, "customers.colums", "'columns'"),
        ({"customers": {"columns": {"hours": {"form": "x"}}}}, "customers.columns.hours.form", "'from'"),
        (
            {"customers": {"columns": {"hours": {"from": "x", "unit": "minuts"}}}},
            "customers.columns.hours",
            "'minutes'",
        ),
        ({"customers": {"columns": {"hours": {}}}}, "customers.columns.hours", "one of constant"),
        ({"customers": {"where": {"in": ["x"]}}}, "customers.where[0]", "column goes with"),
        (
            {"customers": {"columns": {"hours": {"sum": [True]}}}},
            "customers.columns.hours.sum[0]",
            "a table of keys",
        ),
    ],
)
def test_a_mistake_in_the_mapping_is_found_with_the_nearest_right_key(
    mapping: dict[str, Any], place: str, said: str
) -> None:
    findings = [
        f for f in check_case({"customers": SHOPS, "reps": SELLERS}, mapping=mapping) if f.table == "mapping"
    ]
    assert [f.column for f in findings] == [place]
    assert said in findings[0].problem() + findings[0].fix()
