"""The same records are the same case, whatever files they come in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.findings import InputError
from optimizer.reading import check_case, read_case
from optimizer.scenario import Scenario

REPS = pd.DataFrame({"rep_id": ["R1", "R2"], "name": ["安", "Bob"], "skills": ["cardio:3;mandarin", None]})
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["007", "8", "9"],
        "name": ["甲, 公司", 'the "best"', "x"],
        "tier": ["A", "B", None],
        "hours": [1.5, np.nan, 3.0],
        "owner": ["R1", "R2", None],
        "size": [1, 2, 3],
        "postcode": ["01234", "20000", "30000"],
    }
)
TASKS = pd.DataFrame({"task_id": ["T1"], "hours": [2.0], "due": pd.to_datetime(["2026-01-05"])})
FRAMES = {"reps": REPS, "customers": CUSTOMERS, "tasks": TASKS}


def write_csv(folder: Path, encoding: str = "utf-8", separator: str = ",") -> Path:
    folder.mkdir(exist_ok=True)
    for name, frame in FRAMES.items():
        frame.to_csv(folder / f"{name}.csv", index=False, encoding=encoding, sep=separator)
    return folder


def write_workbook(path: Path) -> Path:
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for name, frame in FRAMES.items():
            frame.to_excel(book, sheet_name=name, index=False)
    return path


def test_csv_parquet_excel_and_frames_of_equal_content_have_equal_hashes(tmp_path: Path) -> None:
    parquet = tmp_path / "parquet"
    parquet.mkdir()
    for name, frame in FRAMES.items():
        frame.to_parquet(parquet / f"{name}.parquet")
    sources: list[Any] = [
        write_csv(tmp_path / "csv"),
        parquet,
        write_workbook(tmp_path / "case.xlsx"),
        FRAMES,
    ]
    cases = [read_case(source) for source in sources]
    assert len({case.input_hash for case in cases}) == 1
    for case in cases:
        assert case.records.customers["customer_id"].tolist() == ["007", "8", "9"]
        assert case.records.customers["size"].tolist() == [1.0, 2.0, 3.0]
        assert case.records.customers["postcode"].tolist() == ["01234", "20000", "30000"]
        assert case.records.tasks["due"][0] == pd.Timestamp("2026-01-05")


def test_another_value_row_order_or_scenario_is_another_hash() -> None:
    first = read_case(FRAMES).input_hash
    changed = CUSTOMERS.assign(hours=[1.5, np.nan, 3.0001])
    assert read_case(FRAMES | {"customers": changed}).input_hash != first
    assert read_case(FRAMES | {"customers": CUSTOMERS[::-1]}).input_hash != first
    assert read_case(FRAMES, scenario={"travel": {"speed_kmh": 60}}).input_hash != first
    shifted = CUSTOMERS.assign(name=["甲, 公司", 'the "best"', None], tier=["A", "B", "x"])
    assert (
        read_case(FRAMES | {"customers": shifted}, scenario=_with_tier_x()).input_hash
        != read_case(FRAMES, scenario=_with_tier_x()).input_hash
    )


def _with_tier_x() -> dict[str, Any]:
    return {"tiers": {name: {"visits": 1, "hours_per_visit": 1} for name in ("A", "B", "x")}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_make_no_difference(encoding: str, separator: str, tmp_path: Path) -> None:
    case = read_case(write_csv(tmp_path / "case", encoding, separator))
    assert case.input_hash == read_case(FRAMES).input_hash
    assert case.records.customers["name"].tolist() == ["甲, 公司", 'the "best"', "x"]


def test_chinese_tables_columns_and_lists_are_understood(tmp_path: Path) -> None:
    (tmp_path / "客户.csv").write_text(
        "客户编号,客户名称,负责人,等级,经度,纬度,潜力\n1,甲,R1,A,121.5,31.2,1.2万\n"
    )
    (tmp_path / "销售代表.csv").write_text("销售代表编号,姓名,技能\nR1,安,英语：2；日语\n")
    (tmp_path / "锁定.csv").write_text("客户编号,销售代表,类型\n1,R1,保留\n")
    records = read_case(tmp_path).records
    customer = records.customers.iloc[0]
    assert (customer["owner"], customer["lat"], customer["lon"], customer["potential"]) == (
        "R1",
        31.2,
        121.5,
        12000,
    )
    assert records.reps["skills"][0] == "英语:2;日语"
    assert records.locks["kind"][0] == "keep"


def test_a_measure_of_the_scenario_keeps_its_name_though_it_is_an_alias() -> None:
    customers = CUSTOMERS.assign(**{"annual revenue": [1.0, 2.0, 3.0]})
    assert read_case(FRAMES | {"customers": customers}).records.customers["revenue"].tolist() == [1, 2, 3]
    scenario = {"corridors": [{"measure": "annual revenue"}]}
    kept = read_case(FRAMES | {"customers": customers}, scenario=scenario).records.customers
    assert kept["annual revenue"].tolist() == [1, 2, 3] and kept["revenue"].isna().all()


def test_bad_cells_of_a_measure_are_found_one_by_one() -> None:
    customers = CUSTOMERS.assign(size=["1", "big", "-3"])
    findings = check_case(FRAMES | {"customers": customers}, scenario={"corridors": [{"measure": "size"}]})
    found = sorted((f.code, f.row, f.value) for f in findings if f.column == "size" and f.row)
    assert found == [("bad_number", 3, "big"), ("out_of_range", 4, "-3")]


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    (tmp_path / "reps.csv").write_text("rep_id\nR1\n")
    text = '# who we serve\ncustomer_id,name,hours\n1,"two\nlines",1\n\n,,\n2,x,bad\n'
    (tmp_path / "customers.csv").write_text(text)
    assert [(f.row, f.value) for f in check_case(tmp_path) if f.code == "bad_number"] == [(6, "bad")]


def test_settings_lie_beside_a_workbook(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "north.xlsx")
    (tmp_path / "scenario.toml").write_text('name = "all"')
    assert read_case(path).scenario.name == "all"
    (tmp_path / "north.scenario.toml").write_text('name = "north only"')
    assert read_case(path).name == "north only"
    assert read_case(path, scenario=Scenario.model_validate({"name": "mine"})).name == "mine"


def test_without_pyarrow_a_parquet_file_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_csv(tmp_path / "case")
    (folder / "apart.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (finding,) = [f for f in check_case(folder) if f.severity == "error"]
    assert finding.code == "no_parquet" and "[parquet]" in finding.fix()


def test_a_hundred_thousand_customers_are_read_and_checked_whole(tmp_path: Path) -> None:
    n, rng = 100_000, np.random.default_rng(0)
    pd.DataFrame(
        {
            "customer_id": np.char.add("C", np.arange(n).astype(str)),
            "name": "客户",
            "tier": rng.choice(["A", "B", "C"], n),
            "lat": rng.uniform(28, 33, n).round(5),
            "lon": rng.uniform(118, 122, n).round(5),
            "potential": rng.integers(0, 10**6, n),
            "owner": rng.choice(["R1", "R2"], n),
            "requires": rng.choice(["", "cardio:2", "mandarin;cardio"], n),
            "employees": rng.integers(1, 500, n),
        }
    ).to_csv(tmp_path / "customers.csv", index=False)
    REPS.to_csv(tmp_path / "reps.csv", index=False)
    case = read_case(tmp_path)
    assert len(case.records.customers) == n


def test_a_sheet_or_frame_with_almost_the_name_of_a_table_is_told() -> None:
    findings = check_case(
        {**FRAMES, "absense": pd.DataFrame({"rep_id": ["R1"]}), "notes": pd.DataFrame({"a": [1]})}
    )
    findings = [f for f in findings if f.code == "unused_file"]
    assert [f.value for f in findings] == ["absense"]
    assert "'absences'" in findings[0].fix()


def test_a_file_in_place_of_a_case_is_told(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\n1\n")
    with pytest.raises(InputError, match="neither a folder nor"):
        read_case(tmp_path / "customers.csv")
    with pytest.raises(InputError, match="no file or folder"):
        read_case(tmp_path / "nothing")
