"""The tables say what the plan is, to the last thousandth of an hour."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.messages import load_catalogue, look_up, say
from optimizer.plan import Plan
from optimizer.reports.content.report import build_report
from optimizer.reports.content.tables import list_findings, measure_decimals
from optimizer.reports.files.csv_files import write_csv
from optimizer.standing import stand
from tests.cases import random_case
from tests.reports.answers import EVIL, small_case, small_report, small_result, small_weeks, warning


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_assignments_have_exactly_the_promised_columns_in_the_order_of_the_customers(tmp_path: Path) -> None:
    write_csv(small_report().assignments, tmp_path)
    text = (tmp_path / "assignments.csv").read_text(encoding="utf-8")
    promised = "customer_id,rep_id,previous_rep_id,hours,travel_hours,tier,reason_code,reason,moved_on"
    assert text.splitlines()[0] == promised
    rows = read(tmp_path, "assignments")
    assert [row["customer_id"] for row in rows] == [f"c{i}" for i in range(7)]
    assert [row["rep_id"] for row in rows] == ["r0", "r0", "r1", "r1", "r2", "", "r2"]
    assert [row["previous_rep_id"] for row in rows] == ["r0", "r1", "", "r1", "r2", "r0", ""]
    assert rows[0]["hours"] == "12.125"
    assert (rows[5]["hours"], rows[5]["travel_hours"]) == ("8.000", "0.000")
    assert rows[6]["travel_hours"] == "0.000", "no point, no travel"
    assert float(rows[1]["travel_hours"]) > 0


def test_every_assignment_has_its_reason_in_a_phrase_of_the_language(tmp_path: Path) -> None:
    for lang in ("en", "zh"):
        write_csv(small_report(lang=lang).assignments, tmp_path)
        rows = read(tmp_path, "assignments")
        assert [row["reason"] for row in rows] == [say(f"why.{row['reason_code']}", lang) for row in rows]
        assert len({row["reason"] for row in rows}) > 2


def test_hours_of_a_named_pair_are_those_of_the_pair(tmp_path: Path) -> None:
    case = small_case(pairs=[{"customer_id": "c1", "rep_id": "r0", "hours": 3.0, "travel_hours": 0.5}])
    report = small_report(case)
    row = report.assignments.frame.iloc[1]
    assert (row["hours"], row["travel_hours"]) == (3.0, 0.5)
    territory = report.territories.frame.iloc[0]
    assert territory["hours"] == 15.125
    assert territory["service_hours"] == 16.625
    assert territory["hours_deviation"] == pytest.approx(16.625 / territory["hours_target"] - 1)


def test_own_hours_stand_apart_only_where_they_may_differ() -> None:
    assert "service_hours" not in small_report().territories.columns
    travelling = small_report(small_case({"capacity": {"count_travel": True}}))
    frame = travelling.territories.frame
    assert frame["service_hours"][0] == 16.625
    assert frame["hours"][0] == pytest.approx(16.625 + frame["travel_hours"][0], abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_territories_are_the_exact_sums_of_assignments(seed: int, tmp_path: Path) -> None:
    case = random_case(seed, customers=30, reps=4)
    problem = build_problem(case)
    plan = Plan(np.random.default_rng(seed).integers(-1, 4, 30))
    result = small_result(problem, tuple(plan.owner.tolist()))
    report = build_report(case, problem, plan, result.score, result)
    write_csv(report.assignments, tmp_path)
    write_csv(report.territories, tmp_path)
    given = pd.read_csv(tmp_path / "assignments.csv", dtype={"rep_id": str}, keep_default_na=False)
    held = given.groupby("rep_id")[["hours", "travel_hours"]].sum().round(3)
    for row in read(tmp_path, "territories"):
        mine = given[given["rep_id"] == row["rep_id"]]
        assert int(row["customers"]) == len(mine)
        assert int(row["previous_customers"]) == (given["previous_rep_id"] == row["rep_id"]).sum()
        assert int(row["moved_in"]) == (mine["previous_rep_id"] != row["rep_id"]).sum()
        for column in ("hours", "travel_hours"):
            assert float(row[column]) == (held.loc[row["rep_id"], column] if len(mine) else 0.0)
        if float(row["capacity_hours"]):
            share = float(row["hours"]) / float(row["capacity_hours"])
            assert float(row["utilization"]) == pytest.approx(share, abs=6e-5)


def test_every_corridor_has_its_target_limits_and_deviation() -> None:
    frame = small_report().territories.frame
    for measure in ("hours", "customers"):
        off = frame[measure] / frame[f"{measure}_target"] - 1
        assert frame[f"{measure}_deviation"].to_numpy() == pytest.approx(off.to_numpy())
        # Limits are whole units of the measure inside the corridor: 3 customers where it begins at 2.1.
        step = 1.0 if measure == "customers" else 0.001
        for side, edge in (("low", 0.9), ("high", 1.1)):
            beyond = (frame[f"{measure}_{side}"] - frame[f"{measure}_target"] * edge) * (1 - edge) * 10
            assert (beyond >= -1e-9).all()
            assert (beyond < step).all()


def test_a_rep_with_target_zero_has_no_deviation(tmp_path: Path) -> None:
    reps = [{"hours_per_week": 0.0}, {}, {}]
    write_csv(small_report(small_case(reps=reps)).territories, tmp_path)
    first = read(tmp_path, "territories")[0]
    assert first["hours_deviation"] == first["utilization"] == ""
    assert first["hours_target"] == "0.000"


def test_two_corridors_of_one_measure_keep_their_columns_apart() -> None:
    corridors = [
        {"measure": "potential", "tolerance": 0.1},
        {"measure": "potential", "tolerance": 0.5, "price": 1},
    ]
    columns = list(small_report(small_case({"corridors": corridors})).territories.columns)
    assert "potential_high" in columns
    assert "potential_2_high" in columns
    assert len(columns) == len(set(columns))


def test_moves_are_those_that_leave_an_owner_and_carry_the_handover_of_the_objective(tmp_path: Path) -> None:
    report = small_report()
    write_csv(report.moves, tmp_path)
    rows = read(tmp_path, "moves")
    assert [(r["customer_id"], r["from_rep_id"], r["to_rep_id"]) for r in rows] == [
        ("c1", "r1", "r0"),
        ("c5", "r0", ""),
    ]
    assert sum(float(r["handover_hours"]) for r in rows) == report.score.terms["handover"] / 1000 > 0
    assert float(rows[0]["travel_hours_before"]) > float(rows[0]["travel_hours_after"]) > 0
    assert float(rows[1]["travel_hours_after"]) == 0


def test_unserved_customers_carry_the_price_of_the_objective() -> None:
    report = small_report()
    assert report.unserved.frame["customer_id"].tolist() == ["c5"]
    assert report.unserved.frame["price_hours"].sum() == report.score.terms["unserved"] / 1000 > 0


def test_open_tasks_have_a_doer_and_no_week_where_no_schedule_was_made(tmp_path: Path) -> None:
    write_csv(small_report().tasks, tmp_path)
    assert (tmp_path / "tasks.csv").read_text(encoding="utf-8").splitlines() == [
        "task_id,customer_id,rep_id,owner_id,week,hours,kind,due,late_weeks",
        "t0,c0,r0,r0,,2.000,,2026-07-06,",
        "t1,c1,r2,r0,,1.500,,,",
        "t2,c5,,,,1.000,,2026-07-05,",
        "t3,,,,,0.250,,,",
    ]


def test_texts_that_look_like_formulas_are_guarded_and_ids_are_not(tmp_path: Path) -> None:
    customers = [
        {"customer_id": "=c", "name": EVIL, "owner": "-r", "hours": 1.0},
        {"name": "plain", "hours": 1.0},
    ]
    case = small_case(
        reps=[{"rep_id": "-r", "name": "@home"}, {"rep_id": "b"}], customers=customers, tasks=[]
    )
    report = small_report(case, (1, -1))
    for table in (report.assignments, report.territories, report.moves, report.unserved):
        write_csv(table, tmp_path)
    first = read(tmp_path, "assignments")[0]
    assert (first["customer_id"], first["rep_id"], first["previous_rep_id"]) == ("=c", "b", "-r")
    assert read(tmp_path, "territories")[0]["name"] == "'@home"
    assert read(tmp_path, "moves")[0]["name"] == "'" + EVIL
    assert read(tmp_path, "moves")[0]["from_rep_id"] == "-r"


def test_findings_tell_place_problem_and_fix(tmp_path: Path) -> None:
    write_csv(list_findings([warning()], "en"), tmp_path)
    (row,) = read(tmp_path, "findings")
    assert (row["severity"], row["table"], row["row"], row["column"]) == (
        "warning",
        "customers",
        "3",
        "hours",
    )
    assert row["value"] == "'=1+1"
    assert row["problem"] and row["expected"] and row["fix"]


def test_empty_tables_are_a_header_alone(tmp_path: Path) -> None:
    write_csv(list_findings([], "en"), tmp_path)
    header = "severity,code,table,row,column,value,problem,expected,fix"
    assert (tmp_path / "findings.csv").read_text() == header + "\n"


@pytest.mark.parametrize(("scale", "decimals"), [(1.0, 0), (10.0, 1), (1000.0, 3), (0.01, 0), (3.0, 1)])
def test_a_measure_is_shown_with_the_decimals_it_has(scale: float, decimals: int) -> None:
    assert measure_decimals(scale) == decimals


def test_unserved_customers_stand_with_nobody() -> None:
    problem = build_problem(small_case())
    standing = stand(problem, np.full(7, -1))
    assert standing.customers.sum() == standing.rep_load.sum() == standing.sizes.sum() == 0
    assert standing.load.tolist() == problem.hours.tolist()


def test_a_workbook_calls_every_code_of_a_reason_by_its_name() -> None:
    for lang in ("en", "zh"):
        report, weeks = small_report(lang=lang), small_weeks()
        assert weeks.timetable is not None
        for table in (report.assignments, report.unserved, weeks.timetable.slipping):
            codes = set(table.frame["reason_code"])
            assert codes and not codes & set(table.read_texts("reason_code", "zh"))
        for area in ("why", "unserved", "slip"):
            known = {code.split(".")[1] for code in load_catalogue(lang) if code.startswith(f"{area}.")}
            names = ("why_name", "move_name") if area == "why" else (f"{area}_name",)
            unnamed = {code for code in known if all(look_up(name, code, lang) == code for name in names)}
            assert unnamed <= {"price_unknown", "group"} | (
                {"stays", "balance", "travel"} if lang == "en" else set()
            )
