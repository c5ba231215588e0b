"""Reading the plan in force from the folder that plan wrote."""

import datetime as dt
import json

import pytest

from optimizer.building import build_problem
from optimizer.findings import InputError
from optimizer.reading import read_plan
from optimizer.reading.progress import no_events
from optimizer.rebalancing import apply_progress
from optimizer.reports import write_reports
from optimizer.scheduling import build_task_problem, solve_schedule
from optimizer.solving import solve
from tests.rebalancing.quarters import quickstart


def test_what_plan_wrote_is_read_back_whole(tmp_path):
    case = quickstart()
    problem = build_problem(case)
    result = solve(problem, should_stop=lambda: True)
    work = build_task_problem(case, result.plan, problem=problem)
    schedule = solve_schedule(work, should_stop=lambda: True)
    out = write_reports(case, result, tmp_path / "out", work=work, schedule=schedule, reports=())
    plan, findings = read_plan(out)
    assert findings == [] and plan.since is None
    assert result.gap is not None and plan.gap == pytest.approx(result.gap, abs=1e-6)
    owner = [None if k < 0 else problem.rep_ids[k] for k in result.plan.owner]
    assert plan.owners.index.tolist() == problem.customer_ids.tolist()
    assert plan.owners.astype(object).where(plan.owners.notna(), None).tolist() == owner
    assert plan.tasks["task_id"].tolist() == work.task_ids.tolist()
    names = [work.week_names[w] if w >= 0 else None for w in schedule.schedule.week]
    assert plan.tasks["week"].astype(object).where(plan.tasks["week"].notna(), None).tolist() == names
    # The state of the folder is the state of the plan itself.
    one, other = apply_progress(case, plan, no_events()), apply_progress(case, result.plan, no_events())
    assert one.customers["owner"].equals(other.customers["owner"])
    assert one.customers["moved_on"].equals(other.customers["moved_on"])
    assert one.customers["moved_on"].notna().sum() == result.plan.moved(problem).sum()


def test_weeks_and_the_day_of_the_plan_may_be_missing_or_there(tmp_path):
    (tmp_path / "assignments.csv").write_text(
        "customer_id,rep_id\nC01,maya\nC02,\nC01,tom\n", encoding="utf-8"
    )
    plan, findings = read_plan(tmp_path)
    assert plan.owners.astype(object).where(plan.owners.notna(), None).to_dict() == {
        "C01": "maya",
        "C02": None,
    }
    assert [(f.code, f.row, f.details["first"]) for f in findings] == [("duplicate_key", 4, 2)]
    assert len(plan.tasks) == 0
    (tmp_path / "result.json").write_text(json.dumps({"as_of": "2027-02-07"}), encoding="utf-8")
    (tmp_path / "tasks.csv").write_text("task_id,rep_id,week\nT1,maya,2027-W05\nT2,,\n", encoding="utf-8")
    plan, _ = read_plan(tmp_path)
    assert plan.since == dt.date(2027, 2, 7)
    assert plan.tasks["week"].fillna("").tolist() == ["2027-W05", ""]
    for broken in ("{", '{"as_of": 7, "gap": "?"}', '{"gap": null}', '{"gap": NaN}', "[]"):
        (tmp_path / "result.json").write_text(broken, encoding="utf-8")
        plan, _ = read_plan(tmp_path)
        assert plan.since is None and plan.gap is None


def test_a_folder_without_a_plan_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_plan(tmp_path)
    (tmp_path / "assignments.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_plan(tmp_path)
    assert {f.column for f in caught.value.findings} == {"customer_id", "rep_id"}


def test_who_was_moved_weeks_ago_is_protected_still(tmp_path):
    text = (
        "customer_id,rep_id,previous_rep_id,moved_on\n"
        "C01,tom,tom,2027-02-01\nC02,tom,maya,2027-02-08\nC03,tom,tom,soon\n"
    )
    (tmp_path / "assignments.csv").write_text(text, encoding="utf-8")
    (tmp_path / "result.json").write_text(json.dumps({"as_of": "2027-02-07"}), encoding="utf-8")
    plan, _ = read_plan(tmp_path)
    state = apply_progress(quickstart(), plan, no_events(), dt.date(2027, 2, 14))
    moved = state.customers.set_index("customer_id")["moved_on"].dropna()
    assert moved.dt.date.to_dict() == {"C01": dt.date(2027, 2, 1), "C02": dt.date(2027, 2, 8)}
    kept = state.freezes.set_index("customer_id")["until"][["C01", "C02"]]
    assert [day.date() for day in kept] == [dt.date(2027, 3, 1), dt.date(2027, 3, 8)]  # four weeks each


def test_what_an_earlier_plan_moved_is_not_protected_again(tmp_path):
    text = "customer_id,rep_id,previous_rep_id\nC01,tom,tom\nC02,tom,maya\n"
    (tmp_path / "assignments.csv").write_text(text, encoding="utf-8")
    (tmp_path / "result.json").write_text(json.dumps({"as_of": "2027-02-07"}), encoding="utf-8")
    plan, _ = read_plan(tmp_path)
    state = apply_progress(quickstart(), plan, no_events(), dt.date(2027, 2, 14))
    moved = state.customers.set_index("customer_id")["moved_on"].dropna()
    assert moved.dt.date.to_dict() == {"C02": dt.date(2027, 2, 8)}
