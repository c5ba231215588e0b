"""A rebalanced plan judged anew is worth what it was said to be."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from optimizer.in_force import PlanInForce, date_moves, put_in_force
from optimizer.plan import Plan
from optimizer.rebalancing import apply_progress, rebalance, rejudge
from optimizer.rebalancing.proposing.rejudging import restate
from tests.rebalancing.quarters import events_of, plan_of, quickstart

DAY = dt.date(2027, 1, 24)


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_it_costs_and_breaks_the_same_and_has_no_idle_move(seed):
    case = quickstart()
    plan = plan_of(case)
    events = events_of(case, plan, seed)
    found = rebalance(case, plan, events, DAY, steps=())
    assert found.n_moves or found.n_placed
    made, before = (put_in_force(found.case, p).owners for p in (found.plan, Plan(found.problem.owner)))
    verdict = rejudge(case, PlanInForce(made, plan.tasks, DAY, before), events)
    assert verdict.score.objective == found.result.score.objective
    assert len(verdict.score.hard_violations) == len(found.result.score.hard_violations)
    assert verdict.idle == ()


def test_who_was_moved_before_is_protected_when_it_is_judged_anew_and_in_the_next_rebalance():
    case = quickstart()
    plan = plan_of(case)
    events = events_of(case, plan, 3)
    found = rebalance(case, plan, events, DAY, steps=())
    assert found.n_moves
    made, before = (put_in_force(found.case, p).owners for p in (found.plan, Plan(found.problem.owner)))
    dates = date_moves(found.problem, found.plan, DAY)
    first = PlanInForce(made, plan.tasks, DAY, before, moved_on=dates)
    later = DAY + dt.timedelta(days=7)
    second = rebalance(case, first, events, later, steps=())
    moved = found.problem.customer_ids[(found.plan.owner != found.problem.owner) & (found.problem.owner >= 0)]
    here = np.isin(moved, second.problem.customer_ids)
    owners = put_in_force(second.case, second.plan).owners
    once = second.state.customers.set_index("customer_id")["moved_on"]
    dates = date_moves(second.problem, second.plan, later, once)
    assert (dates[moved[here]] == pd.Timestamp(DAY + dt.timedelta(days=1))).all()
    next_one = PlanInForce(
        owners,
        plan.tasks,
        later,
        put_in_force(second.case, Plan(second.problem.owner)).owners,
        moved_on=dates,
    )
    third = apply_progress(case, next_one, events, later + dt.timedelta(days=7))  # two weeks after
    anew = restate(case, next_one, events)
    for state in (second.state, third, anew):
        frozen = state.freezes["customer_id"][state.freezes["reason"] == "protection"]
        assert set(moved[here]) <= set(frozen)


def test_a_plan_of_the_first_day_is_not_rejudged():
    case = quickstart()
    plan = plan_of(case)
    with pytest.raises(ValueError, match="evening"):
        rejudge(case, plan, events_of(case, plan, 3))
