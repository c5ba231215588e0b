"""Laws of progress: what must hold for any events, in any order, as of any day."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimizer.building import build_problem
from optimizer.generating import generate_frames
from optimizer.plan import Plan
from optimizer.reading import read_case, read_progress
from optimizer.rebalancing import State, apply_progress, watch
from optimizer.rebalancing.watching.triggers import ring
from tests.cases import random_case
from tests.rebalancing.quarters import KINDS, case_of, day_of, events_of, plan_of, quickstart

START = dt.date(2027, 1, 4)
DAYS = st.integers(-1, 95).map(lambda day: START + dt.timedelta(days=day))
SEEDS = st.integers(0, 10_000)
# A quarter takes a moment: a seed that fails is told as it is, not made smaller.
FEW = settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
SOME = settings(FEW, max_examples=6)
SHARES = st.floats(-0.02, 1.1)  # of the horizon
NO_EVENTS = read_progress([])[0]


def assert_same(one: State, other: State) -> None:
    for name in ("customers", "reps", "tasks", "freezes", "published"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)
    for name, table in one.case.records.tables().items():
        pd.testing.assert_frame_equal(table, other.case.records.tables()[name], obj=name)
    assert one.case.scenario == other.case.scenario
    assert one.case.input_hash == other.case.input_hash
    assert sorted((f.code, str(f.value)) for f in one.findings) == sorted(
        (f.code, str(f.value)) for f in other.findings
    )


def assert_same_problem(one, other) -> None:
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        elif field.name in ("measures", "corridors", "counts", "budgets"):
            assert len(a) == len(b)
            for x, y in zip(a, b, strict=True):
                for part in dataclasses.fields(x):
                    np.testing.assert_array_equal(
                        getattr(x, part.name), getattr(y, part.name), err_msg=f"{field.name}.{part.name}"
                    )
        else:
            assert a == b, field.name


def cases_with_a_first_day():
    found = [random_case(seed) for seed in range(60)]
    return [case for case in found if case.scenario.horizon.start is not None]


@pytest.mark.parametrize("case", cases_with_a_first_day(), ids=lambda case: case.name)
def test_no_news_changes_nothing(case):
    rng = np.random.default_rng(len(case.records.locks))
    owner = rng.integers(-1, len(case.records.reps), len(case.records.customers))
    state = apply_progress(case, Plan(owner), NO_EVENTS)
    assert not state.findings
    names = np.append(case.records.reps["rep_id"].to_numpy(dtype=object), None)
    customers = case.records.customers.assign(owner=pd.Series(names[owner], dtype="str"))
    planned = dataclasses.replace(case, records=dataclasses.replace(case.records, customers=customers))
    assert_same_problem(build_problem(state.case), build_problem(planned))


def test_no_news_changes_nothing_in_a_generated_case():
    import tomllib

    frames, scenario = generate_frames(300, 9, 3)
    case = read_case(frames, scenario=tomllib.loads(scenario))
    problem = build_problem(case)
    state = apply_progress(case, Plan(problem.owner), NO_EVENTS)
    assert_same_problem(build_problem(state.case), problem)


@SOME
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS, share=SHARES)
def test_the_same_events_twice_change_nothing(kind, seed, share):
    case, plan = case_of(kind), plan_of(case_of(kind))
    day = day_of(case, share)
    events = events_of(case, plan, seed)
    twice = pd.concat([events, events], ignore_index=True)
    assert_same(apply_progress(case, plan, events, day), apply_progress(case, plan, twice, day))


@SOME
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS, share=SHARES, order=SEEDS)
def test_any_order_of_arrival_gives_the_same_state(kind, seed, share, order):
    case, plan = case_of(kind), plan_of(case_of(kind))
    day = day_of(case, share)
    events = events_of(case, plan, seed)
    shuffled = events.sample(frac=1, random_state=order)
    assert_same(apply_progress(case, plan, events, day), apply_progress(case, plan, shuffled, day))


@SOME
@given(kind=st.sampled_from(list(KINDS)), seed=SEEDS, share=SHARES)
def test_as_of_a_day_later_events_have_not_happened(kind, seed, share):
    case, plan = case_of(kind), plan_of(case_of(kind))
    day = day_of(case, share)
    events = events_of(case, plan, seed)
    known = events[events["at"] <= pd.Timestamp(day)]
    assert_same(apply_progress(case, plan, events, day), apply_progress(case, plan, known, day))


@FEW
@given(seed=SEEDS, day=DAYS, more=st.integers(1, 60))
def test_done_work_never_comes_back(seed, day, more):
    case, plan = quickstart(), plan_of(quickstart())
    events = events_of(case, plan, seed, nonsense=False)
    before = apply_progress(case, plan, events, day)
    after = apply_progress(case, plan, events, day + dt.timedelta(days=more))
    mine = after.customers.set_index("customer_id").loc[before.customers["customer_id"]]
    for column in ("done_hours", "visits_made"):
        assert (mine[column].to_numpy() >= before.customers[column].to_numpy() - 1e-9).all()
    then = after.tasks.set_index("task_id")["status"]
    done = before.tasks["task_id"][before.tasks["status"] == "done"]
    assert (then[done] == "done").all()
    reps = after.reps.set_index("rep_id").loc[before.reps["rep_id"]]
    assert (reps["done_hours"].to_numpy() >= before.reps["done_hours"].to_numpy() - 1e-9).all()


@FEW
@given(seed=SEEDS, day=DAYS)
def test_who_has_left_owns_nothing_and_freezes_nothing(seed, day):
    case, plan = quickstart(), plan_of(quickstart())
    state = apply_progress(case, plan, events_of(case, plan, seed), day)
    gone = set(state.reps["rep_id"][~state.reps["here"]])
    leaving = set(state.reps["rep_id"][state.reps["leaving"]])
    records = state.case.records
    assert not gone & set(records.reps["rep_id"])
    handing_over = set(state.reps["rep_id"][state.reps["hands_over"]])
    assert not (gone | handing_over) & set(records.customers["owner"].dropna())
    assert not gone & set(state.customers["owner"].dropna())
    assert not (gone | leaving) & set(state.freezes["rep_id"])
    frozen = state.customers.set_index("customer_id")["owner"]
    assert (state.freezes["rep_id"].to_numpy() == frozen[state.freezes["customer_id"]].to_numpy()).all()
    build_problem(state.held_case())


@FEW
@given(seed=SEEDS, day=DAYS)
def test_the_case_holds_exactly_what_is_left(seed, day):
    case, plan = quickstart(), plan_of(quickstart())
    state = apply_progress(case, plan, events_of(case, plan, seed), day)
    problem = build_problem(state.case)
    here = state.customers[state.customers["here"]].set_index("customer_id").loc[problem.customer_ids]
    np.testing.assert_allclose(problem.hours / 1000, here["remaining_hours"], atol=0.002)
    reps = state.reps[state.reps["here"]].set_index("rep_id").loc[problem.rep_ids]
    owning = reps["remaining_hours"].mask(reps["hands_over"], 0.0)
    np.testing.assert_allclose(problem.capacity / 1000, owning, atol=0.002)
    np.testing.assert_allclose(
        state.reps["elapsed_hours"] + state.reps["remaining_hours"], state.reps["capacity_hours"]
    )
    total = state.events["done_hours"].sum()
    assert state.customers["done_hours"].sum() == pytest.approx(total)


@FEW
@given(seed=SEEDS)
def test_every_event_counts_or_is_a_finding(seed):
    case, plan = quickstart(), plan_of(quickstart())
    events = events_of(case, plan, seed)
    state = apply_progress(case, plan, events, dt.date(2027, 12, 31))
    told = {f.row for f in state.findings if f.code not in ("event_stage", "and_more")}
    counted = set(state.events["row"])
    assert set(events["row"]) <= counted | told
    locks = {"event_lock", "keep_without_owner", "lock_without_rep"}
    assert not counted & {f.row for f in state.findings if f.code not in {"event_stage", *locks}}
    for finding in state.findings:
        assert finding.problem() and finding.expected() and finding.fix()


@settings(FEW, max_examples=1)
@given(seed=SEEDS, order=SEEDS, day=st.integers(14, 40).map(lambda day: START + dt.timedelta(days=day)))
def test_what_rings_does_not_depend_on_the_order_of_events_nor_on_later_ones(seed, order, day):
    case, plan = quickstart(), plan_of(quickstart())
    events = events_of(case, plan, seed)
    known = events[events["at"] <= pd.Timestamp(day)].sample(frac=1, random_state=order)
    one, other = watch(case, plan, events, day), watch(case, plan, known, day)
    assert one.triggers == other.triggers
    pd.testing.assert_frame_equal(one.history, other.history)


@given(st.lists(st.floats(0, 3), max_size=20), st.integers(1, 4))
def test_a_trigger_rings_late_and_is_quiet_late(values, weeks):
    rings = ring(np.array(values).reshape(-1, 1), 1.0, weeks, 0.8)[:, 0]
    for week, now in enumerate(rings):
        row = values[max(0, week - weeks + 1) : week + 1]
        if now and not (week and rings[week - 1]):
            assert len(row) == weeks and min(row) > 1.0
        if len(row) == weeks and min(row) > 1.0:
            assert now
        if values[week] <= 0.8:
            assert not now
        if week and rings[week - 1] and values[week] > 0.8:
            assert now
