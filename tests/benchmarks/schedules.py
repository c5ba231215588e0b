"""Tasks into weeks at two sizes: ours, and the plain model of CP-SAT under the same clock.

    python -m tests.benchmarks.schedules [--sizes 10000x50,100000x200] [--seeds 1,2,3] [--store DIR] [--markdown FILE]

The cases are invented: customers of three tiers with owners of about equal work, 85 % of the tasks visits by cadence,
the rest given, some of them for specialists, some waiting for another. Reading tables and building the problem is
inside the clock.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

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
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.rivals.weeks import solve_exactly
from tests.benchmarks.store import append_row, fingerprint, read_rows

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
OURS, RIVAL, FILE = "ours", "CP-SAT", "schedules.jsonl"
HEAD = ["tasks × reps, seed", "by", "objective, h", "bound, h", "gap", "seconds", "processor s"]
SAID = """Cases of 13 weeks with 12 % of the hours to spare: 85 % of the tasks are visits by cadence, some of the rest
are for specialists or wait for another. Seconds are from the tables to the answer, one process. CP-SAT has one plain
model of the whole case, a worker for each core, and as many seconds as ours took; building its model comes on top."""


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
        work += np.where(holds, task_hours[sent].sum() / max(holds.sum(), 1), 0.0)
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
class Run:
    """One run: objective and bound in milli-hours (objective None: nothing found), seconds with reading and building.

    ``load``: how many processes wanted a core, on average of the last minute, when it began.
    """

    code: str
    tasks: int
    reps: int
    seed: int
    who: str
    objective: int | None
    bound: float
    seconds: float
    processor: float
    load: float

    @property
    def gap(self) -> float | None:
        """(objective - bound) / objective."""
        return None if not self.objective else (self.objective - max(self.bound, 0.0)) / self.objective


def run_ours(tasks: int, reps: int, seed: int) -> tuple[Run, ScheduleResult]:
    """Read, build, schedule; what the checker says of it."""
    load, wall, processor = os.getloadavg()[0], time.perf_counter(), time.process_time()
    problem = pose(invent_case(tasks, reps, seed))
    result = solve_schedule(problem)
    if judge_schedule(problem, result.schedule).objective != result.objective or not result.score.keeps_all:
        raise AssertionError("the checker disagrees")
    taken = time.perf_counter() - wall, time.process_time() - processor
    return Run(fingerprint(), tasks, reps, seed, OURS, result.objective, result.bound, *taken, load), result


def run_cpsat(tasks: int, reps: int, seed: int, seconds: float) -> Run:
    """One model of CP-SAT over everything, a worker for each core, ending with the same clock."""
    load, wall, processor = os.getloadavg()[0], time.perf_counter(), time.process_time()
    problem = pose(invent_case(tasks, reps, seed))
    board = lay_out(problem)
    placing = start_placing(board)
    units = np.arange(board.n_units)
    left = max(seconds - (time.perf_counter() - wall), 1.0)
    exact = solve_exactly(placing, units, work=np.inf, workers=os.cpu_count() or 1, seconds=left, seed=seed)
    taken = time.perf_counter() - wall, time.process_time() - processor
    objective = None
    if exact.option is not None and exact.week is not None:
        placing.put(units, exact.option, exact.week, placing.charge(units, exact.option, exact.week))
        schedule: Schedule = board.to_schedule(placing.option, placing.week)
        objective = judge_schedule(problem, schedule).objective
    bound = exact.bound + board.constant
    return Run(fingerprint(), tasks, reps, seed, RIVAL, objective, bound, *taken, load)


def show_page(runs: list[Run]) -> str:
    """The section of the page."""
    rows = []
    for run in sorted(runs, key=lambda r: (r.tasks, r.reps, r.seed, r.who != OURS)):
        cost = "none" if run.objective is None else f"{run.objective / 1000:,.1f}"
        gap = "" if run.gap is None else f"{run.gap:.2%}"
        size = f"{run.tasks:,} × {run.reps}, {run.seed}"
        rows.append(
            [
                size,
                run.who,
                cost,
                f"{run.bound / 1000:,.1f}",
                gap,
                f"{run.seconds:.1f}",
                f"{run.processor:.1f}",
            ]
        )
    loads = [run.load for run in runs]
    busy = f"Other processes that wanted a core when a run began: {min(loads):.1f} to {max(loads):.1f}."
    lines = [
        "## Tasks into weeks",
        "",
        " ".join(SAID.split()),
        "",
        make_table(HEAD, rows),
        describe_machine(),
        busy,
    ]
    return "\n".join([*lines, "", "Made by `python -m tests.benchmarks.schedules`."])


def main(arguments: Sequence[str] | None = None) -> list[Run]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.schedules", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", default="10000x50,100000x200", help="tasks x reps, with commas")
    parser.add_argument("--seeds", default="1,2,3", help="seeds of the cases, with commas")
    parser.add_argument("--store", type=Path, help="folder where measured rows are kept")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    file = None if given.store is None else given.store / FILE
    known = [] if file is None else [Run(**row) for row in read_rows(file) if row["code"] == fingerprint()]
    found = []
    for size in given.sizes.split(","):
        tasks, reps = (int(part) for part in size.split("x"))
        for seed in (int(part) for part in given.seeds.split(",")):
            runs = [run for run in known if (run.tasks, run.reps, run.seed) == (tasks, reps, seed)]
            if {run.who for run in runs} != {OURS, RIVAL}:
                ours, _ = run_ours(tasks, reps, seed)
                runs = [ours, run_cpsat(tasks, reps, seed, ours.seconds)]
                for run in runs if file is not None else ():
                    append_row(file, asdict(run))
            found += runs
            print(*runs, sep="\n", flush=True)
    page = show_page(found)
    print(page)
    if given.markdown is not None:
        write_section(given.markdown, "schedules", page)
    return found


if __name__ == "__main__":
    main()
