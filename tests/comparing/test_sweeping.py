"""Sweeps: every point once, the same whoever plans it, and nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import typer

from optimizer.cli import run
from optimizer.commands.many import planning
from optimizer.comparing.running import clusters
from optimizer.comparing.running.keeping import POINTS
from optimizer.comparing.sweep import sweeping
from optimizer.comparing.sweep.sweep_words import read_points, read_seeds, read_settings
from optimizer.comparing.sweep.sweeping import Point, Sweep, Swept, list_points, plan_point, sweep
from optimizer.findings import Finding, InputError
from optimizer.folders import OutputError
from optimizer.reading.collecting import Findings
from optimizer.reports.comparisons.sweep_files import write_sweep
from tests.comparing.many import small_case
from tests.test_docs import ROOT

VALUES = {"corridors.0.tolerance": [0.05, 0.3], "disruption.weight": [0.5, 2]}
QUICKSTART = ROOT / "scenarios" / "quickstart"


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sweep, Sweep, list[int], Path]:
    """A sweep by two processes, stopped; the same again by one; which points that planned; and where they are kept."""
    keep = tmp_path_factory.mktemp("sweep") / "points"
    done: list[Swept] = []
    first = sweep(
        small_case(),
        VALUES,
        seeds=[0, 1],
        workers=2,
        keep=keep,
        on_done=done.append,
        should_stop=lambda: len(done) >= 2,
    )
    begun: list[int] = []
    second = sweep(
        small_case(),
        VALUES,
        seeds=[0, 1],
        workers=1,
        keep=keep,
        on_progress=lambda point, glimpse: begun.append(point.number) if glimpse is None else None,
    )
    return first, second, begun, keep


def test_a_sweep_that_was_stopped_repeats_only_what_was_not_finished(halves: Any) -> None:
    first, second, begun, keep = halves
    finished = {s.point.number for s in first.points if s.finished}
    assert len(finished) >= 2 and not first.whole and second.whole
    assert {s.status for s in first.points if not s.finished} == {"stopped"}
    assert sorted(begun) == sorted({s.point.number for s in second.points} - finished)
    assert {s.point.number for s in second.points if s.reused} == finished
    assert len(list(keep.iterdir())) == len(second.points) == 8


def test_a_point_is_the_same_whoever_plans_it(halves: Any) -> None:
    first, second, _, _ = halves
    for before, after in zip(first.points, second.points, strict=True):
        if before.finished:
            assert before.kpis == after.kpis
        here = plan_point(small_case(), after.point.scenario, lambda _: None, lambda: False)
        assert (here["status"], here["kpis"]) == (after.status, dict(after.kpis))


def test_a_kept_point_belongs_to_its_case_values_seed_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(**more: Any) -> set[str]:
        return {point.key for point in list_points(small_case(), VALUES, **more)}

    plain = keys(seeds=[0])
    assert len(plain) == 4 and plain == keys()
    assert not plain & keys(seeds=[5])
    monkeypatch.setattr("optimizer.__version__", "9.9.9")
    assert not plain & keys()


def test_values_have_the_effects_that_are_told(halves: Any) -> None:
    _, second, _, _ = halves
    effects = [e for e in second.find_effects() if e.kpi == "cost" and e.place == "disruption.weight"]
    assert [e.value for e in effects] == [0.5, 2] and [e.points for e in effects] == [4, 4]
    for effect in effects:
        costs = [s.kpis["cost"] for s in second.points if s.point.values["disruption.weight"] == effect.value]
        assert effect.mean == pytest.approx(sum(costs) / 4)
        assert (effect.least, effect.most) == (min(costs), max(costs))
    assert effects[0].mean < effects[1].mean, "dearer moves cost more"
    assert {e.value for e in second.find_effects() if e.place == "seed"} == {0, 1}


def test_the_table_is_tidy_and_the_files_say_the_same(halves: Any, tmp_path: Path) -> None:
    _, second, _, _ = halves
    write_sweep(second, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "sweep.csv")
    assert table["point"].tolist() == list(range(1, 9))
    assert table["corridors.0.tolerance"].tolist() == [0.05] * 4 + [0.3] * 4
    assert table["seed"].tolist() == [0, 1] * 4
    assert table["cost"].tolist() == pytest.approx([s.kpis["cost"] for s in second.points], abs=1e-3)
    book = openpyxl.load_workbook(tmp_path / "out" / "sweep.xlsx")
    rows = list(book["sweep"].iter_rows(min_row=3, values_only=True))
    assert len(rows) == 9 and rows[1][rows[0].index("Cost (objective)")] == pytest.approx(table["cost"][0])
    assert len(list(book["sensitivity"].iter_rows(min_row=4))) == len(second.find_effects())
    picture = (tmp_path / "out" / "sweep.svg").read_text(encoding="utf-8")
    assert picture in (tmp_path / "out" / "sweep.html").read_text(encoding="utf-8")
    assert "corridors.0.tolerance" in picture and "Cost (objective)" in picture
    (tmp_path / "out" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match=r"mine\.txt"):
        write_sweep(second, tmp_path / "out")


def test_a_failed_point_is_told_in_the_table(halves: Any, tmp_path: Path) -> None:
    _, second, _, _ = halves
    failed = Swept(second.points[0].point, "failed", failure="=MemoryError: none left")
    some = Sweep(second.case, (failed, *second.points[1:]))
    assert not some.whole
    write_sweep(some, tmp_path / "out", lang="zh")
    table = pd.read_csv(tmp_path / "out" / "sweep.csv")
    assert table["status"][0] == "failed" and table["failure"][0] == "'=MemoryError: none left"
    assert pd.isna(table["cost"][0]) and not pd.isna(table["cost"][1])


# What cannot be swept -----------------------------------------------------------------------------------------


def codes(error: InputError) -> list[tuple[str, str | None]]:
    return [(f.code, f.column) for f in error.findings]


def test_everything_wrong_is_told_once_and_at_once() -> None:
    wrong = {
        "corridors.0.tolerance": [0.1, "x", -1],
        "disruption.weigt": [1, 2],
        "corridors.0.measure": ["hours", "turnover"],
        "travel.price": [],
    }
    with pytest.raises(InputError) as caught:
        list_points(small_case(), wrong, [0, 1])
    found = codes(caught.value)
    assert len(found) == 5, found
    assert sorted(code for code, _ in found) == [
        "bad_setting",
        "bad_setting",
        "not_a_measure",
        "sweep_no_value",
        "unknown_key",
    ]


@pytest.mark.parametrize(
    ("values", "seeds", "code"),
    [
        ({}, [], "sweep_nothing"),
        ({"solve.seed": [1, 2]}, [3], "sweep_two_seeds"),
        ({"travel.price": [1.0] * 101}, list(range(100)), "sweep_too_many"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_refused(values: Any, seeds: list[int], code: str) -> None:
    with pytest.raises(InputError) as caught:
        list_points(small_case(), values, seeds)
    assert code in [c for c, _ in codes(caught.value)]


def test_what_is_written_on_the_command_line_is_understood() -> None:
    findings = Findings()
    read = read_settings(
        ["a.b=1,0.5,true", 'c[0].d=x,"y,z",', "e=[1,2],2027-01-04", "nothing", "a.b=2"], findings
    )
    assert read["a.b"] == [1, 0.5, True] and read["c[0].d"] == ["x", "y,z", ""]
    assert read["e"][0] == [1, 2] and str(read["e"][1]) == "2027-01-04"
    assert read_seeds("0, 7", findings) == [0, 7]
    assert read_seeds("0,x", findings) == []
    told = [(f.code, f.value) for f in findings.listed()]
    assert told == [("sweep_unreadable", "nothing"), ("sweep_twice", None), ("sweep_seeds", "0,x")]


def test_points_may_come_as_a_table(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("travel.price,corridors.0.tolerance\n0.5,\n2,0.2\n", encoding="utf-8")
    findings = Findings()
    points = list_points(small_case(), read_points(file, findings))
    assert [dict(point.values) for point in points] == [
        {"travel.price": 0.5},
        {"travel.price": 2, "corridors.0.tolerance": 0.2},
    ]
    assert points[1].scenario.corridors[0].tolerance == 0.2 and isinstance(points[0], Point)


def test_the_command_refuses_with_all_findings_and_writes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--set",
        "corridors.0.tolerance=0.1,x",
        "--set",
        "oops",
        "--seeds",
        "1,a",
        "--out",
        str(tmp_path / "o"),
    ]
    assert run(["sweep", str(QUICKSTART), *words]) == 2
    told = capsys.readouterr().err
    assert "oops does not say" in told and "corridors[0].tolerance" in told and "1,a is no list" in told
    assert [file.name for file in (tmp_path / "o").iterdir()] == ["findings.csv"]


def test_a_cluster_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        return None

    monkeypatch.setattr(clusters, "find_spec", missing)
    words = ["--cluster", "tcp://nobody:1", "--out", str(tmp_path / "o")]
    for command in (["sweep", str(QUICKSTART), "--seeds", "0,1"], ["size", str(QUICKSTART)]):
        assert run([*command, *words]) == 2
        told = capsys.readouterr()
        assert "dask.distributed is not installed" in told.err
        assert "nobody:1" not in told.out  # nothing was begun there
    monkeypatch.setattr(clusters, "find_spec", lambda name: name)
    assert [f.code for f in clusters.check_cluster("nobody")] == ["cluster_silent"]
    assert [clusters.check_cluster(a) for a in ("tcp://a:1", "a.b:1", "tls://[::1]:8786")] == [[], [], []]
    silent = clusters._refuse("tcp://nobody:1", TimeoutError("no answer")).findings[0]
    assert silent.code == "cluster_silent" and "no answer" in silent.problem()


def test_a_cluster_finds_the_same(halves: Any, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    _, second, _, _ = halves
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local:
        killed = []

        def kill_one(swept: Swept) -> None:
            if not killed:
                killed.append(next(iter(local.workers.values())))
                killed[0].process.process.kill()

        found = sweep(
            small_case(),
            VALUES,
            seeds=[0, 1],
            cluster=local.scheduler_address,
            keep=tmp_path / "points",
            on_done=kill_one,
        )
    assert [(s.status, dict(s.kpis)) for s in found.points] == [
        (s.status, dict(s.kpis)) for s in second.points
    ]
    kept = json.loads(next((tmp_path / "points").glob("*.json")).read_text(encoding="utf-8"))
    assert kept["status"] in ("optimal", "feasible")


def test_a_point_that_ends_while_all_are_told_to_stop_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked to stop may have left something out, even where the gap was reached all the same."""
    case, told = small_case(), list[Any]()
    assert plan_point(case, case.scenario, told.append, lambda: False) is not None
    real = sweeping.solve

    def solve(*args: Any, should_stop: Any, **options: Any) -> Any:
        return real(*args, **options)  # it does not hear that it should

    monkeypatch.setattr(sweeping, "solve", solve)
    assert plan_point(case, case.scenario, told.append, lambda: True) is None


def test_what_is_found_wrong_on_the_way_leaves_no_empty_folder_behind(tmp_path: Path) -> None:
    for kept in (False, True):
        out = tmp_path / str(kept)
        (out / POINTS).mkdir(parents=True)
        if kept:
            (out / POINTS / "a.json").write_text("{}")
        with pytest.raises(typer.Exit), planning("bad_sweep", tmp_path, out):
            details = {"reason": "nobody answers"}
            raise InputError(
                [Finding("cluster_silent", "error", "cluster", None, None, "tcp://a:1", details)]
            )
        assert out.exists() == kept
