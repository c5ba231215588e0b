"""Which task waits for which: dependencies between open tasks, circles among them, and what they hold up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from optimizer.problem import Bools, Ints
from optimizer.records import positions_of
from optimizer.scheduling.tasks import Tasks


def find_edges(records: pd.DataFrame, tasks: Tasks) -> tuple[Ints, int]:
    """Pairs (earlier, later) of open tasks, [E, 2], each once; and how many references name no task at all.

    A task that is done or cancelled holds up nobody.
    """
    given = np.flatnonzero(tasks.row >= 0)
    position = np.full(len(records), -1, dtype=np.int64)  # of each row of the table among the open tasks
    position[tasks.row[given]] = given
    named = records["after"].iloc[tasks.row[given]].dropna()
    links = named.str.split(";").explode().str.strip()
    links = links[links.notna() & (links != "")]
    row = positions_of(records["task_id"], links)
    edges = np.column_stack([position[row], position[links.index.to_numpy(np.int64)]])
    edges = edges[(row >= 0) & (edges[:, 0] >= 0)]
    return np.unique(edges, axis=0).astype(np.int64).reshape(-1, 2), int((row < 0).sum())


def is_in_circle(after: Ints, n_tasks: int) -> Bools:
    """Which tasks wait for themselves, through others or at once, [T]."""
    found = np.zeros(n_tasks, dtype=np.bool_)
    if not len(after):
        return found
    graph = sp.csr_array((np.ones(len(after)), (after[:, 0], after[:, 1])), (n_tasks, n_tasks))
    _, part = connected_components(graph, directed=True, connection="strong")
    circle: Bools = np.bincount(part)[part] > 1
    circle[after[after[:, 0] == after[:, 1], 0]] = True
    return circle


def find_waiting(after: Ints, held: Bools) -> Bools:
    """Which tasks wait, through however many others, for one of ``held`` [T]; those among them too."""
    waiting = held.copy()
    while True:
        later = after[waiting[after[:, 0]], 1]
        if waiting[later].all():
            return waiting
        waiting[later] = True
