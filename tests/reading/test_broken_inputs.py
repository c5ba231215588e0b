"""Whatever is handed in, reading answers with findings or a case, never with a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.findings import InputError
from optimizer.reading import check_case, read_case, write_findings
from optimizer.reading.columns import CONTRACT
from tests.reading.breaking import break_case


def read_broken(seed: int, folder: Path) -> str:
    """Read broken case ``seed``; "case" or "findings". Any other exception is a mistake of ours."""
    folder.mkdir()
    source = break_case(seed, folder)
    try:
        case = read_case(source)
    except InputError as error:
        assert any(f.severity == "error" for f in error.findings)
        assert str(error)
        for f in error.findings:
            assert f.place and f.problem() and f.expected() and f.fix()
        write_findings(error.findings, folder / "findings.csv")
        shutil.rmtree(folder)
        return "findings"
    assert all(f.severity == "warning" for f in case.findings)
    assert len(case.input_hash) == 64
    for table, frame in case.records.tables().items():
        assert list(frame.columns[: len(CONTRACT[table])]) == list(CONTRACT[table])
        assert (frame.index == np.arange(len(frame))).all()
        for column in CONTRACT[table].values():
            if column.kind in ("number", "whole"):
                assert frame[column.name].dtype == np.float64
                assert not np.isinf(frame[column.name]).any()
            elif column.kind == "date":
                assert pd.api.types.is_datetime64_any_dtype(frame[column.name].dtype)
            elif column.kind != "flag":
                assert isinstance(frame[column.name].dtype, pd.StringDtype)
    build_problem(case)  # what reading lets through can be planned
    shutil.rmtree(folder)
    return "case"


def test_eighty_broken_cases_give_findings_or_a_case(tmp_path: Path) -> None:
    answers = [read_broken(seed, tmp_path / str(seed)) for seed in range(80)]
    assert answers.count("findings") > 27
    assert answers.count("case") > 8


@pytest.mark.slow
def test_ten_thousand_broken_cases_give_findings_or_a_case(tmp_path: Path) -> None:
    for seed in range(300, 10_300):
        read_broken(seed, tmp_path / str(seed))


@pytest.mark.parametrize(
    "source", ["", "no/such/folder", "\0", "a" * 5000, ".", "/dev/null", "x.xlsx", "x.csv"]
)
def test_a_source_that_is_no_case_is_a_finding(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    findings = check_case(source)
    assert any(f.severity == "error" for f in findings)


@pytest.mark.parametrize("frame", [None, 3, [1], pd.DataFrame(), pd.DataFrame({"hours": [[1], {}, object]})])
def test_odd_things_in_place_of_a_frame_are_findings(frame: object) -> None:
    findings = check_case({"customers": frame, "reps": pd.DataFrame({"rep_id": [1]})})  # type: ignore[dict-item]
    assert any(f.severity == "error" and f.problem() for f in findings)
