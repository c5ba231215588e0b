"""How long it takes to answer why, at each size.

    python -m tests.benchmarks.explain --sizes 1000x25,10000x100,100000x1000 --markdown docs/benchmarks.md

The questions are asked of a plan at hand, as the command ``explain`` does once it has read the case.
"""

from __future__ import annotations

import argparse
import statistics
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from optimizer import build_problem, read_case, solve
from optimizer.explaining import (
    explain_owner,
    explain_score,
    explain_unserved,
    explain_why_not,
    find_idle_moves,
)
from optimizer.explaining.briefs import brief_customers
from optimizer.generating import generate_frames
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.reports.page import MOST_POINTS
from optimizer.reports.sampling import draw_sample
from tests.benchmarks.measuring import describe_machine, make_table, write_section

HEAD = (
    "customers × reps",
    "why this rep",
    "why not another, median",
    "slowest",
    "ledger",
    "unserved",
    "moves",
    "map",
)
ASKED = 9  # customers


def run_explain(customers: int, reps: int, seed: int) -> dict[str, list[float]]:
    """Processor seconds of every question about a plan of a generated case; of single customers all of them."""
    frames, scenario = generate_frames(customers, reps, seed)
    problem = build_problem(read_case(frames, scenario=tomllib.loads(scenario)))
    plan = solve(problem, gap=0.02).plan
    return ask(problem, plan, seed)


def ask(problem: Problem, plan: Plan, seed: int) -> dict[str, list[float]]:
    """The same for a plan at hand. Why not is asked of the third-best rep."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {
        name: [] for name in ("owner", "why_not", "score", "unserved", "moves", "map")
    }

    def clock(name: str, question: Callable[[], object]) -> None:
        began = time.process_time()
        question()
        found[name].append(time.process_time() - began)

    for customer in rng.choice(problem.n_customers, ASKED, replace=False):
        name = problem.customer_ids[customer]
        clock("owner", lambda name=name: explain_owner(problem, plan, name))
        others = [a for a in explain_owner(problem, plan, name).alternatives if a.rep_id is not None]
        rep = others[min(2, len(others) - 1)].rep_id
        clock("why_not", lambda name=name, rep=rep: explain_why_not(problem, plan, name, rep))
    clock("score", lambda: explain_score(problem, plan))
    clock("unserved", lambda: explain_unserved(problem, plan))
    clock("moves", lambda: find_idle_moves(problem, plan))
    drawn = draw_sample(np.arange(problem.n_customers), MOST_POINTS)
    clock("map", lambda: brief_customers(problem, plan, drawn))
    return found


def main(arguments: list[str] | None = None) -> dict[str, dict[str, list[float]]]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.explain", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", default="1000x25,10000x100,100000x1000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs, rows = {}, []
    for size in given.sizes.split(","):
        customers, reps = map(int, size.split("x"))
        run = runs[size] = run_explain(customers, reps, given.seed)
        seconds = [statistics.median(run["owner"]), statistics.median(run["why_not"]), max(run["why_not"])]
        seconds += [run[name][0] for name in ("score", "unserved", "moves", "map")]
        rows.append([f"{customers:,} × {reps:,}", *(f"{s:.2f}" for s in seconds)])
    table = make_table(HEAD, rows)
    print(table)
    if given.markdown is not None:
        text = (
            "## Why\n\nProcessor seconds of each question about a plan at hand (reading the case comes on top): why "
            "one customer is with its rep, every rep weighed; why not the third-best rep, which solves the "
            f"territories around anew ({ASKED} customers); what the objective is made of; why some have no owner; "
            f"every move with its gain and chain; what the map says of up to {MOST_POINTS:,} customers. Only `why "
            f"not` solves anything, and never the whole.\n\n{table}\nSeed {given.seed}. {describe_machine()}\n\n"
            "Made by `python -m tests.benchmarks.explain`."
        )
        write_section(given.markdown, "explain", text)
    return runs


if __name__ == "__main__":
    main()
