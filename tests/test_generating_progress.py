"""Invented quarters: repeatable, without contradiction, and the same news whatever the plan."""

import numpy as np
import pandas as pd

from optimizer.generating.progress import generate_progress, invent_news, invent_work
from optimizer.reading import read_progress
from optimizer.rebalancing import apply_progress
from tests.rebalancing.quarters import plan_of, quickstart


def test_the_same_seed_gives_the_same_quarter_and_another_one_another():
    case, plan = quickstart(), plan_of(quickstart())
    one = generate_progress(case, plan, seed=3)
    pd.testing.assert_frame_equal(one, generate_progress(case, plan, seed=3))
    assert not one.equals(generate_progress(case, plan, seed=4))
    assert one["event_id"].is_unique


def test_every_invented_event_counts():
    case, plan = quickstart(), plan_of(quickstart())
    for seed in range(4):
        events, findings = read_progress(generate_progress(case, plan, seed=seed, churn=0.2))
        assert findings == []
        state = apply_progress(case, plan, events, case.scenario.horizon.start.replace(month=4))
        assert state.findings == () and len(state.events) == len(events)
        kinds = events["kind"].value_counts()
        assert kinds["rep_leaves"] == 2 and kinds["rep_joins"] == 1
        assert kinds["customer_lost"] == kinds["customer_won"] == round(0.1 * 25)
        assert kinds["task_done"] > 0.4 * len(plan.tasks)  # two of four reps leave


def test_a_task_fares_alike_under_another_plan():
    case = quickstart()
    news = invent_news(case, seed=1)
    one, other = plan_of(case, 1), plan_of(case, 2)
    done = [
        set(work["task_id"][work["kind"] == "task_skipped"])
        for work in (invent_work(case, plan, news.iloc[:0], seed=1) for plan in (one, other))
    ]
    assert done[0] == done[1] and done[0]


def test_weeks_can_be_played_one_by_one():
    case, plan = quickstart(), plan_of(quickstart())
    news = invent_news(case, seed=1)
    whole = invent_work(case, plan, news, seed=1)
    parts = [invent_work(case, plan, news, seed=1, first_week=w, last_week=w) for w in range(13)]
    together = pd.concat(parts).sort_values(["at", "event_id"])
    assert together["event_id"].tolist() == whole["event_id"].tolist()
    assert np.array_equal(together["hours"].to_numpy(), whole["hours"].to_numpy(), equal_nan=True)
