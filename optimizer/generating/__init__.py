"""Generated cases: records of an invented company of any size, made to be as lumpy as real ones.

Customers crowd around cities whose sizes follow Zipf's law, reps live where the work is, present territories
are near their owners but unfair: some carry a third too much. Demand is 87 % of capacity, so a case is tight
but can be planned. The same numbers and seed give the same case (numpy's PCG64).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from optimizer.extras import find_install
from optimizer.folders import new_folder
from optimizer.generating.customers import TIERS, invent_customers
from optimizer.generating.places import invent_places
from optimizer.generating.promises import invent_apart, invent_locks, invent_pairs
from optimizer.generating.reps import SKILLS, invent_absences, invent_reps, number
from optimizer.generating.tasks import invent_tasks
from optimizer.generating.wishes import SCENARIO, write_scenario
from optimizer.messages import say
from optimizer.records import Records
from optimizer.workload import rep_capacity_hours

__all__ = [
    "MOST_CUSTOMERS",
    "MOST_REPS",
    "SKILLS",
    "TIERS",
    "check_order",
    "generate_case",
    "generate_frames",
]

MOST_CUSTOMERS, MOST_REPS = 10_000_000, 100_000
FILL = 0.87  # demand : capacity


def generate_case(
    folder: str | Path, *, customers: int, reps: int, seed: int = 0, format: Literal["csv", "parquet"] = "csv"
) -> Path:
    """Write a generated case (its tables and ``scenario.toml``) to ``folder`` and return the folder.

    ValueError for sizes out of range, OutputError when the folder holds anything, ImportError when
    Parquet is asked for without pyarrow. The folder is written whole or not at all.
    """
    check_order(customers, reps, format)
    folder = Path(folder)
    with new_folder(folder) as partial:
        frames, scenario = generate_frames(customers, reps, seed)
        for name, frame in frames.items():
            if format == "parquet":
                frame.to_parquet(partial / f"{name}.parquet", index=False)
            else:
                frame.to_csv(
                    partial / f"{name}.csv", index=False, date_format="%Y-%m-%d", lineterminator="\n"
                )
        (partial / "scenario.toml").write_text(scenario, encoding="utf-8", newline="\n")
    return folder


def check_order(customers: int, reps: int, format: str) -> None:
    """ValueError for sizes out of range, ImportError when Parquet is asked for without pyarrow."""
    if not (1 <= customers <= MOST_CUSTOMERS and 1 <= reps <= MOST_REPS):
        limits = {"most_customers": MOST_CUSTOMERS, "most_reps": MOST_REPS}
        raise ValueError(say("generating.sizes", customers=customers, reps=reps, **limits))
    if format == "parquet" and find_spec("pyarrow") is None:
        raise ImportError(say("generating.needs_parquet", install=find_install("parquet")))


def generate_frames(customers: int, reps: int, seed: int = 0) -> tuple[dict[str, pd.DataFrame], str]:
    """All tables of a generated case by name, and the text of its scenario.

    With fewer than three customers a rep demand stays below 87 % of capacity: no customer takes more than
    0.3 of a full-time rep. ValueError for sizes out of range.
    """
    check_order(customers, reps, "frames")
    rng = Generator(PCG64(seed))
    places = invent_places(rng, customers, reps)
    sellers = invent_reps(rng, places)
    absences = invent_absences(rng, sellers.frame)
    capacity = _capacity(sellers.frame, absences)
    customer_ids = number("C", customers)
    tasks = invent_tasks(rng, customer_ids, reps)
    accounts = invent_customers(rng, places, sellers, capacity, customer_ids, tasks, FILL)
    frame = accounts.frame
    revenue = frame["revenue"].to_numpy(np.float64).sum()
    sellers.frame["quota"] = np.round(1.05 * revenue * capacity / max(capacity.sum(), 1e-9), -3)

    # Promises speak of different customers, so that none contradicts another.
    free = accounts.group < 0
    apart = invent_apart(rng, places, customer_ids, free)
    free &= ~frame["customer_id"].isin(apart.to_numpy().ravel()).to_numpy()
    locks = invent_locks(rng, places, sellers, accounts, free)
    free &= ~frame["customer_id"].isin(locks["customer_id"]).to_numpy() & (accounts.skill < 0)
    pairs = invent_pairs(rng, places, sellers, accounts, free)
    frames = {
        "reps": sellers.frame,
        "customers": frame,
        "tasks": tasks,
        "absences": absences,
        "locks": locks,
        "pairs": pairs,
        "apart": apart,
    }
    return frames, write_scenario(customers, reps, seed, accounts.visits, accounts.hours_per_visit)


def _capacity(reps: pd.DataFrame, absences: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Selling hours of each rep, counted as planning will count them."""
    nothing = pd.DataFrame()
    records = Records(reps, nothing, nothing, absences, nothing, nothing, nothing)
    return rep_capacity_hours(records, SCENARIO)
