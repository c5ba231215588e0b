"""Metrics: how many requests, how they ended and how long they took, and how many jobs wait and run; for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from optimizer.store import JobState, Store, Unavailable, list_open_jobs, list_workers

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_MOST = 10_000  # jobs that are counted


class Metrics:
    """Counters of one process; jobs and workers are counted in the store whenever somebody looks."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("optimizer_requests", "Requests", labels, registry=self.registry)
        self.seconds = Histogram(
            "optimizer_request_seconds",
            "Seconds of a request",
            ("method", "route"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.open = Gauge("optimizer_requests_open", "Requests being answered", registry=self.registry)
        self.registry.register(_Work(store))

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def write(self) -> bytes:
        """Everything as Prometheus reads it."""
        return generate_latest(self.registry)


class _Work(Collector):
    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("optimizer_jobs", "Jobs that have not ended", labels=["state"])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("optimizer_jobs", "Jobs that have not ended", labels=["state"])
        workers = GaugeMetricFamily("optimizer_workers", "Workers that are known")
        with suppress(Unavailable), self._store.view() as connection:  # requests are counted all the same
            for state in (JobState.ASKED, JobState.RUNNING):
                jobs.add_metric([str(state)], len(list_open_jobs(connection, state, _MOST)))
            workers.add_metric([], len(list_workers(connection)))
        yield jobs
        yield workers
