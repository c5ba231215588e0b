"""Invented progress of a planned quarter: work done and late, customers won and lost, reps who leave and join.

Two parts, so that the same news can be put before different plans: ``invent_news`` knows only who is there,
``invent_work`` follows the weeks of a plan. What becomes of a task hangs on its id and the seed alone: the visit that
is late under one plan is late under another.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from optimizer.case import Case
from optimizer.in_force import PlanInForce
from optimizer.problem import Floats
from optimizer.scheduling.weeks import find_weeks

DONE, LATE, SKIPPED = 0.86, 0.06, 0.03  # shares of tasks; of the rest nothing is heard
LATER_WEEKS = 3  # by so many weeks at most a late task is done later
CHURN = 0.10  # customers lost and won, together, as a share of all
NEXT_STAGE = 0.5  # how often an opportunity gets further


def generate_progress(
    case: Case,
    plan: PlanInForce,
    *,
    seed: int = 0,
    leavers: int = 2,
    joiners: int = 1,
    churn: float = CHURN,
) -> pd.DataFrame:
    """A whole horizon of events, in order of their days, as a table that ``read_progress`` takes.

    The same case, plan and seed give the same events. A plan without weeks has only news. ValueError without
    ``horizon.start``.
    """
    news = invent_news(case, seed=seed, leavers=leavers, joiners=joiners, churn=churn)
    work = invent_work(case, plan, news, seed=seed)
    return _in_order([news, work])


def invent_news(
    case: Case, *, seed: int = 0, leavers: int = 2, joiners: int = 1, churn: float = CHURN
) -> pd.DataFrame:
    """Everything but work: what becomes of customers and reps, in order of the days."""
    if case.scenario.horizon.start is None:
        raise ValueError("horizon.start is needed")
    rng = Generator(PCG64(seed))
    parts = [_of_reps(rng, case, leavers, joiners), _of_customers(rng, case, churn)]
    return _in_order([part for part in parts if len(part)])


def invent_work(
    case: Case,
    plan: PlanInForce,
    news: pd.DataFrame,
    *,
    seed: int = 0,
    first_week: int = 0,
    last_week: int | None = None,
) -> pd.DataFrame:
    """What becomes of the plan's tasks whose week is ``first_week`` to ``last_week`` (of the horizon, from 0).

    Nobody works for a customer who is lost by then, and no rep before joining, while absent or after leaving.
    """
    horizon, weeks = case.scenario.horizon, find_weeks(case.scenario.horizon)
    assert weeks.starts is not None
    tasks = plan.tasks
    week = pd.Index(weeks.names).get_indexer(pd.Index(tasks["week"]))
    last_week = weeks.count - 1 if last_week is None else last_week
    mine = (week >= max(first_week, 0)) & (week <= last_week) & tasks["rep_id"].notna().to_numpy()
    tasks, week = tasks[mine].reset_index(drop=True), week[mine]
    fate, when, delay, effort = (_draw(tasks["task_id"], seed, turn) for turn in range(4))
    done, late = fate < DONE, (fate >= DONE) & (fate < DONE + LATE)
    skipped = (fate >= DONE + LATE) & (fate < DONE + LATE + SKIPPED)
    day = weeks.starts[week] + np.floor(when * 5).astype(np.int64)
    day = np.minimum(day, weeks.starts[0] + 7 * horizon.weeks - 1)
    later = day + 7 * (1 + np.floor(delay * LATER_WEEKS).astype(np.int64))
    hours = np.round(tasks["hours"].to_numpy(np.float64) * np.exp(0.5 * (effort - 0.5)), 1)
    end = weeks.starts[0] + 7 * horizon.weeks
    free = _is_free(tasks, day, news)
    parts = [
        _rows(day, "task_done", done & free, tasks, hours=hours, rep_id=tasks["rep_id"]),
        _rows(day, "task_skipped", skipped & free, tasks),
        _rows(day, "task_late", late & free, tasks, due=np.where(later < end, later, np.datetime64("NaT"))),
        _rows(
            later,
            "task_done",
            late & (later < end) & free & _is_free(tasks, later, news),
            tasks,
            hours=hours,
            rep_id=tasks["rep_id"],
        ),
    ]
    return _in_order([part.assign(event_id=part["event_id"] + f"-{k}") for k, part in enumerate(parts)])


def _rows(day: Any, kind: str, where: Any, tasks: pd.DataFrame, **fields: Any) -> pd.DataFrame:
    """Events about some of the tasks."""
    frame = pd.DataFrame({"at": day, "kind": kind, "task_id": tasks["task_id"], **fields})
    frame.insert(0, "event_id", "W-" + tasks["task_id"])
    chosen: pd.DataFrame = frame[np.asarray(where)]
    return chosen


def _draw(ids: pd.Series[str], seed: int, turn: int) -> Floats:
    """A number from 0 to 1 for each id, the same for the same id, seed and turn."""
    key = f"{seed:08d}{turn:08d}"
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object), hash_key=key, categorize=False)
    share: Floats = hashed.astype(np.float64) / 2.0**64
    return share


def _is_free(tasks: pd.DataFrame, day: Any, news: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether customer and rep of each task are there on its day."""
    day = pd.Series(day).astype("datetime64[s]")
    day.index = tasks.index
    lost = news[news["kind"] == "customer_lost"].set_index("customer_id")["at"]
    gone = lost.reindex(pd.Index(tasks["customer_id"])).to_numpy()
    leaves = news[news["kind"] == "rep_leaves"].set_index("rep_id")
    last = leaves["ends"].reindex(pd.Index(tasks["rep_id"])).to_numpy()
    free: NDArray[np.bool_] = ~(day.to_numpy() >= gone) & ~(day.to_numpy() > last)
    absent = news[news["kind"] == "rep_absent"].drop_duplicates("rep_id").set_index("rep_id")
    first, until = (absent[name].reindex(pd.Index(tasks["rep_id"])).to_numpy() for name in ("starts", "ends"))
    free &= ~((day.to_numpy() >= first) & (day.to_numpy() <= until))
    return free


def _of_reps(rng: Generator, case: Case, leavers: int, joiners: int) -> pd.DataFrame:
    """Who leaves, joins, is absent, works other hours and learns something."""
    reps, weeks = case.records.reps, case.scenario.horizon.weeks
    start = pd.Timestamp(str(case.scenario.horizon.start))
    stays = np.flatnonzero(reps["ends"].isna() & reps["starts"].isna())
    order = rng.permutation(stays)
    leaving, staying = order[: min(leavers, max(len(order) - 1, 0))], order[leavers:]
    ids = reps["rep_id"].to_numpy(dtype=object)
    rows: list[dict[str, Any]] = []

    def day(low: float, high: float) -> pd.Timestamp:
        """A working day within this share of the horizon."""
        week = int(rng.integers(int(low * weeks), max(int(high * weeks), int(low * weeks) + 1)))
        return start + pd.Timedelta(days=7 * week + int(rng.integers(0, 5)))

    for k, rep in enumerate(leaving):
        low = 0.2 + 0.5 * k / max(len(leaving), 1)
        told = day(low, low + 0.15)
        ends = told + pd.Timedelta(days=int(rng.integers(7, 22)))
        rows.append({"at": told, "kind": "rep_leaves", "rep_id": ids[rep], "ends": ends})
    for k in range(joiners):
        like = reps.iloc[int(leaving[k % len(leaving)]) if len(leaving) else int(order[0])]
        told = day(0.35, 0.5)
        row = {"at": told, "kind": "rep_joins", "rep_id": f"NEW{k + 1}", "name": f"New rep {k + 1}"}
        row |= {name: like[name] for name in ("team", "role", "lat", "lon", "skills", "tiers")}
        rows.append(row | {"starts": told + pd.Timedelta(days=3), "ramp_weeks": 4.0})
    for rep in staying[: math.ceil(len(staying) / 10)]:
        first = day(0.1, 0.85)
        length = int(rng.integers(2, 12))
        absent = {
            "at": first,
            "kind": "rep_absent",
            "starts": first,
            "ends": first + pd.Timedelta(days=length),
        }
        rows.append(absent | {"rep_id": ids[rep]})
    for rep in staying[-math.ceil(len(staying) / 30) :] if len(staying) > 2 else []:
        rows.append({"at": day(0.3, 0.8), "kind": "rep_hours", "rep_id": ids[rep], "hours_per_week": 30.0})
    known = reps["skills"].dropna().str.split(";").explode().str.split("@").str[0].str.strip()
    if len(known) and len(staying) > 1:
        gained = {"kind": "skill_gained", "rep_id": ids[staying[0]], "skills": known.iloc[0]}
        rows.append({"at": day(0.3, 0.8)} | gained)
    return _number(pd.DataFrame(rows), "R")


def _of_customers(rng: Generator, case: Case, churn: float) -> pd.DataFrame:
    """Who is won and lost, re-tiered, grows, moves, is content; opportunities and money."""
    customers = case.records.customers
    n, length = len(customers), 7 * case.scenario.horizon.weeks
    start = np.datetime64(case.scenario.horizon.start, "D")
    ids, turn = customers["customer_id"].to_numpy(dtype=object), rng.permutation(len(customers))

    def some(share: float) -> NDArray[np.int64]:
        """Other customers each time, as long as there are any."""
        nonlocal turn
        count = min(round(share * n), len(turn))
        chosen, turn = turn[:count], turn[count:]
        return np.sort(chosen)

    def days(count: int, low: float = 0.0, high: float = 1.0) -> Any:
        return start + rng.integers(int(low * length), max(int(high * length), 1), count)

    def told(kind: str, who: Any, **fields: Any) -> pd.DataFrame:
        at = fields.pop("at") if "at" in fields else days(len(who))
        return pd.DataFrame({"at": at, "kind": kind, "customer_id": ids[who], **fields})

    lost, like = some(churn / 2), np.sort(rng.integers(0, n, round(churn / 2 * n)))
    won = told("customer_won", like, at=np.sort(days(len(like))))
    width = len(str(max(len(like), 1)))
    won["customer_id"] = [f"NEW-C{k + 1:0{width}d}" for k in range(len(like))]
    for column in ("tier", "industry", "segment", "region", "potential", "revenue"):
        won[column] = customers[column].to_numpy()[like]
    for column in ("lat", "lon"):
        jitter = rng.normal(0, 0.05, len(like))
        won[column] = np.round(customers[column].to_numpy(np.float64)[like] + jitter, 4)
    moved, grown, content = some(0.005), some(0.03), some(0.05)
    tiers = list(case.scenario.tiers)
    other = some(0.02)
    now = pd.Index(tiers).get_indexer(
        pd.Index(customers["tier"].fillna(case.scenario.blank_tier).iloc[other])
    )
    potential = customers["potential"].fillna(0.0).to_numpy(np.float64)
    buyers = some(0.3)
    money = customers["revenue"].fillna(1.0).to_numpy(np.float64)
    parts = [
        told("customer_lost", lost, at=days(len(lost), 0.05, 0.95)),
        won,
        told("customer_retiered", other, tier=np.array(tiers, dtype=object)[np.maximum(now - 1, 0)]),
        told("customer_potential", grown, potential=np.round(potential[grown] * 1.5, 1)),
        told("customer_satisfaction", content, satisfaction=np.round(rng.random(len(content)), 2)),
        told("revenue_booked", buyers, amount=np.round(money[buyers] / 4 * rng.random(len(buyers)), 2)),
        *_opportunities(rng, case, some(0.06), told, start, length),
    ]
    if customers["lat"].notna().any():
        place = {name: customers[name].to_numpy(np.float64)[moved] for name in ("lat", "lon")}
        shifted = {name: np.round(at + rng.normal(0, 0.1, len(moved)), 4) for name, at in place.items()}
        part = told("customer_place", moved, **shifted)
        parts.append(part[part["lat"].notna()])
    return _number(pd.concat([part for part in parts if len(part)], ignore_index=True), "C")


def _opportunities(
    rng: Generator, case: Case, who: Any, told: Any, start: Any, length: int
) -> list[pd.DataFrame]:
    """Opportunities that climb through the stages, each with even odds of a next one, until they are closed."""
    wish, at = case.scenario.freeze, rng.integers(0, length // 2, len(who))
    parts = []
    for stage in (*wish.stages, *wish.closed_stages[:1]):
        parts.append(told("opportunity_stage", who, stage=stage, at=start + at))
        goes_on = rng.random(len(who)) < NEXT_STAGE
        at, who = (at + rng.integers(5, 20, len(at)))[goes_on], who[goes_on]
        who, at = who[at < length], at[at < length]
    return parts


def _number(events: pd.DataFrame, letter: str) -> pd.DataFrame:
    """The events in order of their days, with ids."""
    events = events.assign(at=pd.to_datetime(events["at"])).sort_values("at", kind="stable")
    width = len(str(len(events)))
    return events.assign(event_id=[f"{letter}{k + 1:0{width}d}" for k in range(len(events))])


def _in_order(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All events in order of day and id, with ids, days and kinds in front."""
    frame = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    for column in ("at", "due", "starts", "ends"):
        if column not in frame.columns:
            frame[column] = pd.NaT
        frame[column] = frame[column].astype("datetime64[s]")
    head = ["event_id", "at", "kind"]
    frame = frame[[*head, *(name for name in frame.columns if name not in head)]]
    return frame.sort_values(["at", "event_id"], kind="stable").reset_index(drop=True)
