"""Whether the tasks can be done in some order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from optimizer.reading.collecting import Findings
from optimizer.records import Records

_LONGEST = 12  # tasks of a circle that are named


def check_tasks(records: Records, findings: Findings) -> None:
    """Tasks that wait for each other in a circle."""
    tasks = records.tasks
    if not len(tasks):
        return
    after = tasks.loc[tasks["task_id"].notna(), ["task_id", "after"]].dropna()
    if not len(after):
        return
    links = after.assign(after=after["after"].str.split(";")).explode("after")
    known = links[links["after"].isin(tasks["task_id"])]
    if not _has_circle(known):
        return
    import networkx as nx  # a fifth of a second that most cases need not wait

    graph = nx.DiGraph(zip(known["after"], known["task_id"], strict=True))
    first = tasks.drop_duplicates("task_id").reset_index().set_index("task_id")["index"]
    for circle in nx.strongly_connected_components(graph):
        start = min(circle, key=lambda task: int(first[task]))
        if len(circle) == 1 and not graph.has_edge(start, start):
            continue
        named = [edge[0] for edge in nx.find_cycle(graph.subgraph(circle), start)]
        text = " → ".join([*named[:_LONGEST], "..."] if len(named) > _LONGEST else [*named, named[0]])
        findings.add_all(
            "circular_tasks", "error", "tasks", [int(first[start])], "after", [start], circle=text
        )


def _has_circle(links: pd.DataFrame) -> bool:
    """Whether tasks wait for themselves, straight or through others; ``links`` are pairs (task_id, after)."""
    task, _ = pd.factorize(pd.concat([links["after"], links["task_id"]], ignore_index=True))
    before, later = task[: len(links)], task[len(links) :]
    n_tasks = int(task.max(initial=-1)) + 1
    graph = sp.csr_array((np.ones(len(links)), (before, later)), shape=(n_tasks, n_tasks))
    parts, _ = sp.csgraph.connected_components(graph, connection="strong")
    return bool(parts < n_tasks or (before == later).any())
