"""Tasks into weeks at two sizes: ours, and the plain model of CP-SAT under the same clock.

    python -m tests.benchmarks.schedules [--sizes 10000x50,100000x200] [--seeds 1,2,3] [--rival]

The cases are invented: customers of three tiers with owners of about equal work, 85 % of the tasks visits by cadence,
the rest given, some of them for specialists, some waiting for another. Reading tables and building the problem is
inside the clock.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer import (
    Case,
    Schedule,
    ScheduleResult,
    TaskProblem,
    build_problem,
    build_task_problem,
    judge_schedule,
    present_plan,
    read_case,
    solve_schedule,
)
from optimizer.scheduling.board import lay_out
from optimizer.scheduling.placing import start_placing
from tests.benchmarks.rivals.weeks import solve_exactly

TIERS = {
    "A": {"visits": 6, "hours_per_visit": 2.0, "unserved_price": 10},
    "B": {"visits": 3, "hours_per_visit": 1.5, "unserved_price": 6},
    "C": {"visits": 1, "hours_per_visit": 1.0, "unserved_price": 4},
}
MIX = {"A": 0.1, "B": 0.3, "C": 0.6}
KINDS = ["renewal", "training", "audit", "installation", "offer"]
SKILLS = ["installation", "offer"]
START = pd.Timestamp("2027-01-04")
WEEKS, SHARE, VISITS = 13, 0.6, 0.85


def invent_case(tasks: int, reps: int, seed: int, utilization: float = 0.88) -> Case:
    """A case of about so many tasks. Work is ``utilization`` of the hours that reps have."""
    rng = np.random.default_rng(seed)
    per_customer = sum(share * TIERS[name]["visits"] for name, share in MIX.items())
    n = round(tasks * VISITS / per_customer)
    tier = rng.choice(list(MIX), n, p=list(MIX.values()))
    hours = np.array([TIERS[t]["visits"] * TIERS[t]["hours_per_visit"] for t in tier])
    owner = np.empty(n, dtype=np.int64)
    owner[np.argsort(-hours, kind="stable")] = np.arange(n) % reps  # everybody gets the same of each tier
    given = tasks - int(sum(TIERS[t]["visits"] for t in tier))
    customer = np.sort(rng.integers(0, n, given))
    follows = (np.diff(customer, prepend=-1) == 0) & (rng.random(given) < 0.8)
    due = rng.integers(14, 7 * WEEKS, given)
    due = due[np.lexsort((due, customer))]  # what waits for another task is due after it
    earliest = np.maximum(due - rng.integers(14, 43, given), 0)
    task_hours = rng.choice([1.0, 1.5, 2.0, 3.0, 4.0], given)
    ids = np.array([f"T{i:06d}" for i in range(given)], dtype=object)
    names = np.array([f"C{i:06d}" for i in range(n)], dtype=object)
    skills = [";".join(s for s in SKILLS if rng.random() < 0.3) or None for _ in range(reps)]
    rep_ids = np.array([f"R{i:03d}" for i in range(reps)], dtype=object)
    needs = np.where(rng.random(given) < 0.15, rng.choice(SKILLS, given), None)
    work = np.bincount(owner, hours, reps)
    able = np.array([[skill in (held or "") for held in skills] for skill in SKILLS])
    for skill, holds in zip(
        SKILLS, able, strict=True
    ):  # specialists have the hours for what others send them
        sent = (needs == skill) & ~holds[owner[customer]]
        work += np.where(holds, task_hours[sent].sum() / holds.sum(), 0.0)
        np.add.at(work, owner[customer[sent]], -task_hours[sent])
    np.add.at(work, owner[customer], task_hours)
    return read_case(
        {
            "reps": pd.DataFrame(
                {
                    "rep_id": rep_ids,
                    "lat": rng.uniform(30, 32, reps),
                    "lon": rng.uniform(119, 122, reps),
                    "skills": skills,
                    "hours_per_week": np.round(work / WEEKS / SHARE / utilization, 1),
                }
            ),
            "customers": pd.DataFrame(
                {
                    "customer_id": names,
                    "tier": tier,
                    "owner": rep_ids[owner],
                    "lat": rng.uniform(30, 32, n),
                    "lon": rng.uniform(119, 122, n),
                }
            ),
            "tasks": pd.DataFrame(
                {
                    "task_id": ids,
                    "customer_id": names[customer],
                    "kind": rng.choice(KINDS, given),
                    "hours": task_hours,
                    "earliest": START + pd.to_timedelta(earliest, "D"),
                    "due": START + pd.to_timedelta(due, "D"),
                    "priority": rng.choice([1.0, 1.0, 1.0, 2.0, 3.0], given),
                    "requires": needs,
                    "after": np.where(follows, np.roll(ids, 1), None),
                    "status": "open",
                }
            ),
        },
        scenario={
            "horizon": {"start": "2027-01-04", "weeks": WEEKS, "field_share": SHARE},
            "tiers": TIERS,
        },
    )


def pose(case: Case) -> TaskProblem:
    """The task problem under the present owners."""
    problem = build_problem(case)
    return build_task_problem(case, present_plan(problem), problem=problem)


@dataclass(frozen=True)
class Row:
    """One run: objective and bound in milli-hours (None: nothing found), seconds with reading, processor seconds."""

    who: str
    objective: int | None
    bound: float
    seconds: float
    processor: float

    @property
    def gap(self) -> float | None:
        """(objective - bound) / objective."""
        return None if not self.objective else (self.objective - max(self.bound, 0.0)) / self.objective


def run_ours(tasks: int, reps: int, seed: int) -> tuple[Row, ScheduleResult]:
    """Read, build, schedule; what the checker says of it."""
    wall, processor = time.perf_counter(), time.process_time()
    problem = pose(invent_case(tasks, reps, seed))
    result = solve_schedule(problem)
    if judge_schedule(problem, result.schedule).objective != result.objective or not result.score.keeps_all:
        raise AssertionError("the checker disagrees")
    taken = time.perf_counter() - wall, time.process_time() - processor
    return Row("ours", result.objective, result.bound, *taken), result


def run_cpsat(tasks: int, reps: int, seed: int, seconds: float) -> Row:
    """One model of CP-SAT over everything, two workers, ending with the same clock."""
    wall, processor = time.perf_counter(), time.process_time()
    problem = pose(invent_case(tasks, reps, seed))
    board = lay_out(problem)
    placing = start_placing(board)
    units = np.arange(board.n_units)
    left = max(seconds - (time.perf_counter() - wall), 1.0)
    exact = solve_exactly(placing, units, work=np.inf, workers=2, seconds=left, seed=seed)
    taken = time.perf_counter() - wall, time.process_time() - processor
    settled = board.constant
    if exact.option is None or exact.week is None:
        return Row("CP-SAT", None, exact.bound + settled, *taken)
    placing.put(units, exact.option, exact.week, placing.charge(units, exact.option, exact.week))
    schedule: Schedule = board.to_schedule(placing.option, placing.week)
    return Row("CP-SAT", judge_schedule(problem, schedule).objective, exact.bound + settled, *taken)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.schedules", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", default="10000x50,100000x200", help="tasks x reps, with commas")
    parser.add_argument("--seeds", default="1,2,3", help="seeds of the cases, with commas")
    parser.add_argument("--rival", action="store_true", help="CP-SAT too, with as many seconds as ours took")
    given = parser.parse_args(arguments)
    print("| tasks | reps | seed | by | objective, h | bound, h | gap | seconds | processor s |")
    print("| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for size in given.sizes.split(","):
        tasks, reps = (int(part) for part in size.split("x"))
        for seed in (int(part) for part in given.seeds.split(",")):
            ours, _ = run_ours(tasks, reps, seed)
            rows = [ours] + ([run_cpsat(tasks, reps, seed, ours.seconds)] if given.rival else [])
            for row in rows:
                cost = "none" if row.objective is None else f"{row.objective / 1000:,.1f}"
                gap = "" if row.gap is None else f"{row.gap:.2%}"
                print(
                    f"| {tasks:,} | {reps} | {seed} | {row.who} | {cost} | {row.bound / 1000:,.1f} | {gap} "
                    f"| {row.seconds:.1f} | {row.processor:.1f} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
