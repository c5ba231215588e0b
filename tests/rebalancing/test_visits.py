"""Visits that are left keep the ids that reps know them by."""

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from optimizer.building import build_problem
from optimizer.in_force import PlanInForce
from optimizer.plan import present_plan
from optimizer.rebalancing import apply_progress
from optimizer.rebalancing.visits import list_published, name_visits
from optimizer.scheduling import build_task_problem
from tests.rebalancing.quarters import events_of as random_events
from tests.rebalancing.quarters import plan_of, quickstart
from tests.rebalancing.test_laws import FEW
from tests.rebalancing.test_state import case_of, state_of
from tests.rebalancing.test_watch import visit, weekly_tasks


def names_of(state, customer):
    names = name_visits(state)
    mine = names[names["customer_id"] == customer]
    return [
        (a.rsplit(":")[-1], b.rsplit(":")[-1])
        for a, b in zip(mine["listed_id"], mine["task_id"], strict=True)
    ]


def test_who_had_the_second_visit_has_the_first_third_and_fourth_left():
    state = state_of(visit("K1", 2, "2027-01-05"))
    assert names_of(state, "K1") == [("1", "1"), ("2", "3"), ("3", "4")]
    assert names_of(state, "K2") == [("1", "1"), ("2", "2")]


def test_a_visit_outside_planned_tasks_counts_as_the_first_that_is_open():
    other = {"at": "2027-01-06", "kind": "customer_hours", "customer_id": "K1", "hours": 2}
    assert names_of(state_of(visit("K1", 1, "2027-01-05"), other), "K1") == [("1", "3"), ("2", "4")]


def test_what_was_published_stays_with_its_rep_in_its_week():
    case = case_of(scenario={"schedule": {"published_weeks": 1}})
    owners = case.records.customers.set_index("customer_id")["owner"]
    tasks = weekly_tasks().assign(rep_id=["bob"] * 4 + ["ann"] * 4)
    state = state_of(
        visit("K1", 1, "2027-01-05"), as_of="2027-01-10", case=case, plan=PlanInForce(owners, tasks)
    )
    told = list_published(state)
    assert told["task_id"].tolist() == ["K1:2027-01-04:1", "K3:2027-01-04:2"]
    problem = build_problem(state.case)
    work = build_task_problem(state.case, present_plan(problem), problem=problem, published=told)
    kept = work.published_week >= 0
    assert work.task_ids[kept].tolist() == ["K1:2027-01-04:1", "K3:2027-01-04:2"]
    assert work.published_week[kept].tolist() == [1, 1]
    assert work.rep_ids[work.published_doer[kept]].tolist() == ["bob", "ann"]


@FEW
@given(seed=st.integers(0, 10_000), day=st.integers(0, 90))
def test_the_schedule_of_a_state_lists_exactly_the_visits_that_have_names(seed, day):
    case, plan = quickstart(), plan_of(quickstart())
    events = random_events(case, plan, seed)
    state = apply_progress(case, plan, events, dt.date(2027, 1, 4) + dt.timedelta(days=day))
    problem, names = build_problem(state.case), name_visits(state)
    assert names["task_id"].is_unique and names["listed_id"].is_unique
    open_tasks = state.tasks.set_index("task_id")["status"].reindex(names["task_id"]).fillna("open")
    assert (open_tasks == "open").all()
    left = names["customer_id"].value_counts()
    here = state.customers[state.customers["here"]].set_index("customer_id")["remaining_visits"]
    assert (here[here > 0] == left.reindex(here.index[here > 0])).all()
    if len(problem.rep_ids) and (problem.owner >= 0).any():
        work = build_task_problem(state.case, present_plan(problem), problem=problem)
        listed = pd.Series(work.task_ids[work.visit > 0])
        assert listed.isin(names["listed_id"]).all()
        owned = set(problem.customer_ids[(problem.owner >= 0) & (problem.hours > 0)])
        mine = names[names["customer_id"].isin(owned)]
        assert np.setdiff1d(mine["listed_id"], listed).tolist() == []
