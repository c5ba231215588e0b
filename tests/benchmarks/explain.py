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
from dataclasses import replace
from pathlib import Path

import numpy as np

from optimizer import build_problem, read_case, solve
from optimizer.certain import find_certain
from optimizer.explaining import (
    explain_conflicts,
    explain_fairness,
    explain_limits,
    explain_owner,
    explain_score,
    explain_skills,
    explain_unserved,
    explain_why_not,
    find_idle_moves,
)
from optimizer.explaining.assignments.briefs import brief_customers
from optimizer.explaining.limits.confirming import LARGE, solve_for_prices
from optimizer.generating import generate_frames
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.reports.content.sampling import draw_sample
from optimizer.reports.page.customer_page import MOST_TOLD
from optimizer.result import Result
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
DEEP = (
    "customers × reps",
    "planning again, for the prices",
    "limits",
    "skills",
    "fairness",
    "certain",
    "conflicts",
)
ASKED = 9  # customers
SHORT = 0.9  # of the hours that are needed, in the case that is asked for its conflicts


DEEP_TEXT = (
    "The questions that plan again, in processor seconds: the 20 dearest limits, each confirmed by one search with it "
    "and one without, from the plan on (above 5,000,000 pairs of customer and rep of the territories around the "
    "limit, and of the whole for three limits of everybody); the five best ideas for training and hiring; 200 plans "
    "about as good; and, up to 5,000,000 pairs, of the same case with a tenth too few hours for customers who all must "
    "have an owner, what is certain without solving, and the conflict with its ways out, each solved."
)


def run_explain(customers: int, reps: int, seed: int) -> dict[str, list[float]]:
    """Processor seconds of every question about a plan of a generated case; of single customers all of them."""
    frames, scenario = generate_frames(customers, reps, seed)
    problem = build_problem(read_case(frames, scenario=tomllib.loads(scenario)))
    plan = solve(problem, gap=0.02).plan
    return ask(problem, plan, seed)


def run_deep(customers: int, reps: int, seed: int) -> dict[str, float]:
    """Processor seconds of the questions that plan again: limits, skills, fairness; and, short of hours, conflicts."""
    frames, scenario = generate_frames(customers, reps, seed)
    case = read_case(frames, scenario=tomllib.loads(scenario))
    problem = build_problem(case)
    found: dict[str, float] = {}

    def clock(name: str, question: Callable[[], object]) -> object:
        began = time.process_time()
        answer = question()
        found[name] = time.process_time() - began
        print(f"{customers} x {reps} {name}: {found[name]:.1f} s", flush=True)
        return answer

    plan = solve(problem, gap=0.02).plan
    result = clock("again", lambda: solve_for_prices(problem, plan))
    assert isinstance(result, Result)
    clock("limits", lambda: explain_limits(problem, result))
    clock("skills", lambda: explain_skills(case, problem, result))
    clock("fairness", lambda: explain_fairness(problem, plan))
    if problem.n_customers * problem.n_reps > LARGE:
        return found
    hard = cut_hours(problem)
    clock("certain", lambda: find_certain(hard))
    effort = solve(replace(hard, effort=0.0)).plan
    clock("conflicts", lambda: explain_conflicts(hard, effort))
    return found


def cut_hours(problem: Problem) -> Problem:
    """The problem with a tenth too few hours for customers who must all have an owner."""
    share = SHORT * problem.hours.sum() / problem.load_limit.sum()
    limit = (share * problem.load_limit).astype(np.int64)
    return replace(problem, cover_all=True, capacity_price=None, load_limit=limit)


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
    drawn = draw_sample(np.arange(problem.n_customers), MOST_TOLD)
    clock("map", lambda: brief_customers(problem, plan, drawn))
    return found


def main(arguments: list[str] | None = None) -> dict[str, dict[str, list[float]]]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.explain", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", default="1000x25,10000x100,100000x1000")
    parser.add_argument(
        "--deep-sizes", default="1000x25,10000x100,100000x1000", help="sizes that are planned again"
    )
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
    deep = []
    for size in filter(None, given.deep_sizes.split(",")):
        customers, reps = map(int, size.split("x"))
        taken = run_deep(customers, reps, given.seed)
        told = [f"{s:.1f}" for s in taken.values()]
        told += ["not asked"] * (len(DEEP) - 1 - len(told))
        deep.append([f"{customers:,} × {reps:,}", *told])
    more = make_table(DEEP, deep)
    print(more)
    if given.markdown is not None:
        text = (
            "## Why\n\nProcessor seconds of each question about a plan at hand (reading the case comes on top): why "
            "one customer is with its rep, every rep weighed; why not the third-best rep, which solves the "
            f"territories around anew ({ASKED} customers); what the objective is made of; why some have no owner; "
            f"every move with its gain and chain; what the map says of up to {MOST_TOLD:,} customers. Only `why "
            f"not` solves anything, and never the whole.\n\n{table}\n{DEEP_TEXT}\n\n{more}\n"
            f"Seed {given.seed}. {describe_machine()}\n\n"
            "Made by `python -m tests.benchmarks.explain`."
        )
        write_section(given.markdown, "explain", text)
    return runs


if __name__ == "__main__":
    main()
