"""Invented quarters for tests: a small case, a plan with weeks, and random events, some of them nonsense."""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.generating.progress import generate_progress
from optimizer.in_force import PlanInForce, put_in_force
from optimizer.plan import present_plan
from optimizer.reading import read_case, read_progress
from optimizer.scheduling.weeks import find_weeks
from optimizer.workload import customer_visits
from tests.cases import random_case
from tests.test_docs import ROOT


@cache
def quickstart() -> Case:
    return read_case(ROOT / "scenarios" / "quickstart")


# Random cases with a first day, and what they are: every limit tight, each hard or priced.
KINDS = {
    "quickstart": None,
    "budgets, hard capacity": 1,
    "groups, priced capacity": 12,
    "hard capacity": 16,
    "everybody must be served, which cannot be": 22,
    "two budgets, priced capacity": 34,
    "nothing broken": 37,
}


@cache
def case_of(kind: str) -> Case:
    """A case of one of the ``KINDS``."""
    seed = KINDS[kind]
    return quickstart() if seed is None else random_case(seed)


def day_of(case: Case, share: float) -> dt.date:
    """The day when ``share`` of the horizon has passed; below zero: before it."""
    start = case.scenario.horizon.start
    assert start is not None
    return start + dt.timedelta(days=round(share * 7 * case.scenario.horizon.weeks))


def plan_of(case: Case, seed: int = 0) -> PlanInForce:
    """The present owners, and every visit of a cadence in a random week."""
    rng = np.random.default_rng(seed)
    customers, horizon = case.records.customers, case.scenario.horizon
    count = np.maximum(np.rint(customer_visits(case.records, case.scenario)), 1).astype(int)
    at = np.repeat(np.arange(len(customers)), count)
    number = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count) + 1
    ids = customers["customer_id"].to_numpy(dtype=object)[at]
    names = np.array(find_weeks(horizon).names, dtype=object)
    given = case.records.tasks[case.records.tasks["status"].isin(["open"]).to_numpy()]
    owner = customers.set_index("customer_id")["owner"]
    tasks = pd.DataFrame(
        {
            "task_id": [f"{c}:{horizon.start}:{k}" for c, k in zip(ids, number, strict=True)]
            + list(given["task_id"]),
            "customer_id": [*ids, *given["customer_id"]],
            "rep_id": [*customers["owner"].to_numpy(dtype=object)[at], *given["customer_id"].map(owner)],
            "week": names[rng.integers(0, len(names), len(at) + len(given))],
            "hours": np.concatenate([np.full(len(at), 2.0), given["hours"].to_numpy()]),
        }
    )
    tasks = tasks.astype(dict.fromkeys(("task_id", "customer_id", "rep_id", "week"), "str"))
    return put_in_force(case, present_plan(build_problem(case)), tasks)


def events_of(case: Case, plan: PlanInForce, seed: int, nonsense: bool = True) -> pd.DataFrame:
    """A quarter of random events; with ``nonsense``, unknown and contradictory ones among them."""
    events = generate_progress(case, plan, seed=seed, churn=0.3)
    if nonsense:
        rng = np.random.default_rng(seed)
        wrong = events.sample(min(40, len(events)), random_state=seed).assign(
            event_id=lambda f: "X" + f["event_id"]
        )
        for column in ("task_id", "customer_id", "rep_id"):
            hit = wrong[column].notna() & (rng.random(len(wrong)) < 0.2)
            wrong[column] = wrong[column].mask(hit, "nobody")
        wrong["at"] = wrong["at"] + pd.to_timedelta(rng.integers(-20, 20, len(wrong)), unit="D")
        clash = events.sample(3, random_state=seed).assign(at=events["at"].iloc[0])
        events = pd.concat([events, wrong, clash], ignore_index=True)
    read, _ = read_progress(events)
    return read
