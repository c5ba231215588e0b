"""Who works: the processes of this machine, or a cluster where one is named."""

from __future__ import annotations

from typing import Any

from optimizer.comparing.running.clusters import open_cluster
from optimizer.comparing.running.pools import open_pool
from optimizer.comparing.running.run import OpenCrew, Work
from optimizer.cores import count_threads


def choose_crew(work: Work, shared: Any, workers: int | None = None, cluster: str | None = None) -> OpenCrew:
    """The cluster at that address, or ``workers`` processes [as many as cores], no more than there are jobs."""
    if cluster is not None:
        return lambda jobs: open_cluster(work, shared, cluster)
    most = count_threads() if workers is None else max(1, workers)
    return lambda jobs: open_pool(work, shared, min(most, jobs))
