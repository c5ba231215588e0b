"""Weeks of a simulated quarter: what happened, what a planner does about it, and how the territories then stand."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.generating.progress import invent_news, invent_work
from optimizer.in_force import TASK_COLUMNS, PlanInForce, date_moves
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.reading import read_progress
from optimizer.rebalancing import Desk, State, apply_progress, watch
from optimizer.rebalancing.proposing.rebalance import rebalance_state
from optimizer.rebalancing.replay.calendar import last_days
from optimizer.rebalancing.rescheduling import build_rest_problem
from optimizer.reports.content.schedule_tables import list_tasks
from optimizer.scheduling import TaskProblem, build_task_problem, solve_schedule
from optimizer.scheduling.weeks import find_weeks
from optimizer.solving import solve

PLANNERS = ("never", "ours", "anew", "fresh")
WEEKS_EFFORT = 0.1  # of the work the schedules deserve: territories are looked at here, not weeks


@dataclass(frozen=True)
class WeekEnd:
    """The evening of a week's last day, after the decision.

    ``kept``: share of territories x corridors within, ``worst``: the largest distance from a target : half the width
    there, both for the rest of the quarter. ``rest``: hours of the objective without hand-over; ``handover``: hours
    that the moves of this evening cost; ``rang``: what watch heard (ours alone).
    """

    planner: str
    week: int
    kept: float
    worst: float
    moves: int
    placed: int
    handover: float
    rest: float
    unowned: int
    changed: bool
    seconds: float
    rang: tuple[str, ...] = ()


@dataclass(frozen=True)
class First:
    """How the quarter begins: the plan of the records with its weeks, and the news to come."""

    case: Case
    seed: int
    plan: PlanInForce
    news: pd.DataFrame


@dataclass
class Course:
    """What has happened so far under one planner."""

    in_force: PlanInForce
    news: pd.DataFrame
    work: list[pd.DataFrame] = field(default_factory=list)

    def list_events(self) -> pd.DataFrame:
        """All events since the first day; what was told of a task first holds."""
        parts = [part for part in (self.news, *self.work) if len(part)]
        told = pd.concat(parts, ignore_index=True).drop_duplicates("event_id")
        return read_progress(told)[0]


def begin(case: Case, seed: int) -> First:
    """The first plan and the news of a quarter."""
    problem = build_problem(case)
    plan = solve(problem).plan
    work = build_task_problem(case, plan, problem=problem)
    in_force = _put_in_force(problem, plan, _put_into_weeks(work), None)
    return First(case, seed, in_force, invent_news(case, seed=seed))


def run_quarter(first: First, planner: str, fresh_effort: float = 1.0) -> Iterator[WeekEnd]:
    """Every week end but the last, when nothing is left to be decided, one after the other.

    ``fresh_effort``: of the work that a plan deserves, for plans from scratch.
    """
    weeks = find_weeks(first.case.scenario.horizon)
    days = last_days(weeks).tolist()
    course = Course(first.plan, first.news.copy())
    for week, day in enumerate(days[:-1]):
        work = invent_work(
            first.case, course.in_force, course.news, seed=first.seed, first_week=week, last_week=week
        )
        course.work.append(work)
        yield _end_week(first.case, course, planner, week + 1, day, fresh_effort)


def _end_week(
    case: Case, course: Course, planner: str, week: int, day: dt.date, fresh_effort: float
) -> WeekEnd:
    events = course.list_events()
    rang: tuple[str, ...] = ()
    began = time.process_time()
    if planner == "ours":
        seen = watch(case, course.in_force, events, day)
        state, rang = seen.state, tuple(sorted({trigger.code for trigger in seen.triggers}))
    else:
        state = apply_progress(case, course.in_force, events, day)
    problem = build_problem(state.case)
    owner = problem.owner
    if planner == "fresh":  # nobody's owner counts
        effort = fresh_effort * problem.effort
        free = replace(problem, handover=np.zeros_like(problem.handover), budgets=(), effort=effort)
        owner = solve(free).plan.owner
    elif planner == "anew":
        owner = solve(problem).plan.owner
    elif rang:
        owner = rebalance_state(state, steps=()).plan.owner
    changed = bool((owner != problem.owner).any())
    if not changed:
        owner = _assign_quickly(course, state, problem)
    seconds = time.process_time() - began
    plan = Plan(owner)
    if changed:
        work = build_rest_problem(state, state.case, plan, problem)
        course.in_force = _put_in_force(
            problem,
            plan,
            _put_into_weeks(work),
            day,
            date_moves(problem, plan, day, state.customers.set_index("customer_id")["moved_on"]),
        )
    score = evaluate(problem, plan)
    kept, worst = measure_corridors(problem, plan)
    return WeekEnd(
        planner=planner,
        week=week,
        kept=kept,
        worst=worst,
        moves=int(((problem.owner != UNSERVED) & (owner != problem.owner)).sum()),
        placed=int(((problem.owner == UNSERVED) & (owner != UNSERVED)).sum()),
        handover=score.terms["handover"] / UNITS_PER_HOUR,
        rest=(score.objective - score.terms["handover"]) / UNITS_PER_HOUR,
        unowned=int((owner == UNSERVED).sum()),
        changed=changed,
        seconds=seconds,
        rang=rang,
    )


def measure_corridors(problem: Problem, plan: Plan) -> tuple[float, float]:
    """(share of territories x corridors within, largest distance from a target : half the width on that side)."""
    inside, strain = [np.ones(0)], [np.zeros(1)]
    served = plan.owner >= 0
    for corridor in problem.corridors:
        size = problem.measures[corridor.measure].size
        value = np.bincount(plan.owner[served], size[served], minlength=problem.n_reps)
        within = (value >= corridor.low) & (value <= corridor.high)
        over = value > corridor.target
        width = np.where(over, corridor.high - corridor.target, corridor.target - corridor.low)
        aimed = corridor.target > 0
        inside.append(within[aimed].astype(np.float64))
        strain.append(np.abs(value - corridor.target)[aimed] / np.maximum(width[aimed], 0.5))
    every = np.concatenate(inside)
    return float(every.mean()) if len(every) else 1.0, float(np.concatenate(strain).max())


def _assign_quickly(course: Course, state: State, problem: Problem) -> np.ndarray:
    """Give each customer that was won and has no owner to the one named first; the events of winning say so then."""
    won = state.customers.set_index("customer_id")["won_on"].reindex(problem.customer_ids).notna().to_numpy()
    desk = Desk(problem, Plan(problem.owner))
    for name in problem.customer_ids[won & (problem.owner == UNSERVED)].tolist():
        best = next(iter(desk.suggest(name, 1)), None)
        if best is None or best.breaks or best.difference >= 0:
            continue
        cost = desk.take(name, best.rep_id)
        event = (course.news["kind"] == "customer_won") & (course.news["customer_id"] == name)
        course.news.loc[event, "rep_id"] = best.rep_id
        course.news.loc[event, "cost"] = cost / UNITS_PER_HOUR
    return desk.plan.owner


def _put_into_weeks(work: TaskProblem) -> pd.DataFrame:
    """The tasks with their doers and weeks, as ``tasks.csv`` has them."""
    result = solve_schedule(replace(work, effort=WEEKS_EFFORT * work.effort))
    tasks = list_tasks(work, result, "en").frame[list(TASK_COLUMNS)].reset_index(drop=True)
    texts = {name: tasks[name].where(tasks[name] != "").astype("str") for name in TASK_COLUMNS[:-1]}
    return tasks.assign(**texts)


def _put_in_force(
    problem: Problem,
    plan: Plan,
    tasks: pd.DataFrame,
    since: dt.date | None,
    moved_on: pd.Series[Any] | None = None,
) -> PlanInForce:
    ids = pd.Index(problem.customer_ids, dtype="str")
    reps = np.append(problem.rep_ids, [None])
    owners, before = (pd.Series(reps[owner], index=ids, dtype="str") for owner in (plan.owner, problem.owner))
    return PlanInForce(owners, tasks, since, before, moved_on=moved_on)
