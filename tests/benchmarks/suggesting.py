"""How long a served workspace takes to name the owners of a new customer.

    python -m tests.benchmarks.suggesting --markdown docs/benchmarks.md

Generated cases, the present owners as the plan, kept in a SQLite store and asked through the whole application: token,
reading and checking of the row, the problem with one customer more, all reps weighed, JSON. Asker and service are one
process, so that its processor time holds both.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fastapi.testclient import TestClient

from optimizer import read_case
from optimizer.case import Case
from optimizer.generating import generate_frames
from optimizer.store import SYSTEM, Role, create_workspace, make_token, open_store, save_case, save_plan
from optimizer.web.app import build_app
from optimizer.web.settings import Settings
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.plans import read_sizes
from tests.web.conftest import quiet_logs

SIZES = [(10_000, 100), (100_000, 1_000)]
ASKED = 300
ABOUT = """\
## Owners for a new customer

`POST /api/v1/.../suggestions` with customers that the case does not have, {asked}, one after the other, seed {seed}:
milliseconds from asking to the answer of the five best, through the whole application on SQLite, asker included. The
first answer of a process reads the case; the others find it warm. Aimed at for 10,000 × 100: 95th percentile below 50.
"""
HEAD = ("customers × reps", "first s", "wall p50 ms", "wall p95 ms", "processor p50 ms", "processor p95 ms")


@dataclass(frozen=True)
class Asked:
    """Wall and processor of every answer, milliseconds; ``first``: seconds of the one that found nothing warm."""

    customers: int
    reps: int
    first: float
    wall: list[float]
    processor: list[float]


def run_suggesting(customers: int, reps: int, seed: int, asked: int) -> Asked:
    """Serve a generated case and ask."""
    frames, scenario = generate_frames(customers, reps, seed)
    case = read_case(frames, scenario=tomllib.loads(scenario))
    quiet_logs()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store.db")
        with store.write(SYSTEM, "benchmark") as write:
            create_workspace(write, "asked")
        with store.write("asked", "benchmark") as write:
            key = make_token(write, "asker", Role.PLANNER)[1]
            version = save_case(write, "case", case)
            plan = save_plan(write, version.id, _keep_owners(case))
        with TestClient(build_app(store, Settings(rate=1e6, burst=10**6))) as client:
            path, headers = (
                f"/api/v1/workspaces/asked/plans/{plan.id}/suggestions",
                {"Authorization": f"Bearer {key}"},
            )

            def ask(body: dict[str, Any]) -> tuple[float, float]:
                wall, processor = time.perf_counter(), time.process_time()
                answer = client.post(path, json=body, headers=headers)
                spent = time.perf_counter() - wall, time.process_time() - processor
                assert answer.status_code == 200 and len(answer.json()) == 5, answer.text
                return spent

            first, _ = ask({"customer": {"customer_id": "first"}})
            spent = [ask({"customer": one}) for one in _invent_customers(case, asked, seed)]
        store.close()
    wall, processor = ([1000 * one[k] for one in spent] for k in (0, 1))
    return Asked(customers, reps, first, wall, processor)


def _keep_owners(case: Case) -> pd.DataFrame:
    """Everybody as now, as assignments.csv has it."""
    customers = case.records.customers
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"],
            "rep_id": customers["owner"],
            "hours": 0.0,
            "travel_hours": 0.0,
        }
    )


def _invent_customers(case: Case, count: int, seed: int) -> list[dict[str, Any]]:
    """New ones near old ones, every third with hours, a potential and a required skill of theirs."""
    old, rng = case.records.customers, np.random.default_rng(seed)
    found = []
    for number, k in enumerate(rng.integers(len(old), size=count)):
        near = old.iloc[int(k)]
        one = {"customer_id": f"new{number}", "tier": near["tier"]}
        one |= {name: float(near[name] + rng.normal(0, 0.1)) for name in ("lat", "lon")}
        if number % 3 == 0:
            one |= {"hours": float(rng.integers(1, 40)), "potential": float(rng.integers(1, 1000))}
            one |= {} if pd.isna(near["requires"]) else {"requires": near["requires"]}
        found.append(one)
    return found


def show_page(runs: Sequence[Asked], seed: int, asked: int) -> str:
    """The section of the page."""
    rows = []
    for run in runs:
        shares = [f"{np.percentile(spent, p):.1f}" for spent in (run.wall, run.processor) for p in (50, 95)]
        rows.append([f"{run.customers:,} × {run.reps:,}", f"{run.first:.2f}", *shares])
    about = ABOUT.format(asked=asked, seed=seed)
    made = "\nMade by `python -m tests.benchmarks.suggesting`."
    return "\n".join([about, make_table(HEAD, rows), describe_machine(), made])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.suggesting", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", type=read_sizes, default=SIZES, help="customers x reps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--asked", type=int, default=ASKED, help="new customers of each size")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs = [run_suggesting(*size, given.seed, given.asked) for size in given.sizes]
    page = show_page(runs, given.seed, given.asked)
    print(page)
    if given.markdown is not None:
        write_section(given.markdown, "suggesting", page)


if __name__ == "__main__":
    main()
