"""One measured run of the whole way: generate a case, plan it by the command, and look at the answer again.

Four commands, each a process of its own: ``plan`` (measured, from Parquet where pyarrow is installed), the judge,
which reads only tables and the written plan, the price no plan can avoid, and the bare flow on the same arcs.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import ROOT, Usage, measure, module_command, run_measured
from tests.benchmarks.store import append_row, fingerprint, read_rows

FILE = "plans.jsonl"
TABLES_ONLY = ("--reports", "none")  # of plan: the assignments and all other tables, no workbook, page or map
LARGE = 100_000  # customers from which on nobody looks at a workbook


@dataclass(frozen=True)
class Run:
    """What a run took, its result.json without the list of violations, and what the others said of it.

    ``complaints``: of the judge, None when it was not asked. ``unavoidable``: hours that every plan pays for
    customers whom no rep may serve. ``flow``: arcs, and seconds to build and to solve the bare flow.
    """

    customers: int
    reps: int
    seed: int
    usage: Usage
    result: dict[str, Any]
    complaints: int | None
    unavoidable: float
    flow: dict[str, float]
    options: tuple[str, ...]
    code: str
    day: str

    @property
    def size(self) -> tuple[int, int]:
        """Customers and reps."""
        return self.customers, self.reps

    @property
    def gap(self) -> float | None:
        """(objective - bound) / objective after taking from both what no plan can avoid; None without a bound."""
        objective, bound = self.result["objective"], self.result["bound"]
        if self.result["gap"] is None or bound is None:
            return None
        avoidable = objective - self.unavoidable
        return (objective - bound) / avoidable if avoidable > 0 else 0.0 if objective <= bound else math.inf

    @property
    def ratio(self) -> float:
        """Seconds of the whole command : seconds of solving the bare flow."""
        return self.usage.wall / self.flow["solve_seconds"]

    @property
    def solving(self) -> float:
        """Seconds of solving, of the whole command's."""
        return float(self.result["seconds"])

    def seconds_to(self, gap: float) -> float | None:
        """Seconds of solving until the plan was proved to be this near, None if it never was."""
        reached = (p["seconds"] for p in self.result["progress"] if p["gap"] is not None and p["gap"] <= gap)
        return next(reached, None)

    @property
    def first_plan(self) -> float | None:
        """Seconds of solving until the first plan that keeps every hard constraint."""
        return next((p["seconds"] for p in self.result["progress"] if p["keeps_all"]), None)


def run_plan(
    customers: int, reps: int, seed: int, folder: Path, *, options: Sequence[str] = (), judged: bool = True
) -> Run:
    """Generate a case in ``folder`` and run the whole way; ``options`` go to ``plan``.

    RuntimeError when a command fails; a plan that breaks hard constraints is an answer, not a failure.
    """
    code = fingerprint()
    given, tables = generate(customers, reps, seed, folder)
    out = folder / "out"
    usage = run_measured(["plan", given, "--no-schedule", "--out", out, *options])
    if usage.code not in (0, 1):
        raise RuntimeError(f"{customers} x {reps}, seed {seed}: exit code {usage.code}\n{usage.output}")
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    del result["violations"]
    complaints = None
    if judged:
        verdict = measure([sys.executable, ROOT / "tests" / "judge.py", tables, out])
        if verdict.code not in (0, 1):
            raise RuntimeError(f"the judge gave up\n{verdict.output}")
        complaints = len(verdict.output.splitlines()) - 1 if verdict.code else 0
    return Run(
        customers=customers,
        reps=reps,
        seed=seed,
        usage=replace(usage, output=""),
        result=result,
        complaints=complaints,
        unavoidable=float(_ask("tests.benchmarks.unavoidable", given, out)),
        flow=_ask("tests.benchmarks.flow", given),
        options=tuple(options),
        code=code,
        day=f"{dt.date.today():%Y-%m-%d}",
    )


def generate(customers: int, reps: int, seed: int, folder: Path) -> tuple[Path, Path]:
    """A generated case twice: as the command reads it (Parquet, where pyarrow is installed), and as CSV."""
    size = ["--customers", str(customers), "--reps", str(reps), "--seed", str(seed)]
    tables, parquet = folder / "case", folder / "parquet"
    _run(["generate", tables, *size])
    if find_spec("pyarrow") is None:
        return tables, tables
    _run(["generate", parquet, *size, "--format", "parquet"])
    return parquet, tables


def fetch_run(
    customers: int,
    reps: int,
    seed: int,
    *,
    store: Path | None = None,
    keep: bool = False,
    options: Sequence[str] = (),
    judged: bool = True,
) -> Run:
    """The newest stored run if it was made with this code (with any, if ``keep``), else a new one, stored at once.

    One that was not ``judged`` does not stand for one that is to be.
    """
    for run in reversed(read_runs(store)):
        same = (run.size, run.seed, run.options) == ((customers, reps), seed, tuple(options))
        told = run.complaints is not None or not judged
        if same and told and (keep or run.code == fingerprint()):
            return run
    if store is not None:
        store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store) as folder:
        run = run_plan(customers, reps, seed, Path(folder).resolve(), options=options, judged=judged)
    if store is not None:
        append_row(store / FILE, asdict(run))
    return run


def read_runs(store: Path | None) -> list[Run]:
    """All stored runs, oldest first."""
    rows = [] if store is None else read_rows(store / FILE)
    return [Run(**row | {"usage": Usage(**row["usage"]), "options": tuple(row["options"])}) for row in rows]


def newest_runs(store: Path | None, options: Sequence[str]) -> list[Run]:
    """Of every size and seed the newest run stored with these options, small sizes first."""
    newest = {(run.size, run.seed): run for run in read_runs(store) if run.options == tuple(options)}
    return [newest[key] for key in sorted(newest)]


def choose_options(customers: int) -> tuple[str, ...]:
    """All reports, or only tables for a large case."""
    return TABLES_ONLY if customers >= LARGE else ()


def _run(arguments: Sequence[str | Path]) -> None:
    usage = run_measured(arguments)
    if usage.code != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: exit code {usage.code}\n{usage.output}")


def _ask(module: str, *arguments: Path) -> Any:
    usage = measure(module_command(module, *arguments))
    if usage.code != 0:
        raise RuntimeError(f"{module}: exit code {usage.code}\n{usage.output}")
    return json.loads(usage.output.splitlines()[-1])
