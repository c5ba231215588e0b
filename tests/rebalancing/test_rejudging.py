"""A rebalanced plan judged anew is worth what it was said to be."""

import datetime as dt

import pytest

from optimizer.in_force import PlanInForce, put_in_force
from optimizer.plan import Plan
from optimizer.rebalancing import rebalance, rejudge
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


def test_a_plan_of_the_first_day_is_not_rejudged():
    case = quickstart()
    plan = plan_of(case)
    with pytest.raises(ValueError, match="evening"):
        rejudge(case, plan, events_of(case, plan, 3))
