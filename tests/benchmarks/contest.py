"""One case given to us and to each rival under one clock, every plan judged by ``evaluate``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from optimizer import Plan, build_problem, evaluate, read_assignments, read_case
from optimizer.case import Case
from optimizer.problem import UNITS_PER_HOUR, Problem
from tests.benchmarks.measuring import ROOT, Usage, measure, module_command, run_measured
from tests.benchmarks.question import build_question
from tests.benchmarks.rivals.dialogue import NOT_INSTALLED, read_answer
from tests.benchmarks.store import append_row, fingerprint, read_rows

FILE = "side_by_side.jsonl"
OURS = "ours"


@dataclass(frozen=True)
class Rival:
    """A tool and how it is asked: its module, its variant, whether it takes arcs, and in which Python it runs."""

    name: str
    module: str
    variant: str = ""
    takes_arcs: bool = True
    from_pypi: bool = False


RIVALS = {
    "cpsat": (Rival("CP-SAT", "cpsat"),),
    "scip": (Rival("SCIP", "mip", "scip"),),
    "highs": (Rival("HiGHS", "mip", "highs"),),
    "kmeans": (Rival("k-means-constrained", "kmeans", takes_arcs=False, from_pypi=True),),
    "b2b": (
        Rival("b2b-territory-optimization", "b2b", "locks", takes_arcs=False, from_pypi=True),
        Rival("b2b-territory-optimization, owners locked", "b2b", "owners", takes_arcs=False, from_pypi=True),
    ),
}


@dataclass(frozen=True)
class Entry:
    """What a tool answered to a case; hours. ``objective`` None: no plan, and ``remark`` says why.

    ``clock``: seconds allowed. ``bound``: its own, None where it proves nothing. ``broken``: hard constraints that
    its plan breaks, counted place by place. ``key`` changes when the question, the clock or the tool's code does.
    """

    customers: int
    reps: int
    seed: int
    tool: str
    clock: float
    wall: float
    cpu: float
    peak_mb: float
    objective: float | None
    broken: int
    bound: float | None
    remark: str
    key: str


def hold_contest(
    customers: int,
    reps: int,
    seed: int,
    folder: Path,
    *,
    seconds: float,
    arcs: Sequence[int | None],
    tools: Sequence[str],
    pypi_python: str,
    store: Path | None = None,
) -> Iterator[Entry]:
    """Ours first; the clock of the rest is ``seconds`` or all the time that our solving took, whichever is more.

    ``arcs``: how many of the cheapest arcs of each customer the solvers of models are given, None for all; each is
    a row of its own. Entries stored with the same key are not made again.
    """
    place = (customers, reps, seed)
    format = ["--format", "parquet"] if find_spec("pyarrow") is not None else []
    size = ["--customers", str(customers), "--reps", str(reps), "--seed", str(seed)]
    made = run_measured(["generate", folder / "case", *size, *format])
    if made.code != 0:
        raise RuntimeError(made.output)
    case = read_case(folder / "case")
    problem = build_problem(case)
    known = {entry.key: entry for entry in read_entries(store)}

    def keep(entry: Entry) -> Entry:
        if store is not None and entry.key not in known:
            append_row(store / FILE, asdict(entry))
        return entry

    ours = known.get(f"{OURS} {place} {fingerprint()}") or _run_ours(place, folder, case, problem)
    yield keep(ours)
    clock = max(seconds, ours.clock)
    for rival in (rival for tool in tools for rival in RIVALS[tool]):
        for cheapest in arcs if rival.takes_arcs else (None,):
            file = folder / f"question-{cheapest}.npz"
            if not file.exists():
                build_question(case, problem, cheapest).save(file)
            code = (ROOT / "tests/benchmarks/rivals" / f"{rival.module}.py").read_bytes()
            digest = hashlib.sha256(_content(file) + code).hexdigest()[:16]
            shown = f"{rival.name}, {'all arcs' if cheapest is None else f'{cheapest} cheapest arcs'}"
            name = shown if rival.takes_arcs else rival.name
            key = f"{name} {place} {clock:.0f} {digest}"
            yield keep(
                known.get(key) or _run_rival(rival, name, place, file, clock, problem, pypi_python, key)
            )


def _run_ours(place: tuple[int, int, int], folder: Path, case: Case, problem: Problem) -> Entry:
    usage = run_measured(["plan", folder / "case", "--no-schedule", "--out", folder / "out"])
    if usage.code not in (0, 1):
        raise RuntimeError(f"{place}: exit code {usage.code}\n{usage.output}")
    result = json.loads((folder / "out" / "result.json").read_text(encoding="utf-8"))
    owner, _ = read_assignments(folder / "out" / "assignments.csv", case)
    objective, broken = _judge(problem, owner)
    key = f"{OURS} {place} {fingerprint()}"
    figures = (usage.wall, usage.cpu, usage.peak_mb)
    return Entry(*place, OURS, result["seconds"], *figures, objective, broken, result["bound"], "", key)


def _run_rival(
    rival: Rival,
    name: str,
    place: tuple[int, int, int],
    question: Path,
    clock: float,
    problem: Problem,
    pypi_python: str,
    key: str,
) -> Entry:
    answer = question.with_name("answer.npz")
    answer.unlink(missing_ok=True)
    python = {"python": pypi_python} if rival.from_pypi else {}
    module = f"tests.benchmarks.rivals.{rival.module}"
    command = module_command(module, question, answer, str(clock), rival.variant, **python)
    # Building the model is not on the clock; a rival that does not stop at all is killed.
    usage = measure(command, limit=2 * clock + 60)
    figures = (usage.wall, usage.cpu, usage.peak_mb)
    if usage.code != 0 or not answer.exists():
        return Entry(*place, name, clock, *figures, None, 0, None, _explain(usage), key)
    given = read_answer(answer)
    objective, broken = _judge(problem, given.owner)
    bound = None if not np.isfinite(given.bound) else given.bound / UNITS_PER_HOUR
    return Entry(*place, name, clock, *figures, objective, broken, bound, "", key)


def _judge(problem: Problem, owner: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[float, int]:
    score = evaluate(problem, Plan(np.asarray(owner, dtype=np.int64)))
    return score.objective_hours, len(score.hard_violations)


def _explain(usage: Usage) -> str:
    """Why there is no plan."""
    if usage.killed:
        return f"killed after {usage.wall:.0f} s"
    if usage.code == NOT_INSTALLED:
        return usage.output.strip().splitlines()[-1]
    if usage.code != 0:
        last = usage.output.strip().splitlines()[-1:] or [""]
        return f"failed with code {usage.code} {last[0]}".strip()
    return "no plan in time"


def read_entries(store: Path | None) -> list[Entry]:
    """All stored entries, oldest first."""
    return [] if store is None else [Entry(**row) for row in read_rows(store / FILE)]


def _content(file: Path) -> bytes:
    """What the arrays of a file hold; the file itself also holds the time of day."""
    digest = hashlib.sha256()
    with np.load(file) as arrays:
        for name in sorted(arrays.files):
            digest.update(name.encode() + arrays[name].tobytes())
    return digest.digest()
