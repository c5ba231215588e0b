"""The state of a plan on a day: what events make of a small case made by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.commands.in_force import count_refused
from optimizer.evaluation import evaluate
from optimizer.findings import InputError
from optimizer.in_force import PlanInForce, no_tasks, put_in_force
from optimizer.plan import present_plan
from optimizer.reading import read_progress
from optimizer.rebalancing import apply_progress
from optimizer.solving import solve
from tests.cases import make_case

# Four weeks from Monday 4 January 2027; 10 selling hours a week each; tier A: 4 visits of 2 h, B: 2 of 1 h.
SCENARIO = {
    "horizon": {"start": "2027-01-04", "weeks": 4, "hours_per_week": 10, "field_share": 1.0},
    "tiers": {
        "A": {"visits": 13, "hours_per_visit": 2, "handover_hours": 4},
        "B": {"visits": 6.5, "hours_per_visit": 1},
    },
    "corridors": [{"measure": "hours", "tolerance": 0.2, "price": 1}],
}
CUSTOMERS = [
    {"customer_id": "K1", "tier": "A", "owner": "ann", "lat": 31.0, "lon": 121.0},
    {"customer_id": "K2", "tier": "B", "owner": "ann", "lat": 31.1, "lon": 121.0},
    {"customer_id": "K3", "tier": "A", "owner": "bob", "lat": 31.2, "lon": 121.0},
    {"customer_id": "K4", "tier": "B", "owner": "bob", "hours": 6.0},
]
TASKS = [
    {"task_id": "T1", "customer_id": "K1", "hours": 3.0, "due": "2027-01-15"},
    {"task_id": "T2", "customer_id": "K3", "hours": 2.0, "after": "T1"},
]


def case_of(**more):
    given = {"reps": [{"rep_id": "ann"}, {"rep_id": "bob"}], "customers": CUSTOMERS, "tasks": TASKS}
    return make_case(**(given | {"scenario": SCENARIO | more.pop("scenario", {})} | more))


def events_of(*rows):
    frame = pd.DataFrame([{"event_id": f"E{k}", **row} for k, row in enumerate(rows)])
    events, findings = read_progress(frame)
    assert findings == []
    return events


def state_of(*rows, as_of="2027-01-31", case=None, plan=None):
    case = case or case_of()
    plan = plan or present_plan(build_problem(case))
    return apply_progress(case, plan, events_of(*rows), dt.date.fromisoformat(as_of))


def test_events_that_are_not_taken_in_are_counted_however_many_are_told_one_by_one():
    wrong = [{"at": "2027-01-05", "kind": "customer_lost", "customer_id": f"X{k}"} for k in range(1500)]
    events = events_of(*wrong, {"at": "2027-01-05", "kind": "customer_lost", "customer_id": "K1"})
    case = case_of()
    state = apply_progress(case, present_plan(build_problem(case)), events, dt.date(2027, 1, 31))
    assert (len(state.events), count_refused([], events, state)) == (1, 1500)


def customer(state, name):
    return state.customers.set_index("customer_id").loc[name]


def rep(state, name):
    return state.reps.set_index("rep_id").loc[name]


def codes(state):
    return [finding.code for finding in state.findings]


def test_a_visit_made_takes_away_one_planned_visit_however_long_it_took():
    state = state_of(
        {
            "at": "2027-01-05",
            "kind": "task_done",
            "task_id": "K1:2027-01-04:1",
            "hours": 3.5,
            "rep_id": "bob",
        },
        {"at": "2027-01-06", "kind": "customer_hours", "customer_id": "K1", "hours": 1.0},
    )
    one = customer(state, "K1")
    assert (one["planned_visits"], one["visits_made"], one["remaining_visits"]) == (4, 2, 2)
    assert one["done_hours"] == 4.5
    assert one["remaining_hours"] == 2 * 2 + 3
    assert one["last_visit"] == pd.Timestamp("2027-01-06")
    assert rep(state, "bob")["done_hours"] == 3.5
    assert rep(state, "ann")["done_hours"] == 1.0


def test_a_task_done_took_its_planned_hours_unless_the_event_says_how_many():
    for said, took in ((None, 3.0), (5.0, 5.0)):
        state = state_of({"at": "2027-01-05", "kind": "task_done", "task_id": "T1", "hours": said})
        assert customer(state, "K1")["done_hours"] == took
        assert customer(state, "K1")["remaining_hours"] == 8
        tasks = state.case.records.tasks
        assert list(tasks["status"].fillna("open")) == ["done", "open"]


def test_hours_used_on_a_task_are_part_of_what_it_took_in_all():
    used = {"at": "2027-01-05", "kind": "task_hours", "task_id": "T1", "hours": 1.0}
    begun = state_of(used)
    assert customer(begun, "K1")["remaining_hours"] == 8 + 2
    assert begun.case.records.tasks["hours"].iloc[0] == 2
    assert begun.freezes[["customer_id", "reason", "what"]].to_numpy().tolist() == [
        ["K1", "in_progress", "T1"]
    ]
    done = state_of(used, {"at": "2027-01-07", "kind": "task_done", "task_id": "T1", "hours": 4.0})
    assert customer(done, "K1")["done_hours"] == 4
    assert list(done.events["done_hours"]) == [1, 3]
    assert not len(done.freezes)


def test_a_case_without_tasks_of_its_own_may_have_its_visits_in_weeks():
    case = case_of(tasks=[])
    visit = {
        "task_id": "K1:2027-01-04:1",
        "customer_id": "K1",
        "rep_id": "ann",
        "week": "2027-W01",
        "hours": 2.0,
    }
    tasks = pd.DataFrame([visit]).astype({name: "str" for name in visit if name != "hours"})
    plan = PlanInForce(put_in_force(case, present_plan(build_problem(case))).owners, tasks)
    done = {"at": "2027-01-05", "kind": "task_done", "task_id": "K1:2027-01-04:1"}
    for rows in ((), (done,)):
        state = state_of(*rows, case=case, plan=plan)
        assert not state.findings
        assert state.tasks["status"].tolist() == [("done" if rows else "open")]
        assert customer(state, "K1")["visits_made"] == len(rows)


def test_hours_given_are_used_up_where_there_is_no_cadence():
    case = case_of(customers=[{"customer_id": "K1", "tier": "A", "hours": 6.0, "owner": "ann", "visits": 0}])
    state = state_of(
        {"at": "2027-01-05", "kind": "customer_hours", "customer_id": "K1", "hours": 2.5},
        case=make_case(
            [{"rep_id": "ann"}], case.records.customers.dropna(axis=1).to_dict("records"), scenario=SCENARIO
        ),
    )
    assert customer(state, "K1")["remaining_hours"] == 3.5
    assert build_problem(state.case).hours.tolist() == [3500]


def test_the_case_holds_the_hours_and_visits_and_capacity_that_are_left():
    state = state_of(
        {"at": "2027-01-05", "kind": "task_done", "task_id": "K3:2027-01-04:1"},
        {"at": "2027-01-12", "kind": "rep_absent", "rep_id": "bob", "ends": "2027-01-22"},
        {"at": "2027-01-11", "kind": "rep_hours", "rep_id": "ann", "hours_per_week": 5},
        as_of="2027-01-17",
    )
    problem = build_problem(state.case)
    assert problem.capacity.tolist() == [10_000, 10_000]
    assert problem.hours.tolist() == [11_000, 2_000, 8_000, 6_000]
    assert state.case.records.customers["visits"].fillna(-1).tolist() == [-1, -1, 3, -1]
    assert rep(state, "ann")["elapsed_hours"] == 15
    assert rep(state, "bob")["elapsed_hours"] == 12
    assert rep(state, "bob")["capacity_hours"] == 22


def test_a_corridor_on_hours_keeps_its_width_in_hours():
    state = state_of(
        *(
            {"at": "2027-01-05", "kind": "task_done", "task_id": f"K{k}:2027-01-04:{v}"}
            for k in (1, 3)
            for v in (1, 2, 3)
        ),
        as_of="2027-01-17",
    )
    planned, left = 29, 29 - 12
    assert state.case.scenario.corridors[0].tolerance == pytest.approx(0.2 * planned / left)


def test_a_territory_behind_plan_has_no_room_and_one_ahead_has():
    ahead = [
        {"at": "2027-01-05", "kind": "task_done", "task_id": f"K3:2027-01-04:{v}", "hours": 1.0}
        for v in (1, 2, 3, 4)
    ]
    for events, bob_has_room in (((), False), (ahead, True)):
        problem = build_problem(state_of(*events, as_of="2027-01-17").case)
        load = np.bincount(problem.owner, problem.hours)
        room = problem.corridors[0].target - load
        assert (room[1] > 0) == bob_has_room
        assert (room[0] > 0) != bob_has_room


def test_who_is_won_counts_from_that_day_and_belongs_to_whom_the_event_names():
    won = {
        "at": "2027-01-18",
        "kind": "customer_won",
        "customer_id": "N1",
        "tier": "A",
        "rep_id": "bob",
        "cost": 1.5,
    }
    state = state_of(won, as_of="2027-01-20")
    new = customer(state, "N1")
    assert (new["planned_visits"], new["remaining_hours"], new["owner"]) == (2, 4, "bob")
    problem = build_problem(state.case)
    assert problem.n_customers == 5
    assert problem.owner.tolist() == [0, 0, 1, 1, 1]
    assert state.freezes["reason"].tolist() == ["protection"]
    assert len(build_problem(state.held_case()).lock_rep) == 1


def test_a_new_tier_has_its_cadence_from_its_day_on():
    state = state_of({"at": "2027-01-18", "kind": "customer_retiered", "customer_id": "K2", "tier": "A"})
    assert customer(state, "K2")["planned_visits"] == 2 / 2 + 4 / 2
    assert customer(state, "K2")["planned_hours"] == 2 / 2 + 8 / 2
    assert state.case.records.customers["tier"].tolist() == ["A", "A", "A", "B"]


def test_who_is_lost_is_not_in_the_case_and_what_was_done_there_stays_done():
    state = state_of(
        {"at": "2027-01-05", "kind": "customer_hours", "customer_id": "K3", "hours": 2.0},
        {"at": "2027-01-12", "kind": "customer_lost", "customer_id": "K3"},
    )
    assert build_problem(state.case).customer_ids.tolist() == ["K1", "K2", "K4"]
    assert state.case.records.tasks["status"].fillna("open").tolist() == ["open", "cancelled"]
    assert rep(state, "bob")["done_hours"] == 2


def test_a_leaver_works_until_the_last_day_and_owns_nobody_from_the_notice_on():
    leaves = {"at": "2027-01-06", "kind": "rep_leaves", "rep_id": "bob", "ends": "2027-01-15"}
    begun = {"at": "2027-01-05", "kind": "task_hours", "task_id": "T2", "hours": 1}
    lock = {"at": "2027-01-05", "kind": "lock_added", "customer_id": "K4", "lock": "force", "rep_id": "bob"}
    late = case_of(scenario={"watch": {"notice_weeks": 1}})
    early = state_of(leaves, begun, lock, as_of="2027-01-07", case=late)
    assert bool(rep(early, "bob")["leaving"]) and not bool(rep(early, "bob")["hands_over"])
    assert build_problem(early.case).owner.tolist() == [0, 0, 1, 1]
    for before in (
        state_of(leaves, begun, lock, as_of="2027-01-08", case=late),
        state_of(leaves, begun, lock, as_of="2027-01-07"),
    ):
        assert bool(rep(before, "bob")["hands_over"]) and rep(before, "bob")["remaining_hours"] > 0
        problem = build_problem(before.case)
        assert problem.owner.tolist() == [0, 0, -1, -1] and not problem.handover[2:].any()
        assert problem.rep_ids.tolist() == ["ann", "bob"] and not problem.serves[1].any()
        assert not len(problem.lock_rep) and not len(before.freezes)
        assert not any(corridor.high[1] or corridor.target[1] for corridor in problem.corridors)
    after = state_of(leaves, begun, lock, as_of="2027-01-15")
    problem = build_problem(after.case)
    assert problem.rep_ids.tolist() == ["ann"]
    assert problem.owner.tolist() == [0, 0, -1, -1]
    assert len(problem.lock_rep) == 0
    assert not len(after.freezes)


def test_a_rep_who_stays_after_all_was_away_in_between():
    state = state_of(
        {"at": "2027-01-06", "kind": "rep_leaves", "rep_id": "bob", "ends": "2027-01-08"},
        {"at": "2027-01-15", "kind": "rep_joins", "rep_id": "bob", "starts": "2027-01-18"},
    )
    assert bool(rep(state, "bob")["here"])
    assert rep(state, "bob")["capacity_hours"] == 30
    assert build_problem(state.case).owner.tolist() == [0, 0, 1, 1]


def test_a_rep_who_joins_has_capacity_from_the_first_day():
    state = state_of(
        {"at": "2027-01-11", "kind": "rep_joins", "rep_id": "cem", "starts": "2027-01-18", "skills": "x:2"},
        as_of="2027-01-12",
    )
    assert build_problem(state.case).capacity[2] == 20_000
    assert state.case.records.reps["skills"].iloc[2] == "x:2"


def test_skills_are_gained_and_lost():
    state = state_of(
        {"at": "2027-01-05", "kind": "skill_gained", "rep_id": "ann", "skills": "cardio:2;export@2027-12-31"},
        {"at": "2027-01-06", "kind": "skill_expired", "rep_id": "ann", "skills": "cardio"},
        {"at": "2027-01-06", "kind": "skill_gained", "rep_id": "bob", "skills": "cardio:3"},
    )
    assert state.case.records.reps["skills"].tolist() == ["export@2027-12-31", "cardio:3"]


def test_what_customers_are_like_follows_the_last_word():
    state = state_of(
        {"at": "2027-01-08", "kind": "customer_potential", "customer_id": "K1", "potential": 90},
        {"at": "2027-01-05", "kind": "customer_potential", "customer_id": "K1", "potential": 50},
        {"at": "2027-01-05", "kind": "customer_place", "customer_id": "K2", "lat": 30, "lon": 120},
        {"at": "2027-01-05", "kind": "customer_satisfaction", "customer_id": "K3", "satisfaction": 0.2},
    )
    frame = state.case.records.customers
    assert frame["potential"].iloc[0] == 90
    assert frame[["lat", "lon"]].iloc[1].tolist() == [30, 120]
    assert frame["relationship"].iloc[2] == 0.2


def test_opportunities_freeze_from_a_stage_on_until_they_are_closed():
    def stage(day, name, deal=None):
        return {
            "at": day,
            "kind": "opportunity_stage",
            "customer_id": "K1",
            "stage": name,
            "opportunity_id": deal,
        }

    assert not len(state_of(stage("2027-01-05", "lead")).freezes)
    assert state_of(stage("2027-01-05", "lead"), stage("2027-01-06", "proposal")).frozen.tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert not len(state_of(stage("2027-01-05", "proposal"), stage("2027-01-06", "won")).freezes)
    two = state_of(stage("2027-01-05", "proposal", "O1"), stage("2027-01-06", "won", "O2"))
    assert two.freezes["what"].tolist() == ["proposal"]
    assert codes(state_of(stage("2027-01-05", "propsal"))) == ["event_stage"]


def test_published_weeks_freeze_their_customers_and_what_has_passed_does_not():
    case = case_of(scenario={"schedule": {"published_weeks": 1}})
    owners = case.records.customers.set_index("customer_id")["owner"]
    tasks = pd.DataFrame(
        {
            "task_id": ["T1", "K2:2027-01-04:1", "T2"],
            "customer_id": ["K1", "K2", "K3"],
            "rep_id": ["ann", "ann", "bob"],
            "week": ["2027-W01", "2027-W02", "2027-W03"],
            "hours": [3.0, 1.0, 2.0],
        }
    )
    state = state_of(as_of="2027-01-10", case=case, plan=PlanInForce(owners, tasks))
    assert state.freezes[["customer_id", "reason"]].to_numpy().tolist() == [["K2", "published"]]
    assert state.published.to_numpy().tolist() == [["K2:2027-01-04:1", "ann", "2027-W02"]]
    assert state.case.scenario.schedule.published_weeks == 2


def test_a_plan_that_moved_customers_protects_them_for_some_weeks():
    case = case_of()
    owners = case.records.customers.set_index("customer_id")["owner"].copy()
    owners["K2"] = "bob"
    plan = PlanInForce(owners, no_tasks())
    assert state_of(as_of="2027-01-10", case=case, plan=plan).freezes["what"].tolist() == ["moved"]
    later = SCENARIO["horizon"] | {"weeks": 13}
    longer = case_of(scenario={"horizon": later})
    assert not len(state_of(as_of="2027-02-10", case=longer, plan=plan).freezes)


def test_locks_are_added_and_lifted_and_contradictions_are_not_taken_in():
    def lock(name, kind, rep_id=None, event="lock_added", day="2027-01-05"):
        return {"at": day, "kind": event, "customer_id": name, "lock": kind, "rep_id": rep_id}

    state = state_of(
        lock("K1", "force", "bob"),
        lock("K2", "forbid", "ann"),
        lock("K2", "force", "ann", day="2027-01-06"),
        lock("K3", "keep", day="2027-01-06"),
        lock("K3", "force", "ann", day="2027-01-07"),
        lock("K1", None, event="lock_lifted", day="2027-01-08"),
    )
    assert codes(state) == ["event_lock"]
    held = state.case.records.locks[["customer_id", "kind", "rep_id"]].to_numpy().tolist()
    assert sorted(held) == [["K2", "forbid", "ann"], ["K3", "force", "ann"]]


IMPOSSIBLE = {
    "event_unknown": [
        {"kind": "task_done", "task_id": "T9"},
        {"kind": "task_done", "task_id": "K1:2026-10-05:1"},
        {"kind": "customer_lost", "customer_id": "K9"},
        {"kind": "rep_leaves", "rep_id": "zoe"},
        {"kind": "task_done", "task_id": "T1", "rep_id": "zoe"},
    ],
    "event_tier": [{"kind": "customer_retiered", "customer_id": "K1", "tier": "Z"}],
    "event_repeated": [{"kind": "rep_joins", "rep_id": "ann"}],
    "event_before_horizon": [{"kind": "customer_hours", "customer_id": "K1", "hours": 1, "at": "2026-12-30"}],
    "event_backwards": [{"kind": "rep_absent", "rep_id": "ann", "ends": "2027-01-01"}],
    "lock_without_rep": [{"kind": "lock_added", "customer_id": "K1", "lock": "force"}],
}


@pytest.mark.parametrize("code", IMPOSSIBLE)
def test_an_impossible_event_is_a_finding_and_changes_nothing(code):
    for row in IMPOSSIBLE[code]:
        state = state_of({"at": "2027-01-05"} | row, as_of="2027-01-10")
        (finding,) = state.findings
        assert (finding.code, finding.table, finding.row) == (code, "progress", 2)
        assert finding.problem() and finding.expected() and finding.fix()
        calm = state_of(as_of="2027-01-10")
        pd.testing.assert_frame_equal(state.customers, calm.customers)
        pd.testing.assert_frame_equal(state.reps, calm.reps)


def test_what_contradicts_an_earlier_event_is_a_finding():
    pairs = [
        ("event_repeated", {"kind": "task_done", "task_id": "T1"}, {"kind": "task_skipped", "task_id": "T1"}),
        (
            "event_repeated",
            {"kind": "customer_lost", "customer_id": "K1"},
            {"kind": "customer_lost", "customer_id": "K1"},
        ),
        (
            "event_after_end",
            {"kind": "customer_lost", "customer_id": "K1"},
            {"kind": "task_done", "task_id": "T1"},
        ),
        (
            "event_after_end",
            {"kind": "rep_leaves", "rep_id": "bob"},
            {"kind": "task_done", "task_id": "T1", "rep_id": "bob"},
        ),
    ]
    for code, first, second in pairs:
        state = state_of({"at": "2027-01-05"} | first, {"at": "2027-01-06"} | second)
        (finding,) = state.findings
        assert (finding.code, finding.row) == (code, 3), finding
        assert finding.problem()
        assert len(state.events) == 1


def test_without_a_day_it_is_the_evening_of_the_last_event_within_the_horizon():
    case = case_of()
    plan = present_plan(build_problem(case))
    late = {"kind": "customer_lost", "customer_id": "K1"}
    events = events_of({"at": "2027-01-12"} | late, {"at": "2072-01-12", **late, "customer_id": "K2"})
    assert apply_progress(case, plan, events).as_of == dt.date(2027, 1, 12)
    assert apply_progress(case, plan, events_of()).as_of == dt.date(2027, 1, 3)


def test_without_a_first_day_nothing_can_be_replayed():
    case = make_case([{}], [{}])
    with pytest.raises(InputError, match=r"horizon\.start"):
        apply_progress(case, present_plan(build_problem(case)), events_of())


def test_the_plan_may_speak_of_people_nobody_knows():
    case = case_of()
    owners = case.records.customers.set_index("customer_id")["owner"].copy()
    owners["X"], owners["K1"] = "ann", "zoe"
    state = state_of(case=case, plan=PlanInForce(owners, no_tasks()))
    assert codes(state) == ["plan_unknown", "plan_unknown"]
    assert build_problem(state.case).owner.tolist() == [-1, 0, 1, 1]


def test_a_plan_that_knew_of_a_quick_assignment_has_the_last_word():
    case = case_of()
    owners = case.records.customers.set_index("customer_id")["owner"].copy()
    won = {"at": "2027-01-06", "kind": "customer_won", "customer_id": "N1", "tier": "B", "rep_id": "ann"}
    owners["N1"] = "bob"
    for since, owner in ((dt.date(2027, 1, 10), "bob"), (dt.date(2027, 1, 5), "ann"), (None, "ann")):
        state = state_of(won, case=case, plan=PlanInForce(owners, no_tasks(), since))
        assert customer(state, "N1")["owner"] == owner


def test_having_no_owner_costs_what_it_did_although_visits_are_made():
    before = build_problem(case_of())
    rows = [
        {"at": "2027-01-05", "kind": "task_done", "task_id": f"K1:2027-01-04:{number}"}
        for number in (1, 2, 3, 4)
    ]
    after = build_problem(state_of(*rows).case)
    done = before.customer_ids.tolist().index("K1")
    assert after.hours[done] < before.hours[done]
    np.testing.assert_array_equal(after.unserved, before.unserved)


def test_later_events_have_not_happened_and_are_named():
    lost = {"at": "2027-01-12", "kind": "customer_lost", "customer_id": "K1"}
    state = state_of(
        {"at": "2027-01-05", "kind": "customer_lost", "customer_id": "K2"}, lost, as_of="2027-01-10"
    )
    assert state.later["event_id"].tolist() == ["E1"] and len(state.events) == 1
    assert not len(state_of(lost, as_of="2027-01-12").later)


def grouped_case(**more):
    together = [row | {"group": "G"} if row["customer_id"] != "K4" else row for row in CUSTOMERS]
    return case_of(
        customers=together,
        scenario={"freeze": {"stages": ["lead", "proposal"], "from_stage": "proposal"}},
        **more,
    )


def test_a_group_frozen_with_two_owners_stays_as_it_is_and_is_told():
    case = grouped_case()
    late = [{"at": "2027-01-05", "kind": "opportunity_stage", "customer_id": k, "stage": "proposal"}
            for k in ("K1", "K2", "K3")]  # fmt: skip
    state = state_of(*late, case=case, as_of="2027-01-05")
    (told,) = state.findings
    assert (
        (told.code, told.value) == ("freeze_group", "K3")
        and "bob" in told.problem()
        and "ann" in told.problem()
    )
    problem = build_problem(state.held_case())
    score = evaluate(problem, present_plan(problem))
    assert not [v for v in score.violations if v.constraint in ("locks", "together")]
    found = solve(problem)
    assert found.score.keeps_all and found.plan.owner[:3].tolist() == problem.owner[:3].tolist()


def test_a_lock_of_its_group_that_asks_for_somebody_else_does_not_let_a_customer_freeze():
    late = {"at": "2027-01-05", "kind": "opportunity_stage", "customer_id": "K1", "stage": "proposal"}
    locked = grouped_case(locks=[{"customer_id": "K3", "kind": "keep"}])
    assert not len(state_of(late, case=locked, as_of="2027-01-05").freezes)
    barred = grouped_case(locks=[{"customer_id": "K2", "rep_id": "ann", "kind": "forbid"}])
    assert not len(state_of(late, case=barred, as_of="2027-01-05").freezes)
    assert len(state_of(late, case=grouped_case(), as_of="2027-01-05").freezes) == 1


def test_work_that_there_is_no_time_for_slips_at_a_price_and_nobody_loses_an_owner_for_it():
    state = state_of(as_of="2027-01-24")  # nothing was done
    problem = build_problem(state.case)
    load = np.bincount(problem.owner, problem.hours, minlength=problem.n_reps)
    above = int(np.maximum(load - problem.load_limit, 0).sum())
    assert above > 0
    score = evaluate(problem, present_plan(problem))
    assert score.terms["capacity"] == above and not score.hard_violations
    gone = state_of(
        {"at": "2027-01-05", "kind": "rep_leaves", "rep_id": "bob", "ends": "2027-01-27"}, as_of="2027-01-24"
    )
    assert (solve(build_problem(gone.case)).plan.owner == 0).all()  # ann's hours are too few for half of it
    first = build_problem(state_of(as_of="2027-01-03").case)
    assert first.capacity_price is None  # before the first day a hard limit is one


def test_a_case_may_spare_who_owns_more_than_there_is_time_for():
    scenario = {"capacity": {"spares_present": True}}
    case = case_of(scenario=scenario, customers=[{**row, "hours": 30.0} for row in CUSTOMERS])
    problem = build_problem(case)
    load = np.bincount(problem.owner, problem.hours, minlength=problem.n_reps)
    assert (load > problem.capacity).any()
    np.testing.assert_array_equal(problem.load_limit, np.maximum(problem.capacity, load))
