"""One solver on one instance in a process of its own under a clock, judged by the instance's own arithmetic.

Runs may be kept in a store: a rival's stays good while OR-Tools does, ours while the optimizer's code does.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from optimizer import Plan, Problem, evaluate
from tests.benchmarks.gap import Gap
from tests.benchmarks.gap_solvers import SOLVERS, Answer, Solver
from tests.benchmarks.store import append_row, fingerprint, read_rows

FILE = "literature.jsonl"
GRACE = 10.0  # seconds beyond the clock after which a run is killed
STARTING = 120.0  # seconds for a process to start, which are not on the clock


@dataclass(frozen=True)
class Run:
    """What one solver did with one instance.

    ``cost`` is None where there is no assignment, ``bound`` its own lower bound rounded up to a whole cost (every
    assignment costs a whole number), ``best_at`` the seconds after which the assignment was found, where known;
    ``wall`` and ``cpu`` (all threads and processes) are seconds from the first look at the instance.
    """

    solver: str
    cost: int | None
    feasible: bool
    bound: int | None
    wall: float
    cpu: float | None
    best_at: float | None
    words: str

    def gap_to(self, bound: int | None) -> float | None:
        """(cost - bound) / cost; None without a feasible assignment or a bound."""
        if not self.feasible or self.cost is None or bound is None:
            return None
        return (self.cost - bound) / max(abs(self.cost), 1)


def run_solver(
    name: str,
    solver: Solver,
    gap: Gap,
    problem: Problem,
    seconds: float,
    *,
    effort: float = 1.0,
    grace: float = GRACE,
) -> Run:
    """Let ``solver``, a function of some module, work on ``gap`` for ``seconds`` and judge what it says.

    ``problem`` is the instance as the product reads it: our ``evaluate`` and the instance's arithmetic must agree
    on cost and feasibility of every assignment, or RuntimeError is raised.
    """
    context = multiprocessing.get_context("spawn")  # a fresh process: nothing of ours is in its memory
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, solver, gap, seconds, effort))
    process.start()
    there.close()
    answer, began, wall, cpu, best_at = (
        Answer(None, None, None, "killed"),
        time.perf_counter(),
        0.0,
        None,
        None,
    )
    try:
        if here.poll(STARTING):
            here.recv()
            began = time.perf_counter()
            if here.poll(seconds + grace):
                answer, wall, cpu, best_at = here.recv()
    except EOFError:
        answer = Answer(None, None, None, "failed")
    finally:
        wall = wall or time.perf_counter() - began
        _kill(process)
    return _judge(name, gap, problem, answer, wall, cpu, best_at)


def fetch_run(
    name: str,
    gap: Gap,
    problem: Problem,
    seconds: float,
    *,
    effort: float = 1.0,
    store: Path | None = None,
    keep: bool = False,
) -> Run:
    """The newest stored run of the solver ``name`` if nothing it depends on has changed, else a new one, stored.

    ``keep`` takes our own stored run also where it was made with other code.
    """
    question: dict[str, Any] = {"instance": _digest(gap), "name": name, "seconds": seconds}
    made = fingerprint() if name == "ours" else version("ortools")
    if name == "ours":
        question["effort"] = effort
    file = None if store is None else store / FILE
    for row in reversed([] if file is None else read_rows(file)):
        if row["question"] == question and (row["made"] == made or (keep and name == "ours")):
            return Run(**row["run"])
    run = run_solver(name, SOLVERS[name], gap, problem, seconds, effort=effort)
    if file is not None:
        append_row(file, {"question": question, "made": made, "run": asdict(run)})
    return run


def check_bounds(runs: list[Run]) -> None:
    """RuntimeError when a bound lies above the cost of a feasible assignment that anybody found."""
    costs = [run.cost for run in runs if run.feasible and run.cost is not None]
    for run in runs:
        if costs and run.bound is not None and run.bound > min(costs):
            raise RuntimeError(f"{run.solver}: bound {run.bound} is above an assignment's cost {min(costs)}")


def _work(connection: Connection, solver: Solver, gap: Gap, seconds: float, effort: float) -> None:
    """The child: say that it is there, solve, say what came out."""
    os.setsid()  # its own children die with it
    connection.send("ready")
    before, began = _processor_seconds(), time.perf_counter()
    answer = solver(gap, began + seconds, effort)
    wall, cpu = time.perf_counter() - began, _processor_seconds() - before
    connection.send((answer, wall, cpu, None if answer.found is None else answer.found - began))


def _digest(gap: Gap) -> str:
    numbers = hashlib.sha256(str(gap.cost.shape).encode())
    for values in (gap.cost, gap.resource, gap.capacity):
        numbers.update(values.astype("<i8").tobytes())
    return numbers.hexdigest()[:16]


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _kill(process: BaseProcess) -> None:
    """End a process and those it started."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already, or not yet on its own
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _judge(
    name: str,
    gap: Gap,
    problem: Problem,
    answer: Answer,
    wall: float,
    cpu: float | None,
    best_at: float | None,
) -> Run:
    cost, feasible = None, False
    if answer.agent is not None:
        cost, feasible = gap.find_cost(answer.agent), gap.is_feasible(answer.agent)
        score = evaluate(problem, Plan(answer.agent))
        if (score.objective, score.keeps_all) != (cost, feasible) and (answer.agent >= 0).all():
            raise RuntimeError(
                f"{name}: evaluate says {score.objective}, {score.keeps_all}; {cost}, {feasible}"
            )
    bound = None
    if answer.bound is not None and math.isfinite(answer.bound):
        # the solvers' sums are in floating point: what is above a whole number by less than that is the number
        bound = math.ceil(answer.bound - 1e-6 * max(1.0, abs(answer.bound) * 1e-3))
    return Run(name, cost, feasible, bound, wall, cpu, best_at, answer.words)
