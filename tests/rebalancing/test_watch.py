"""Watching a plan: pace, coverage, corridors, and what rings."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.in_force import PlanInForce, no_tasks, put_in_force
from optimizer.messages import speaking
from optimizer.plan import Plan, present_plan
from optimizer.rebalancing import watch
from optimizer.rebalancing.proposing.drift import measure_drift
from optimizer.rebalancing.proposing.walking import place
from optimizer.rebalancing.watching import watch as watching
from optimizer.rebalancing.watching.coverage import judge_coverage
from optimizer.rebalancing.watching.triggers import Trigger
from optimizer.reports.files.watch_files import list_watch_tables, write_watch
from optimizer.solving import solve
from optimizer.terminal import Screen, show_watch
from tests.rebalancing.quarters import events_of as random_events
from tests.rebalancing.quarters import plan_of, quickstart
from tests.rebalancing.test_state import case_of, events_of, state_of


def watch_of(*rows, as_of="2027-01-31", case=None, plan=None):
    case = case or case_of()
    plan = plan or present_plan(build_problem(case))
    return watch(case, plan, events_of(*rows), dt.date.fromisoformat(as_of))


def row_of(seen, name):
    return seen.reps.set_index("rep_id").loc[name]


def codes(seen):
    return sorted({trigger.code for trigger in seen.triggers})


def visit(name, number, day, hours=None):
    return {"at": day, "kind": "task_done", "task_id": f"{name}:2027-01-04:{number}", "hours": hours}


def weekly_tasks():
    """A visit of K1 and K3 in each of the four weeks."""
    rows = [
        {"task_id": f"{c}:2027-01-04:{k}", "customer_id": c, "rep_id": rep, "week": f"2027-W0{k}", "hours": 2}
        for c, rep in (("K1", "ann"), ("K3", "bob"))
        for k in (1, 2, 3, 4)
    ]
    return pd.DataFrame(rows).astype({"hours": "float64"})


def in_weeks(case):
    return PlanInForce(case.records.customers.set_index("customer_id")["owner"], weekly_tasks())


def test_pace_is_hours_done_against_what_the_weeks_asked_for():
    case = case_of()
    seen = watch_of(
        visit("K1", 1, "2027-01-05"),
        visit("K1", 2, "2027-01-12", 3.0),
        visit("K3", 1, "2027-01-06"),
        as_of="2027-01-17",
        case=case,
        plan=in_weeks(case),
    )
    assert row_of(seen, "ann")[["planned_hours", "done_hours", "pace"]].tolist() == [4, 5, 1.25]
    assert row_of(seen, "bob")[["planned_hours", "done_hours", "pace"]].tolist() == [4, 2, 0.5]
    assert seen.total["pace"] == 7 / 8
    assert seen.total["spread_points"] == pytest.approx(75)
    assert row_of(seen, "ann")["utilization"] == 5 / 20
    assert row_of(seen, "ann")["work_left"] == 2 * 2 + 3 + 2
    assert row_of(seen, "ann")["demand"] == 9 / 20
    assert seen.history["pace"].tolist() == [1, 7 / 8]


def test_half_a_week_asks_for_as_many_days_as_have_passed():
    case = case_of()
    seen = watch_of(as_of="2027-01-13", case=case, plan=in_weeks(case))
    assert row_of(seen, "ann")["planned_hours"] == pytest.approx(2 + 2 * 3 / 7)


def test_a_plan_without_weeks_asks_for_hours_as_the_calendar_goes():
    seen = watch_of(as_of="2027-01-17")
    assert row_of(seen, "ann")["planned_hours"] == pytest.approx((8 + 2 + 3) / 2)


def test_attainment_is_revenue_against_the_quota_to_date():
    case = case_of(reps=[{"rep_id": "ann", "quota": 100.0}, {"rep_id": "bob", "quota": 50.0}])
    booked = {"at": "2027-01-12", "kind": "revenue_booked", "customer_id": "K1", "amount": 40.0}
    seen = watch_of(booked, as_of="2027-01-17", case=case)
    assert row_of(seen, "ann")[["quota", "attainment"]].tolist() == [50, 0.8]
    assert row_of(seen, "bob")["attainment"] == 0
    assert seen.total["attainment"] == 40 / 75
    assert seen.total["spread_points"] == 80


def test_coverage_goes_from_on_track_to_due_to_overdue_and_never():
    # K1 has four visits in four weeks: one is due seven days after the last, overdue after ten and a half.
    def status(*rows, as_of):
        coverage = judge_coverage(state_of(*rows, as_of=as_of)).set_index("customer_id")
        return coverage.loc["K1", "status"]

    first = visit("K1", 1, "2027-01-05")
    assert status(as_of="2027-01-10") == "on_track"
    assert status(as_of="2027-01-13") == "due"
    assert status(as_of="2027-01-16") == "never"
    assert status(first, as_of="2027-01-12") == "on_track"
    assert status(first, as_of="2027-01-13") == "due"
    assert status(first, as_of="2027-01-16") == "overdue"
    every = [visit("K1", k, "2027-01-05") for k in (1, 2, 3, 4)]
    assert status(*every, as_of="2027-01-31") == "on_track"


def test_a_leaver_rings_until_nobody_is_theirs_by_the_plan_and_a_joiner_until_the_next_plan():
    rows = [
        {"at": "2027-01-05", "kind": "rep_leaves", "rep_id": "bob", "ends": "2027-01-20"},
        {"at": "2027-01-06", "kind": "rep_joins", "rep_id": "cem", "starts": "2027-01-11"},
    ]
    seen = watch_of(*rows, as_of="2027-01-06")
    assert codes(seen) == ["rep_joins", "rep_leaves"]
    assert "bob" in seen.triggers[0].sentence() and "2027-01-20" in seen.triggers[0].sentence()
    case = case_of()
    owners = case.records.customers.set_index("customer_id")["owner"]
    newer = PlanInForce(owners, no_tasks(), since=dt.date(2027, 1, 6))
    assert codes(watch_of(*rows, as_of="2027-01-10", case=case, plan=newer)) == ["rep_leaves"]
    given = PlanInForce(owners.replace("bob", "ann"), no_tasks(), since=dt.date(2027, 1, 6))
    assert "rep_leaves" not in codes(watch_of(*rows, as_of="2027-01-10", case=case, plan=given))
    late = case_of(scenario={"watch": {"notice_weeks": 1}})
    assert "rep_leaves" not in codes(watch_of(*rows, as_of="2027-01-12", case=late))
    assert "rep_leaves" in codes(watch_of(*rows, as_of="2027-01-13", case=late))
    quiet = case_of(scenario={"watch": {"rep_changes": False}})
    assert "rep_leaves" not in codes(watch_of(*rows, as_of="2027-01-06", case=quiet))
    stays = {"at": "2027-01-07", "kind": "rep_joins", "rep_id": "bob"}
    assert "rep_leaves" not in codes(watch_of(*rows, stays, as_of="2027-01-10"))


def test_who_is_absent_for_all_that_is_left_rings_as_long_as_there_is_work():
    away = {
        "at": "2027-01-07",
        "kind": "rep_absent",
        "rep_id": "bob",
        "starts": "2027-01-11",
        "ends": "2027-02-28",
    }
    assert "rep_away" not in codes(watch_of(away, as_of="2027-01-07"))  # the 8th is still worked
    seen = watch_of(away, as_of="2027-01-10")
    assert [t.rep_id for t in seen.triggers if t.code == "rep_away"] == ["bob"]
    assert any("2027-02-28" in t.sentence() and "bob" in t.sentence() for t in seen.triggers)
    assert "rep_away" not in codes(watch_of(away | {"ends": "2027-01-28"}, as_of="2027-01-10"))
    gone = {"at": "2027-01-09", "kind": "rep_leaves", "rep_id": "bob", "ends": "2027-01-30"}
    assert "rep_away" not in codes(watch_of(away, gone, as_of="2027-01-10"))
    assert "rep_away" not in codes(watch_of(away, as_of="2027-01-31"))  # nobody has a day left


def test_a_corridor_rings_after_some_weeks_and_not_where_the_plan_left_it_outside():
    # All of ann's work is done in the first week: bob stays behind and ann has room, so both are outside.
    done = [visit("K1", k, "2027-01-05") for k in (1, 2, 3, 4)]
    done += [visit("K2", k, "2027-01-06") for k in (1, 2)]
    for as_of, rings in (("2027-01-17", False), ("2027-01-24", True)):
        seen = watch_of(*done, as_of=as_of)
        found = {t.rep_id: t for t in seen.triggers if t.code == "corridor"}
        assert bool(found) == rings
        if rings:
            assert set(found) == {"ann", "bob"}
            assert found["bob"].since == "2027-01-24" and found["bob"].value > 1
            assert "hours" in found["bob"].sentence()
    # A plan that gave everything to bob is as far outside as it can be, and stays so: that is no news.
    case = case_of(scenario={"watch": {"corridor_weeks": 1}})
    owners = case.records.customers.set_index("customer_id")["owner"].copy()
    owners[:] = "bob"
    plan = PlanInForce(owners, no_tasks())
    seen = watch_of(as_of="2027-01-10", case=case, plan=plan)
    assert seen.corridors["outside"].all()
    assert "corridor" not in codes(seen)


def test_overdue_demand_and_spread_ring_after_two_week_ends():
    case = case_of(scenario={"watch": {"demand": 0.7, "spread_points": 10, "overdue_share": 0.2}})
    rows = [visit("K3", 1, "2027-01-06"), visit("K3", 2, "2027-01-13"), visit("K3", 3, "2027-01-19")]
    one = watch_of(*rows, as_of="2027-01-10", case=case, plan=in_weeks(case))
    assert codes(one) == []
    two = watch_of(*rows, as_of="2027-01-24", case=case, plan=in_weeks(case))
    assert {"spread_points", "overdue_share"} <= set(codes(two))
    spread = next(t for t in two.triggers if t.code == "spread_points")
    assert spread.value == pytest.approx(100) and spread.since == "2027-01-17"
    late = watch_of(as_of="2027-01-24", case=case)
    assert "demand" in codes(late)
    assert late.total["demand"] == pytest.approx((8 + 2 + 3 + 8 + 6 + 2) / 20)


def test_quick_assignments_ring_when_together_they_are_too_dear():
    def won(k):
        return {
            "at": "2027-01-06",
            "kind": "customer_won",
            "customer_id": f"N{k}",
            "tier": "B",
            "rep_id": "ann",
            "cost": 11.0,
        }

    assert "quick_cost" not in codes(watch_of(won(1), as_of="2027-01-10"))
    seen = watch_of(won(1), won(2), as_of="2027-01-10")
    (trigger,) = [t for t in seen.triggers if t.code == "quick_cost"]
    assert trigger.value == 22 and "2 quick assignments" in trigger.sentence()


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("en", ["7 times a territory is outside a corridor; the worst:", "... and 2 more: out/triggers.csv"]),
        ("zh", ["7 处辖区超出均衡区间，最严重的几处：", "……另有 2 条：out/triggers.csv"]),
    ],
)
def test_of_what_rings_often_the_worst_five_are_told(lang, lines, capsys):
    gaps = {"measure": "hours", "low": 1.0, "high": 2.0, "amount": 9.0}
    found = [
        Trigger("corridor", float(value), 1.0, "2027-01-10", f"rep{value}", gaps)
        for value in (3, 9, 5, 4, 8, 7, 6)
    ]
    seen = replace(
        watch_of(as_of="2027-01-10"), triggers=(*found, Trigger("demand", 2.0, 1.05, "2027-01-10"))
    )
    with speaking(lang):
        show_watch(Screen(), seen, "case", 0, file="out/triggers.csv")
    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line for line in said if line in lines] == lines
    begin, end = (said.index(line) for line in lines)
    assert [line.split()[0] for line in said[begin + 1 : end]] == [f"rep{k}" for k in (9, 8, 7, 6, 5)]
    assert len(said) == end + 2  # the one of another kind follows as it is


def test_drift_rings_when_the_plan_gets_too_far_from_the_bound_of_a_fresh_one(monkeypatch):
    case = quickstart()
    best = solve(build_problem(case), gap=0.0).plan
    won = [
        {
            "at": "2027-01-06",
            "kind": "customer_won",
            "customer_id": f"N{k}",
            "tier": "A",
            "lat": 48.1,
            "lon": 11.5,
        }
        for k in range(3)
    ]
    near = watch(case, best, events_of(won[0] | {"tier": "C", "rep_id": "maya"}))
    assert 0 <= near.total["drift"] < 1 and len(near.triggers) == len(codes(near))
    far = watch(case, best, events_of(*won))  # nobody owns them, and nobody has the hours
    (trigger,) = [t for t in far.triggers if t.code == "drift"]
    assert trigger.value == far.total["drift"] > trigger.threshold >= 0.05
    assert "a fresh plan at least" in trigger.sentence()
    held = build_problem(far.state.held_case())
    placed = Plan(place(held, held.owner))
    assert trigger.details["objective"] * 1000 == pytest.approx(evaluate(held, placed).objective)
    small = watch(case, best, events_of(won[0] | {"tier": "C"}))  # a quick assignment is no drift
    assert "drift" not in codes(small) and small.total["drift"] <= near.total["drift"] + 0.01
    assert trigger.details["bound"] * 1000 <= solve(held).objective
    measured: list[dt.date] = []
    monkeypatch.setattr(
        watching, "measure_drift", lambda state: measured.append(state.as_of) or measure_drift(state)
    )
    proved = replace(put_in_force(case, best), gap=0.02)  # what is known of the first day is not sought again
    (known,) = [t for t in watch(case, proved, events_of(*won)).triggers if t.code == "drift"]
    assert known.value == trigger.value and known.threshold == pytest.approx(0.07) and len(measured) == 1
    off = case.scenario.watch.model_copy(update={"drift": 0.0})
    quiet = replace(case, scenario=case.scenario.model_copy(update={"watch": off}))
    silent = watch(quiet, best, events_of(*won))
    assert "drift" not in codes(silent) and silent.total["drift"] != silent.total["drift"]


def test_without_events_and_before_the_first_day_nothing_rings():
    seen = watch_of(as_of="2027-01-03")
    assert not seen.rings and len(seen.history) == 0
    assert seen.total["pace"] != seen.total["pace"]  # nothing was planned yet


def test_the_sums_of_the_tables_agree():
    case, plan = quickstart(), plan_of(quickstart())
    seen = watch(case, plan, random_events(case, plan, 7), dt.date(2027, 1, 31))
    state, total = seen.state, seen.total
    assert total["done_hours"] == pytest.approx(state.events["done_hours"].sum())
    assert total["work_left"] == pytest.approx(
        state.customers["remaining_hours"][state.customers["here"]].sum()
    )
    counts = seen.coverage["status"].value_counts()
    assert all(total[name] == counts.get(name, 0) for name in ("on_track", "due", "overdue", "never"))
    assert total["corridors_outside"] == seen.corridors["outside"].sum()
    assert seen.history["done_hours"].is_monotonic_increasing
    last = seen.history.iloc[-1]
    assert last["week_end"] == "2027-01-31" and last["work_left"] == pytest.approx(total["work_left"])


def test_the_files_say_what_the_tables_say(tmp_path):
    case, plan = quickstart(), plan_of(quickstart())
    seen = watch(case, plan, random_events(case, plan, 7), dt.date(2027, 1, 31))
    out = write_watch(seen, tmp_path / "w", list(seen.state.findings))
    tables = {table.name: table for table in list_watch_tables(seen, [], "en")}
    reps = pd.read_csv(out / "watch.csv")
    np.testing.assert_allclose(reps["work_left"], seen.reps["work_left"], atol=6e-4)
    assert len(pd.read_csv(out / "findings.csv")) == len(seen.state.findings)
    for name in ("coverage", "corridors", "history", "triggers", "freezes"):
        assert len(pd.read_csv(out / f"{name}.csv")) == len(tables[name])
    write_watch(seen, out, [])  # only a watch replaces a watch


def test_a_newer_plan_begins_its_pace_anew():
    case = case_of()
    rows = [visit("K1", 1, "2027-01-05"), visit("K1", 2, "2027-01-12", 3.0)]
    plan = PlanInForce(in_weeks(case).owners, weekly_tasks(), since=dt.date(2027, 1, 10))
    seen = watch_of(*rows, as_of="2027-01-17", case=case, plan=plan)
    assert row_of(seen, "ann")[["planned_hours", "done_hours"]].tolist() == [2, 3]
    assert seen.history["week_end"].tolist() == ["2027-01-17"]


def test_visits_of_weeks_after_a_customer_was_lost_are_not_asked_for():
    case = case_of()
    lost = {"at": "2027-01-12", "kind": "customer_lost", "customer_id": "K3"}
    seen = watch_of(lost, as_of="2027-01-31", case=case, plan=in_weeks(case))
    assert row_of(seen, "bob")["planned_hours"] == 4
    assert row_of(seen, "ann")["planned_hours"] == 8


def test_corridors_on_sizes_share_by_the_capacity_of_the_whole_horizon():
    corridors = [{"measure": "customers", "tolerance": 0.2, "price": 1}]
    case = case_of(
        scenario={"corridors": corridors},
        absences=[{"rep_id": "bob", "starts": "2027-01-18", "ends": "2027-01-31"}],
    )
    for as_of in ("2027-01-03", "2027-01-17"):
        targets = watch_of(as_of=as_of, case=case).corridors.set_index("rep_id")["target"]
        assert targets.tolist() == pytest.approx([4 * 2 / 3, 4 / 3])
