"""Invented tasks: one piece of work for every twentieth customer, some in an order, some done already."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from optimizer.generating.reps import number, pick
from optimizer.generating.wishes import START, WEEKS

KINDS = np.array(["visit", "renewal", "onboarding", "training", "prospecting", "audit"], dtype=object)
HOURS = np.array([1.5, 2.0, 4.0, 3.0, 1.0, 2.5])
MOST_PER_REP = 8


def invent_tasks(rng: Generator, customer_ids: NDArray[np.object_], reps: int) -> pd.DataFrame:
    """Tasks in the order of customers and due dates; ``after`` names an earlier task of the customer."""
    count = min(-(-len(customer_ids) // 20), MOST_PER_REP * reps)
    customer = rng.integers(0, len(customer_ids), count)
    due = rng.integers(14, 7 * WEEKS, count)
    order = np.lexsort((due, customer))
    customer, due = customer[order], due[order]
    earliest = np.maximum(due - rng.integers(14, 43, count), 0)
    kind = rng.integers(0, len(KINDS), count)
    ids = number("T", count)
    follows = np.diff(customer, prepend=-1) == 0
    done = (rng.random(count) < 0.05) & ~follows
    monday = pd.Timestamp(START)
    return pd.DataFrame(
        {
            "task_id": ids,
            "customer_id": customer_ids[customer],
            "kind": KINDS[kind],
            "hours": np.round(HOURS[kind] * rng.choice([0.5, 1.0, 1.0, 1.5], count), 2),
            "earliest": monday + pd.to_timedelta(earliest, "D"),
            "due": monday + pd.to_timedelta(due, "D"),
            "priority": rng.choice([1.0, 1.0, 1.0, 2.0, 3.0], count),
            "after": pick(ids, np.where(follows, np.arange(count) - 1, -1)),
            "status": np.where(done, "done", "open"),
        }
    )
