"""Laws of a rebalance: what must hold for any events on any day."""

import datetime as dt
import itertools
import tomllib
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.constraints import disruption
from optimizer.evaluation import evaluate
from optimizer.explaining import explain_unserved
from optimizer.generating import generate_frames
from optimizer.messages import load_catalogue
from optimizer.plan import Plan
from optimizer.reading import read_case, read_progress
from optimizer.reading.progress import no_events
from optimizer.rebalancing import Rebalance, apply_progress, rebalance
from optimizer.rebalancing.proposing import rebalance as proposing
from optimizer.rebalancing.proposing.concern import LEAST
from optimizer.rebalancing.proposing.curve import find_bound, find_knee, join_points
from optimizer.rebalancing.proposing.incumbent import Incumbent
from optimizer.rebalancing.proposing.part import cut_part
from optimizer.rebalancing.proposing.pruning import list_moved_units, prune, weigh_return
from optimizer.rebalancing.proposing.tally import Tally
from optimizer.rebalancing.proposing.walking import walk
from optimizer.reports import build_news, build_report
from optimizer.reports.files.rebalance_files import build_page
from optimizer.scenario import Budget
from optimizer.solving import solve
from tests.cases import make_case, random_case
from tests.rebalancing.quarters import KINDS, case_of, day_of, events_of, plan_of, quickstart

START = dt.date(2027, 1, 4)
DAYS = st.integers(-1, 80).map(lambda day: START + dt.timedelta(days=day))
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
SOME = settings(FEW, max_examples=6)


def propose(seed: int, day: dt.date, case=None, **options) -> Rebalance:
    case = quickstart() if case is None else case
    plan = plan_of(case)
    return rebalance(case, plan, events_of(case, plan, seed), day, **options)


def total(found: Rebalance, owner, aim: bool = False) -> tuple[int, int]:
    return Tally(found.aim if aim else found.problem, owner).total()


@SOME
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS, share=st.floats(-0.02, 0.9), leaves=st.booleans())
def test_the_laws_of_a_proposal(kind, seed, share, leaves):
    """One test, because finding a proposal is what takes the time."""
    case, plan = case_of(kind), plan_of(case_of(kind))
    day, events = day_of(case, share), events_of(case, plan, seed)
    if leaves:
        rep = case.records.reps["rep_id"].iloc[seed % len(case.records.reps)]
        gone = {"event_id": "gone", "at": str(day), "kind": "rep_leaves", "rep_id": rep}
        events = pd.concat([events, read_progress(pd.DataFrame([gone]))[0]], ignore_index=True)
    found = rebalance(case, plan, events, day, steps=())
    is_never_worse_than_doing_nothing(found)
    every_move_pays(found)
    no_frozen_customer_moves(found)
    nobody_of_a_rep_who_left_is_forgotten(found)
    assert found.sentence() and found.certificate()


def is_never_worse_than_doing_nothing(found: Rebalance) -> None:
    for aim in (False, True):  # neither for what it is worth nor for what was aimed at
        assert total(found, found.plan.owner, aim) <= total(found, found.problem.owner, aim)
    assert total(found, found.plan.owner, aim=True)[1] == found.aimed
    if found.before.keeps_all:
        assert found.result.score.keeps_all
        assert found.result.objective <= found.before.objective


def every_move_pays(found: Rebalance) -> None:
    for move in found.moves:
        assert move.pays or not move.is_move
        back = found.plan.owner.copy()
        back[list(move.customers)] = found.problem.owner[list(move.customers)]
        assert evaluate(found.aim, Plan(back)).objective - found.aimed == move.gain
        before, after = (owner[list(move.customers)] for owner in (found.problem.owner, found.plan.owner))
        handed_over = (before >= 0) & (after >= 0) & (before != after)  # of a group some may have been there
        assert move.handover == found.problem.handover[list(move.customers)][handed_over].sum()
        assert move.sentence()
        if move.because_of is not None:  # A goes to Li because Li gave B to Wang
            other = found.moves[move.because_of]
            goes = "is left without an owner" if other.to_rep is None else f"goes to {other.to_rep}"
            assert f"{move.to_rep} has room because {other.customer_ids[0]} {goes}" in move.sentence()
            assert other.giver == move.to_rep and (other.to_rep or "") in move.sentence().split("because")[1]
    changed = found.plan.owner != found.problem.owner
    told = [k for move in found.moves for k in move.customers]
    assert len(told) == len(set(told))
    # of a group some may have been there: they belong to the move, and are no row of it
    assert sorted(k for k in told if changed[k]) == np.flatnonzero(changed).tolist()
    rows = build_news(found).changes.frame
    assert sorted(rows["customer_id"]) == sorted(found.problem.customer_ids[changed])


def test_each_certificate_says_of_what_it_is_one():
    found = propose(5, START + dt.timedelta(days=20), max_moves=3)
    choice, plan = found.certificate(), found.plan_certificate()
    assert (
        ". " in choice and found.certificate("zh").count("。") == 2 and "。 " not in found.certificate("zh")
    )
    assert "The choice of moves" in choice and "of at most 3 moves" in choice
    assert "even a fresh plan" in plan and f"{found.result.bound / 1000:,.1f} h" in plan
    assert found.result.bound <= found.result.objective
    report = build_report(
        found.case, found.problem, found.plan, found.result.score, found.result, news=build_news(found)
    )
    assert report.summary.certificate == plan  # as terminal, report and cover sheet have it
    assert f"<p>{choice}</p><p>{plan}</p>" in build_page(report, report.news)


def test_where_no_move_is_allowed_none_is_said_to_gain_nothing():
    found = propose(5, START + dt.timedelta(days=20), max_moves=0, steps=())
    assert found.n_moves == 0
    assert found.sentence().endswith("No moves are allowed.") and "gain" not in found.sentence()
    assert found.sentence("zh").endswith("不允许移交。")


def test_what_is_proved_of_few_moves_is_not_told_of_a_fresh_plan():
    base = quickstart().scenario
    plain = {
        "disruption": base.disruption.model_copy(update={"hurdle": 1.0}),
        "watch": base.watch.model_copy(update={"calm": 1.0}),
    }
    case = replace(quickstart(), scenario=base.model_copy(update=plain))
    day = START + dt.timedelta(days=20)
    few = propose(5, day, case, max_moves=2, steps=(0,))
    many = propose(5, day, case, steps=())
    assert few.result.objective > many.result.objective  # with more moves there is a better plan
    assert few.local_bound > many.result.objective >= few.result.bound
    for found in (few, many):  # no more was asked of a move than that it pays: nothing to tell of that
        assert found.aim is found.problem and "times" not in found.certificate()


def test_the_curve_says_what_is_proposed():
    found = propose(5, START + dt.timedelta(days=20), max_moves=3)
    (chosen,) = [point for point in found.curve if point is found.chosen]
    assert chosen.moves == found.n_moves <= 3 and (chosen.owner == found.plan.owner).all()
    told = build_news(found).curve.frame
    assert list(told["proposed"] == "true") == [point is chosen for point in found.curve]


def test_after_a_stop_the_points_of_the_curve_are_not_searched(monkeypatch):
    draw, stopped, asked = proposing._Run.draw_curve, [], []

    def stop(*of):
        stopped.append(True)
        return draw(*of)

    monkeypatch.setattr(proposing._Run, "draw_curve", stop)
    monkeypatch.setattr(
        proposing, "solve", lambda *of, **how: asked.append(bool(stopped)) or solve(*of, **how)
    )
    found = propose(2, START + dt.timedelta(days=40), should_stop=lambda: bool(stopped))
    assert asked and not any(asked) and len(found.curve) > 3
    ranks = [total(found, point.owner, aim=True) for point in found.curve]
    assert ranks == sorted(ranks, reverse=True)


def test_a_planner_can_choose_among_few_moves():
    curve = propose(2, START + dt.timedelta(days=40)).curve
    assert [point.moves for point in curve] == [0, 1, 2, 3, 5, 6]


def test_no_plan_stands_twice_on_the_curve():
    found = propose(13, START + dt.timedelta(days=40))
    last = found.curve[-1]
    assert last.moves == found.n_moves == 5 < last.allowed  # a sixth move that paid once does not any more
    assert [point.moves for point in found.curve] == [0, 1, 2, 3, 5]
    told = build_news(found).curve.frame
    assert told["moves"].tolist() == [0, 1, 2, 3, 5] and told["proposed"].iloc[-1] == "true"


def test_what_is_proved_of_more_moves_holds_for_fewer():
    *few, last = propose(2, START + dt.timedelta(days=40)).curve
    lost = [replace(point, bound=-5_000_000, optimal=False) for point in few]
    told = join_points([*lost, last])
    assert [point.bound for point in told] == [last.bound] * len(told)
    assert find_bound([*few, last], few[3]) == few[3].bound > last.bound


def test_a_workbook_calls_every_reason_by_its_name():
    found = propose(5, START + dt.timedelta(days=20))
    codes, column = {move.code for move in found.moves}, "reason_code"
    for lang in ("en", "zh"):
        table = build_news(found, lang).changes
        names = set(table.read_texts(column, lang))
        assert len(names) == len(codes) > 2 and names != codes and (lang == "en" or not names & codes)
        assert set(table.frame[column]) == codes  # as programs read them
        words = load_catalogue(lang)
        known = {code.split(".")[1] for code in words if code.startswith("move.")} - {"link", "link_nobody"}
        assert known == {code.split(".")[1] for code in words if code.startswith("move_name.")}


def no_frozen_customer_moves(found: Rebalance) -> None:
    kept = found.state.frozen & (found.problem.owner >= 0)
    np.testing.assert_array_equal(found.plan.owner[kept], found.problem.owner[kept])


def nobody_of_a_rep_who_left_is_forgotten(found: Rebalance) -> None:
    reps, customers = found.state.reps, found.state.customers
    gone = reps["rep_id"][~reps["here"] | reps["hands_over"]]
    theirs = customers["customer_id"][customers["here"] & customers["plan_owner"].isin(gone)]
    row = {name: k for k, name in enumerate(found.problem.customer_ids)}
    reasons = {k: reason for reason in explain_unserved(found.problem, found.plan) for k in reason.customers}
    for name in theirs:  # everybody is in the proposal, with an owner who is here or a reason
        k = row[name]
        assert found.plan.owner[k] >= 0 or reasons[k].sentence()
    names = np.append(found.problem.rep_ids, "")
    assert not set(gone) & set(names[found.plan.owner])


@SOME
@given(
    kind=st.sampled_from(list(KINDS)),
    seed=SEEDS,
    share=st.floats(0.0, 0.8),
    most=st.integers(0, 4),
    budget=st.sampled_from([None, 0.15, 0.3]),
)
def test_budgets_are_never_exceeded(kind, seed, share, most, budget):
    base = case_of(kind).scenario
    budgets: tuple[Budget, ...] = ()  # then --max-moves is all there is
    if budget is not None:
        into, out_of = (Budget(share=budget, scope="rep", direction=way) for way in ("in", "out"))
        budgets = (into, out_of, Budget(amount=2, scope="tier", tier=next(iter(base.tiers))))
    wish = base.disruption.model_copy(update={"budgets": budgets})
    case = replace(case_of(kind), scenario=base.model_copy(update={"disruption": wish}))
    plan = plan_of(case)
    events = events_of(case, plan, seed)
    found = rebalance(case, plan, events, day_of(case, share), max_moves=most, steps=(0, 2))
    assert found.n_moves <= most
    is_never_worse_than_doing_nothing(found)
    if budget is not None:  # counted from the tables, without a word of the optimizer's own on budgets
        keeps_by_count(found, budget)
    assert not disruption.find_violations(found.problem, found.plan)
    for point in found.curve:
        assert point.moves <= point.allowed
        assert not disruption.find_violations(build_problem(found.case), Plan(point.owner))


def keeps_by_count(found: Rebalance, share: float) -> None:
    """At most ``share`` of what a rep owns leaves, of what reps own on average arrives, and two of the first tier."""
    problem, owner = found.problem, found.plan.owner
    moved = (problem.owner >= 0) & (owner != problem.owner)
    owned = np.bincount(problem.owner[problem.owner >= 0], minlength=problem.n_reps)
    gone = np.bincount(problem.owner[moved], minlength=problem.n_reps)
    came = np.bincount(owner[moved & (owner >= 0)], minlength=problem.n_reps)
    average = owned.sum() / max((owned > 0).sum(), 1)  # so that a new rep can be given as much as any other
    assert (gone <= share * owned + 1e-9).all() and (came <= share * average + 1e-9).all()
    tier = found.case.records.customers["tier"].fillna(found.case.scenario.blank_tier)
    assert (moved & (tier == next(iter(found.case.scenario.tiers))).to_numpy()).sum() <= 2


@FEW
@given(seed=SEEDS, day=DAYS)
def test_more_moves_are_never_worse_on_the_curve(seed, day):
    found = propose(seed, day, steps=range(0, 12, 2))
    ranks = [total(found, point.owner, aim=True) for point in found.curve]
    assert [point.aimed for point in found.curve] == [objective for _, objective in ranks]
    assert ranks == sorted(ranks, reverse=True)
    assert sum(point.knee for point in found.curve) <= 1


@settings(SOME, max_examples=4)
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS, share=st.floats(0.0, 0.8), fewer=st.integers(0, 3))
def test_where_both_are_proved_fewer_moves_are_not_better(kind, seed, share, fewer):
    case = exact(case_of(kind))
    plan, day = plan_of(case), day_of(case, share)
    events = events_of(case, plan, seed)
    few, many = (rebalance(case, plan, events, day, max_moves=most, steps=()) for most in (fewer, None))
    if is_proved(few) and is_proved(many):
        slack = 1 + 1e-4 * abs(many.aimed)
        assert many.aimed <= few.aimed + slack


def is_proved(found: Rebalance) -> bool:
    return found.local_bound is not None and found.aimed - found.local_bound <= 1e-4 * abs(found.aimed) + 1


def test_the_law_of_fewer_moves_is_tried():
    day = START + dt.timedelta(days=7)
    assert is_proved(propose(1, day, exact(quickstart()), max_moves=1, steps=()))
    assert is_proved(propose(1, day, exact(quickstart()), steps=()))


def exact(case: Case) -> Case:
    """The case, solved until nothing better is left."""
    solving = case.scenario.solve.model_copy(update={"gap": 0.0})
    return replace(case, scenario=case.scenario.model_copy(update={"solve": solving}))


def test_no_news_after_an_optimal_plan_changes_nothing():
    case = quickstart()
    best = solve(build_problem(case), gap=0.0)
    found = rebalance(case, best.plan, read_progress([])[0])
    assert found.n_moves == 0 and not found.worthwhile
    np.testing.assert_array_equal(found.plan.owner, best.plan.owner)
    assert found.sentence().startswith("No rebalance: gain ")


def test_the_same_events_in_another_order_and_twice_give_the_same_proposal():

    case, plan = quickstart(), plan_of(quickstart())
    events = events_of(case, plan, 11)
    shuffled = pd.concat([events, events]).sample(frac=1, random_state=1)
    day = START + dt.timedelta(days=40)
    one, other = rebalance(case, plan, events, day), rebalance(case, plan, shuffled, day)
    np.testing.assert_array_equal(one.plan.owner, other.plan.owner)
    assert one.moves == other.moves


def test_a_proved_proposal_is_as_good_as_a_fresh_plan_of_the_same_state():
    found = propose(1, START + dt.timedelta(days=7))
    fresh = solve(found.aim, gap=0.0)
    assert found.taking_part.all() and found.local_bound is not None
    assert found.local_bound <= fresh.objective
    assert found.aimed <= fresh.objective * 1.002
    assert evaluate(found.problem, fresh.plan).objective <= fresh.objective


@pytest.mark.parametrize("seed", range(40))
def test_pruning_and_walking_never_make_a_plan_worse(seed):
    problem = build_problem(random_case(seed, customers=12, reps=4))
    rng = np.random.default_rng(seed)
    owner = rng.integers(-1, problem.n_reps, problem.n_customers)
    before = Tally(problem, owner).total()
    pruned = prune(problem, owner)
    assert Tally(problem, pruned).total() <= before
    walked = walk(problem, problem.owner, owner)
    assert Tally(problem, walked).total() <= Tally(problem, problem.owner).total()
    over = {v.rep_id for v in disruption.find_violations(problem, Plan(walked)) if v.hard}
    assert not over


def test_corridors_are_aimed_at_more_narrowly_only_after_news():
    case = make_case(
        [{}, {}],
        [{"tier": "C", "hours": 5.0, "owner": "r0"} for _ in range(4)],
        scenario={
            "horizon": {"start": "2027-01-04"},
            "corridors": [{"measure": "hours", "tolerance": 0.2, "price": 1.0}],
            "disruption": {"hurdle": 1.0},
        },
    )
    plan, day = Plan(build_problem(case).owner), dt.date(2027, 1, 8)
    spent = {"event_id": "e", "at": "2027-01-06", "kind": "customer_hours", "customer_id": "c0", "hours": 1}
    happened = read_progress(pd.DataFrame([spent]))[0]
    for events, is_narrow in ((no_events(), False), (happened, True)):
        found = rebalance(case, plan, events, day, steps=())
        assert found.before.violations, "somebody is outside"
        assert (found.calm < 1) == is_narrow
        assert (found.aim is found.problem) == (not is_narrow)


def test_a_swap_that_brings_nothing_is_taken_back_though_neither_move_can_be_alone():
    tight = {"horizon": {"weeks": 1, "field_share": 1.0, "hours_per_week": 4.0}, "corridors": []}
    reps = [{"lat": 31.0, "lon": 110.0}, {"lat": 31.0, "lon": 110.0}]
    customers = [
        {"tier": "C", "hours": 3.5, "lat": 31.0, "lon": 110.0, "owner": owner} for owner in ("r0", "r1")
    ]
    problem = build_problem(make_case(reps, customers, scenario=tight))
    assert all(weigh_return(Tally(problem, np.array([1, 0])), np.array([k])) > (0, 0) for k in (0, 1))
    assert prune(problem, np.array([1, 0])).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(6))
def test_where_no_move_is_worth_it_what_the_best_ones_would_gain_and_cost_is_told(seed):
    rng = np.random.default_rng(seed)
    reps = [{"lat": 31.0, "lon": 110.0}, {"lat": 31.0, "lon": 112.0}]
    customers = [
        {"tier": "B", "hours": 20.0, "lat": 31.0, "lon": 110.0 + east, "owner": "r0"}
        for east in rng.choice([0.5, 1.25, 1.5, 1.75], 5)
    ]
    scenario = {"horizon": {"start": "2027-01-04"}, "corridors": [], "disruption": {"hurdle": 100.0}}
    case = make_case(reps, customers, scenario=scenario)
    problem = build_problem(case)
    plans = [Plan(np.array(owner)) for owner in itertools.product((0, 1), repeat=5)]
    free = [
        evaluate(replace(problem, handover=np.zeros_like(problem.handover)), plan).objective for plan in plans
    ]
    best = {
        evaluate(problem, p).terms["handover"]
        for p, cost in zip(plans, free, strict=True)
        if cost == min(free)
    }
    found = rebalance(case, Plan(problem.owner), no_events())
    assert not found.n_moves and free[0] > min(free)
    assert found.idle_gain == free[0] - min(free) and found.idle_cost == min(best)
    assert f"gain {found.idle_gain / 1000:,.1f} h, cost {found.idle_cost / 1000:,.1f} h" in found.sentence(
        "en"
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_of_any_plan_found_pays_for_what_is_aimed_at_and_is_worth_no_less_than_nothing(seed):
    whole = build_problem(random_case(seed, customers=12, reps=4))
    aim = replace(whole, handover=np.zeros_like(whole.handover))  # moves look cheaper than they are
    part = cut_part(aim, aim.owner, np.ones(aim.n_reps, dtype=bool))
    run = SimpleNamespace(best=Incumbent(aim, whole))
    rng, nothing = np.random.default_rng(seed), Tally(whole, whole.owner).total()
    for _ in range(6):
        found = np.where(rng.random(12) < 0.4, rng.integers(-1, aim.n_reps, 12), whole.owner)
        kept = proposing._Run.keep_better(run, part, whole.owner, found)
        assert Tally(whole, kept).total() <= nothing
        assert Tally(aim, kept).total() <= Tally(aim, aim.owner).total()
        np.testing.assert_array_equal(prune(aim, kept), kept)


def test_the_knee_is_where_more_moves_bring_less():
    assert find_knee([0, 5, 20, 60], [100, 40, 30, 28]) == 1
    assert find_knee([0, 5], [100, 40]) is None
    assert find_knee([0, 10, 20], [100, 100, 100]) is None
    assert find_knee([0, 10, 20], [100, 50, 0]) is None


def test_the_state_is_the_one_that_progress_gives():
    day = START + dt.timedelta(days=20)
    found = propose(3, day)
    case, plan = quickstart(), plan_of(quickstart())
    again = apply_progress(case, plan, events_of(case, plan, 3), day)
    assert found.state.case.input_hash == again.case.input_hash


@cache
def large_case_with_a_leaver() -> tuple[Case, Plan, pd.DataFrame]:
    """So large that not everybody takes part at once."""
    frames, scenario = generate_frames(800, 40, 3)
    case = read_case(frames, scenario=tomllib.loads(scenario))
    best = solve(build_problem(case), gap=0.05)
    first = case.scenario.horizon.start - dt.timedelta(days=1)
    rep = str(case.records.reps["rep_id"].iloc[12])
    gone = pd.DataFrame([{"event_id": "E1", "at": str(first), "kind": "rep_leaves", "rep_id": rep}])
    return case, best.plan, read_progress(gone)[0]


@pytest.mark.parametrize(("left", "wider"), [(1.0, False), (0.0, True)])
def test_a_part_with_much_left_to_win_is_widened_once(monkeypatch, left, wider):
    monkeypatch.setattr(proposing, "WORTH_WIDENING", 1.0)  # whatever the first one brought
    monkeypatch.setattr(proposing, "LEFT", left)
    found = rebalance(*large_case_with_a_leaver(), steps=())
    assert (found.taking_part.sum() > LEAST + 1) == wider


def test_a_local_proposal_leaves_others_alone_and_says_so(monkeypatch):
    monkeypatch.setattr(proposing, "WIDENINGS", 1)  # so few territories would soon all be neighbours
    case, plan, gone = large_case_with_a_leaver()
    asked: list[tuple[bool, bool]] = []
    monkeypatch.setattr(
        proposing,
        "solve",
        lambda *of, **how: asked.append((how["brief"], how["only_whole"])) or solve(*of, **how),
    )
    found = rebalance(case, plan, gone, steps=())
    # Nobody waits for a search of a part of a large problem, but what is broken is mended.
    assert asked and set(asked) == {(True, False)}
    assert 0 < found.taking_part.sum() < found.problem.n_reps
    assert found.result.bound is None and found.local_bound <= found.aimed
    assert "as in this one, none costs less" in found.certificate()
    others = ~np.append(found.taking_part, True)[found.problem.owner]
    np.testing.assert_array_equal(found.plan.owner[others], found.problem.owner[others])
    placed_elsewhere = (found.problem.owner < 0) & ~np.append(found.taking_part, True)[found.plan.owner]
    start = np.where(placed_elsewhere, found.plan.owner, found.problem.owner)
    part = cut_part(found.aim, start, found.taking_part)
    np.testing.assert_array_equal(part.put_back(start, part.take(found.plan.owner)), found.plan.owner)
    outside = evaluate(found.aim, Plan(start)).objective
    outside -= evaluate(part.problem, part.take(start)).objective
    other = solve(part.problem, gap=0.02, seed=1)
    assert other.bound + outside <= found.aimed
    assert found.local_bound <= other.objective + outside


def test_frozen_customers_that_would_move_stay():
    base = quickstart().scenario
    told = base.schedule.model_copy(update={"published_weeks": 2})
    case = replace(quickstart(), scenario=base.model_copy(update={"schedule": told}))
    tempted = 0
    for seed in range(4):
        found = propose(seed, START + dt.timedelta(days=9), case, steps=())
        kept = found.state.frozen & (found.problem.owner >= 0)
        np.testing.assert_array_equal(found.plan.owner[kept], found.problem.owner[kept])
        free = build_problem(found.state.case)
        tempted += int((solve(free).plan.moved(free) & kept).sum())
    assert tempted > 0


@pytest.mark.parametrize("seed", range(20))
def test_after_pruning_every_move_costs_something_to_take_back(seed):
    problem = build_problem(random_case(seed, customers=12, reps=4))
    owner = np.random.default_rng(seed).integers(0, problem.n_reps, problem.n_customers)
    tally = Tally(problem, prune(problem, owner))
    assert all(weigh_return(tally, unit) > (0, 0) for unit in list_moved_units(tally))
