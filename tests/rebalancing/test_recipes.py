"""Laws of recipes: what must hold on any day, whoever leaves, joins, is merged, split, won or covered."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimizer.building import build_problem
from optimizer.constraints import disruption, together
from optimizer.evaluation import evaluate
from optimizer.findings import InputError
from optimizer.plan import Plan, present_plan
from optimizer.reading import read_progress
from optimizer.reading.progress import no_events
from optimizer.rebalancing import (
    Cover,
    Join,
    Leave,
    Merge,
    Split,
    Won,
    apply_progress,
    follow_recipe,
    recall_scope,
)
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.recipes.limiting import Scope
from optimizer.rebalancing.rescheduling import build_rest_problem
from optimizer.reports import build_news, build_report
from optimizer.reports.content.news import describe_rebalance
from optimizer.scenario import Budget
from optimizer.scheduling.weeks import find_week_hours, find_weeks
from tests.cases import random_case
from tests.rebalancing.quarters import events_of, plan_of, quickstart

START = dt.date(2027, 1, 4)
NEW = {"lat": 52.0, "lon": -1.3, "skills": "food:2;pharma:2", "ramp_weeks": 4, "role": "farmer"}
LATER = START + dt.timedelta(days=40)
RECIPES = {
    "leaves now": Leave("tom"),
    "leaves later": Leave("tom", LATER),
    "leaves to some": Leave("tom", to=("ines", "kai")),
    "merge": Merge("ines", to=("maya",)),
    "join": Join("zoe", LATER, NEW),
    "split": Split("kai", sources=("maya",)),
    "split with a new one": Split("zoe", START, NEW, ("maya",)),
    "won": Won("N77", {"tier": "B", "lat": 52.0, "lon": -1.0}),
}
DAYS = st.integers(-1, 30).map(lambda day: START + dt.timedelta(days=day))
FEW = settings(max_examples=1, deadline=None, phases=(Phase.explicit, Phase.generate))


def with_budgets():
    base = quickstart().scenario
    budgets = (Budget(amount=5), Budget(share=0.3, scope="rep", direction="in"))
    told = base.schedule.model_copy(update={"published_weeks": 1})
    wish = base.disruption.model_copy(update={"budgets": budgets})
    return replace(quickstart(), scenario=base.model_copy(update={"disruption": wish, "schedule": told}))


def quiet(case, plan, seed):
    """A quarter of events in which nobody leaves or joins: that is for the recipes to say."""
    events = events_of(case, plan, seed, nonsense=False)
    return events[~events["kind"].isin(["rep_leaves", "rep_joins"])].reset_index(drop=True)


@pytest.mark.parametrize("name", RECIPES)
@FEW
@given(seed=st.integers(0, 10_000), day=DAYS)
def test_a_recipe_touches_only_what_it_concerns_and_is_never_worse_than_doing_nothing(name, seed, day):
    recipe, case = RECIPES[name], with_budgets()
    plan = plan_of(case)
    found = follow_recipe(case, plan, quiet(case, plan, seed), recipe, day)
    problem, owner, before = found.problem, found.plan.owner, found.problem.owner
    assert found.recipe is recipe and not found.state.findings
    assert Tally(problem, owner).total() <= Tally(problem, before).total()
    frozen = found.state.frozen & (before >= 0)
    np.testing.assert_array_equal(owner[frozen], before[frozen])
    assert not [v for v in disruption.find_violations(problem, found.plan) if v.hard]
    given_case = build_problem(found.case)
    assert not [v for v in disruption.find_violations(given_case, found.plan) if v.hard]

    ids = problem.rep_ids.tolist()
    changed = np.flatnonzero(owner != before)
    locked = set(given_case.lock_customer[given_case.lock_forces].tolist())
    changed = [k for k in changed if k not in locked]
    planned = found.state.customers.set_index("customer_id")["plan_owner"]
    mine = {"leave": ["tom"], "merge": ["ines"], "split": ["maya"]}
    kind = name.split()[0].removesuffix("s")
    for k in changed:
        customer, to = problem.customer_ids[k], None if owner[k] < 0 else ids[owner[k]]
        mates = problem.customer_ids[together.find_units(problem) == together.find_units(problem)[k]]
        if kind == "won":
            assert "N77" in mates
        if kind in mine:
            assert set(mine[kind]) & {planned[mate] for mate in mates}, customer
        if kind in ("join", "split"):
            assert to == recipe.rep_id
        if kind in ("leave", "merge") and recipe.to:
            assert to is None or to in recipe.to


@pytest.mark.parametrize(
    ("recipe", "day"),
    [(RECIPES["leaves now"], START + dt.timedelta(days=16)), (RECIPES["leaves later"], START)],
)
def test_everybody_of_who_leaves_has_an_owner_or_a_reason(recipe, day):
    case, plan = quickstart(), plan_of(quickstart())
    found = follow_recipe(case, plan, quiet(case, plan, 5), recipe, day)
    problem, owner = found.problem, found.plan.owner
    planned = found.state.customers.set_index("customer_id")["plan_owner"][problem.customer_ids]
    theirs = np.flatnonzero((planned == recipe.rep_id).to_numpy())
    assert len(theirs) > 3
    report = build_report(found.case, problem, found.plan, found.result.score, found.result)
    told = report.unserved.frame.set_index("customer_id")["reason"]
    names = np.append(problem.rep_ids, "")
    held = {v.customer_id for v in found.result.score.hard_violations}
    held |= set(problem.customer_ids[problem.lock_customer[problem.lock_forces]])
    for k in theirs:
        name = problem.customer_ids[k]
        assert told.get(name, "") if owner[k] < 0 else names[owner[k]] != recipe.rep_id or name in held


def test_who_joins_gets_a_territory_and_who_is_won_the_best_owner():
    case, plan = quickstart(), plan_of(quickstart())
    nothing = quiet(case, plan, 1).iloc[:0]
    found = follow_recipe(case, plan, nothing, RECIPES["join"])
    zoe = list(found.problem.rep_ids).index("zoe")
    assert (found.plan.owner == zoe).sum() >= 3
    assert found.result.objective < found.before.objective and len(found.curve) > 1
    assert [event.kind for event in found.added] == ["rep_joins"]
    won = follow_recipe(case, plan, nothing, RECIPES["won"])
    at = list(won.problem.customer_ids).index("N77")
    best = Tally(won.problem, won.plan.owner).weigh(np.array([at]), np.arange(won.problem.n_reps))
    rank = sorted(zip(best.breach.tolist(), best.objective.tolist(), range(4), strict=True))
    assert won.plan.owner[at] == rank[0][2]


@pytest.mark.parametrize(("weeks", "leaves"), [(True, False), (False, True)])
def test_a_cover_says_who_does_what_and_nothing_changes_hands(weeks, leaves):
    case, plan = quickstart(), plan_of(quickstart())
    plan = plan if weeks else replace(plan, tasks=plan.tasks.iloc[:0])
    events, day = quiet(case, plan, 3), START + dt.timedelta(days=9)
    if leaves:  # a vacant seat that a successor takes later
        gone = Leave("maya", dt.date(2027, 1, 29)).list_events(events, case, day)
        events = pd.concat([events, pd.DataFrame([e.model_dump(exclude_none=True) for e in gone])])
        events = events.assign(at=pd.to_datetime(events["at"]), ends=pd.to_datetime(events["ends"])).fillna(
            {"row": 999}
        )
    recipe = Cover("maya", dt.date(2027, 2, 1), dt.date(2027, 2, 19))
    found = follow_recipe(case, plan, events, recipe, day)
    covering = found.covering
    state = covering.state
    assert covering.weeks == ("2027-W05", "2027-W06", "2027-W07")
    assert (covering.starts, covering.ends) == (dt.date(2027, 2, 1), dt.date(2027, 2, 19))
    owners = state.case.records.customers.set_index("customer_id")["owner"]
    assert (owners == "maya").sum() > 8 and "maya" not in found.problem.rep_ids
    assert set(covering.customers["owner_id"]) == {"maya"}
    assert set(owners[covering.customers["customer_id"]]) == {"maya"}
    assert "maya" not in set(covering.customers["cover_rep_id"].dropna()) and len(covering.tasks) > 0
    assert not found.plan.moved(found.problem).any()
    hours = find_week_hours(state.case.records, state.case.scenario, find_weeks(state.case.scenario.horizon))
    mine = [name != "maya" for name in state.case.records.reps["rep_id"]]
    np.testing.assert_allclose(found.problem.capacity / 1000, hours[mine][:, 4:7].sum(axis=1), atol=0.001)
    where = covering.tasks.merge(covering.customers, on="customer_id")
    assert (where["rep_id"] == where["cover_rep_id"]).all()

    problem = build_problem(state.case)
    np.testing.assert_array_equal(problem.owner, build_problem(state.held_case()).owner)
    with_cover = build_rest_problem(state, state.case, present_plan(problem), problem, covering)
    without = build_rest_problem(state, state.case, present_plan(problem), problem)
    assert sorted(with_cover.task_ids) == sorted(without.task_ids)
    assert abs(int(with_cover.hours.sum()) - int(without.hours.sum())) < 10
    doers = dict(zip(covering.tasks["task_id"], covering.tasks["rep_id"], strict=True))
    for name, doer, owner in zip(with_cover.task_ids, with_cover.given_doer, with_cover.owner, strict=True):
        if name in doers:
            assert with_cover.rep_ids[doer] == doers[name] and with_cover.rep_ids[owner] == "maya"


def test_a_cover_names_only_whom_it_may():
    case, plan = quickstart(), plan_of(quickstart())
    recipe = Cover("maya", dt.date(2027, 2, 1), dt.date(2027, 2, 19), to=("kai",))
    found = follow_recipe(case, plan, quiet(case, plan, 3), recipe, START)
    assert set(found.covering.customers["cover_rep_id"].dropna()) == {"kai"}


def test_what_nobody_knows_is_a_finding():
    case, plan = quickstart(), plan_of(quickstart())
    events = quiet(case, plan, 3).iloc[:0]
    for recipe, code in (
        (Leave("nobody"), "recipe_unknown"),
        (Leave("tom", to=("nobody",)), "recipe_unknown"),
        (Split("kai", sources=("nobody",)), "recipe_unknown"),
        (Cover("nobody", START, LATER), "recipe_unknown"),
        (Won("C01", to=("nobody",)), "recipe_unknown"),
        (Join("zoe", fields={"latitude": 3}), "recipe_field"),
        (Join("zoe", fields={"lat": 300, "lon": 1}), "recipe_field"),
        (Join("zoe"), "recipe_unknown"),
        (Split("zoe", sources=("maya",)), "recipe_unknown"),
        (Won("N9"), "recipe_unknown"),
        (Won("N9", {"tier": "B", "lat": 52.0}), "recipe_field"),
        (Won("N9", {"tier": "Q", "lat": 52.0, "lon": -1.0}), "event_tier"),
        (Merge("tom", to=("tom",)), "recipe_same"),
        (Split("maya", sources=("maya",)), "recipe_same"),
        (Cover("maya", START, LATER, to=("maya",)), "recipe_same"),
        (Leave("tom", dt.date(2027, 4, 4)), "recipe_after"),
        (Cover("tom", START, START), "cover_no_week"),
    ):
        with pytest.raises(InputError) as told:
            follow_recipe(case, plan, events, recipe, START)
        assert {f.code for f in told.value.findings} == {code}
        assert all(f.problem() and f.expected() and f.fix() for f in told.value.findings)


def test_who_has_left_is_not_brought_back_by_a_later_last_day():
    case, plan = quickstart(), plan_of(quickstart())
    told = {"event_id": "E1", "at": "2027-01-05", "kind": "rep_leaves", "rep_id": "tom", "ends": "2027-01-15"}
    events = read_progress(pd.DataFrame([told]))[0]
    with pytest.raises(InputError) as refused:
        follow_recipe(case, plan, events, Leave("tom", dt.date(2027, 2, 12)), dt.date(2027, 1, 20))
    assert [f.code for f in refused.value.findings] == ["recipe_left"]
    assert "2027-01-15" in refused.value.findings[0].problem() and refused.value.findings[0].fix()
    longer = follow_recipe(case, plan, events, Leave("tom", dt.date(2027, 2, 12)), dt.date(2027, 1, 12))
    reps = longer.state.reps.set_index("rep_id")
    assert reps["ends"]["tom"] == pd.Timestamp("2027-02-12")
    assert not (longer.plan.owner == longer.problem.rep_ids.tolist().index("tom")).any()


def test_hours_of_a_cover_count_with_who_stands_in():
    case, plan = quickstart(), plan_of(quickstart())
    away = Cover("maya", dt.date(2027, 2, 1), dt.date(2027, 3, 28))
    found = follow_recipe(case, plan, quiet(case, plan, 3).iloc[:0], away, START - dt.timedelta(days=1))
    covering = found.covering
    problem = build_problem(covering.state.case)
    lent = covering.lend(problem)

    def overloaded(which):
        return {
            v.rep_id for v in evaluate(which, present_plan(which)).violations if v.code == "over_capacity"
        }

    assert "maya" in overloaded(problem)  # she has not the hours for it
    stand_in = set(covering.customers["cover_rep_id"].dropna())
    assert overloaded(lent) == overloaded(problem) - stand_in - {"maya"}
    covered = covering.customers[covering.customers["cover_rep_id"].notna()]
    hours = 1000 * covered["hours"].sum()
    assert hours > 0 and abs((problem.hours - lent.hours).sum() - hours) <= len(covered)
    assert (problem.hours >= lent.hours).all() and (problem.capacity >= lent.capacity).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_checker_finds_every_change_outside_the_scope(seed):
    problem = build_problem(random_case(seed, customers=10, reps=4))
    rng = np.random.default_rng(seed)
    units = together.find_units(problem)
    chosen = rng.random(int(units.max()) + 1) < 0.5
    movable, receivers = chosen[units], rng.random(problem.n_reps) < 0.5
    limited = Scope(movable, receivers, None, receivers).limit(problem)
    forced = np.isin(np.arange(problem.n_customers), problem.lock_customer[problem.lock_forces])

    def count(which, owner):
        return len(
            [v for v in evaluate(which, Plan(owner)).violations if v.constraint in ("locks", "disruption")]
        )

    for customer in np.flatnonzero(~forced):
        for rep in range(-1, problem.n_reps):
            owner = problem.owner.copy()
            owner[customer] = rep
            allowed = rep == problem.owner[customer] or (movable[customer] and (rep < 0 or receivers[rep]))
            more = count(limited, owner) - count(problem, owner) > 0
            assert more == (not allowed)


@pytest.mark.parametrize(
    "told",
    [{}, {"kind": ["leave"]}, {"kind": "sell"}, {"kind": "leave"}, {"kind": "leave", "rep_id": "nobody"}],
)
def test_a_recipe_that_nobody_can_read_any_more_is_no_scope(told):
    assert recall_scope(told, apply_progress(quickstart(), plan_of(quickstart()), no_events(), START)) is None


def test_a_recipe_is_recalled_as_it_was_followed():
    found = follow_recipe(quickstart(), plan_of(quickstart()), no_events(), RECIPES["leaves to some"], START)
    told = json.loads(json.dumps(describe_rebalance(build_news(found))["recipe"]))
    scope, meant = recall_scope(told, found.state), RECIPES["leaves to some"].find_scope(found.state)
    for name in ("movable", "receivers", "emptied", "concerned"):
        np.testing.assert_array_equal(getattr(scope, name), getattr(meant, name))
