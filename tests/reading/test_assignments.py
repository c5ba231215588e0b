"""A plan made by hand is read as far as it can be, and what is odd in it is told."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.reading import read_assignments, read_case, write_findings


@pytest.fixture
def case() -> Case:
    customers = pd.DataFrame({"customer_id": ["C1", "C2", "C3", "C4"]})
    return read_case({"customers": customers, "reps": pd.DataFrame({"rep_id": ["R1", "R2"]})})


def test_a_whole_plan_becomes_indices(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("负责人,客户编号\nR2,C1\n,C2\n-1,C3\nR1,C4\n")
    owner, findings = read_assignments(path, case)
    assert owner.tolist() == [1, -1, -1, 0] and owner.dtype == "int64"
    assert findings == []


def test_what_is_odd_is_told_and_never_refused(case: Case) -> None:
    plan = pd.DataFrame({"customer_id": ["C1", "C9", "C1", "C2"], "rep_id": ["R1", "R1", "R2", "r2"]})
    owner, findings = read_assignments(plan, case)
    assert owner.tolist() == [0, -1, -1, -1]
    assert all(f.severity == "warning" for f in findings)
    assert sorted((f.code, f.row, f.value) for f in findings if f.row) == [
        ("duplicate_key", 4, "C1"),
        ("unknown_reference", 3, "C9"),
        ("unknown_reference", 5, "r2"),
    ]
    assert sorted(f.value for f in findings if f.code == "customer_left_out") == ["C3", "C4"]
    assert any("'R2'" in f.fix() for f in findings)


def test_a_plan_without_rows_is_refused_in_one_sentence(case: Case) -> None:
    with pytest.raises(InputError) as refused:
        read_assignments(pd.DataFrame({"customer_id": [], "rep_id": []}, dtype=str), case)
    (finding,) = refused.value.findings
    assert (finding.code, finding.severity) == ("empty_table", "error")
    assert finding.problem() == "the table assignments has no rows"


def test_the_plan_of_another_case_is_refused_in_one_sentence(case: Case) -> None:
    plan = pd.DataFrame({"customer_id": [None, "K7", "K8"], "rep_id": ["R1", "R1", "R2"]})
    with pytest.raises(InputError) as refused:
        read_assignments(plan, case)
    (told,) = [f for f in refused.value.findings if f.severity == "error"]
    assert (told.code, told.value) == ("other_case", "K7") and "it has 2 others" in told.problem()
    assert len(refused.value.findings) == 2  # and the row without a customer


@pytest.mark.parametrize("content", [b"", b"customer_id\nC1\n", b"\x00\x01", b"a,b\n1,2\n"])
def test_a_file_that_is_no_plan_is_refused(content: bytes, case: Case, tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_assignments(path, case)


def test_findings_open_in_a_spreadsheet_without_running_formulas(tmp_path: Path) -> None:
    path = tmp_path / "findings.csv"
    write_findings([Finding("bad_number", "error", "customers", 2, "hours", "=cmd|' /C calc'!A0")], path)
    (row,) = list(csv.DictReader(path.open(encoding="utf-8-sig")))
    assert row["value"] == "'=cmd|' /C calc'!A0"
    assert (row["severity"], row["code"], row["row"]) == ("error", "bad_number", "2")
    assert row["fix"].startswith("Write")
