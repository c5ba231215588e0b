"""What hard cases of a real size come to: status, time, gap, and whether what is broken is named.

    python -m tests.benchmarks.hard_cases --store FOLDER --markdown docs/benchmarks.md

Each case of ``hardships.py``, planned by the command under a clock, then judged by ``tests/judge.py``.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.benchmarks.hardships import HARDSHIPS, Hardship, write_hard_case
from tests.benchmarks.measuring import (
    ROOT,
    Usage,
    describe_machine,
    make_table,
    measure,
    module_command,
    run_measured,
    write_section,
)
from tests.benchmarks.store import append_row, fingerprint, read_rows

FILE = "hard_cases.jsonl"
GAP, SECONDS = 0.01, 60.0  # a weakness beyond
ABOUT = """\
## Hard cases

Generated cases of {customers:,} customers and {reps:,} reps, seed {seed}, made hard by
`tests/benchmarks/hardships.py` and planned by `python run.py plan --no-schedule --reports none --time-limit {clock:g}`.
The gap is as in *Plans*; where hard constraints are broken there is none. *Named* is what the result lists as broken,
hard constraints first: constraint and number of places, in brackets where it is priced. The judge *agrees* when it
finds the same hard constraints broken and every figure right; a break of 0.003 hours or less it does not see. *Weak*
is a gap above {gap:.0%}, more than {seconds:g} s, a plan that breaks what no proof says must be broken, a judge that
does not agree.
"""
HEAD = (
    "case",
    "status",
    "whole command s",
    "processor s",
    "peak MB",
    "objective h",
    "bound h",
    "gap",
    "unserved",
    "named",
    "judge",
    "weak",
)


@dataclass(frozen=True)
class HardRun:
    """One hard case planned: its result.json with the violations counted, and what the judge found.

    ``named``: violations by constraint, first the hard ones, then the priced; ``judged``: complaints of the judge
    by kind. ``unavoidable``: hours that every plan pays for customers whom no rep may serve.
    """

    name: str
    about: str
    size: tuple[int, int, int]
    clock: float
    usage: Usage
    result: dict[str, Any]
    named: tuple[dict[str, int], dict[str, int]]
    judged: dict[str, int]
    unavoidable: float
    code: str

    @property
    def gap(self) -> float | None:
        """(objective - bound) / objective after taking from both what no plan can avoid; None without a bound."""
        if self.result["gap"] is None:
            return None
        apart = self.result["objective"] - self.result["bound"]
        avoidable = self.result["objective"] - self.unavoidable
        return float(apart / avoidable) if avoidable > 0 else 0.0 if apart <= 0 else math.inf

    @property
    def agrees(self) -> bool:
        """Whether the judge finds exactly the hard constraints broken that the result names."""
        return set(self.judged) == set(self.named[0])

    def find_weak(self) -> list[str]:
        """What is not as good as a planner may expect."""
        return [
            name
            for name, weak in (
                ("gap", self.gap is not None and self.gap > GAP),
                ("time", self.usage.wall > SECONDS),
                ("not found", self.result["status"] == "not_found"),
                ("not named", self.result["status"] in ("infeasible", "not_found") and not self.named[0]),
                ("judge", not self.agrees),
            )
            if weak
        ]


def run_hardship(
    hardship: Hardship, folder: Path, *, customers: int, reps: int, seed: int, clock: float
) -> HardRun:
    """Write the case in ``folder``, plan it within ``clock`` seconds and have it judged.

    RuntimeError when a command fails; a plan that breaks hard constraints is an answer, not a failure.
    """
    code = fingerprint()
    case = write_hard_case(hardship, folder / "case", customers=customers, reps=reps, seed=seed)
    out = folder / "out"
    limits = ["--no-schedule", "--reports", "none", "--time-limit", str(clock)]
    usage = run_measured(["plan", case, "--out", out, *limits])
    if usage.code not in (0, 1):
        raise RuntimeError(f"{hardship.__name__}: exit code {usage.code}\n{usage.output}")
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    broken = result.pop("violations")
    hard = Counter(v["constraint"] for v in broken if v["hard"] and v["sentence"])
    priced = Counter(v["constraint"] for v in broken if not v["hard"] and v["sentence"])
    verdict = measure([sys.executable, ROOT / "tests" / "judge.py", case, out])
    if verdict.code not in (0, 1):
        raise RuntimeError(f"the judge gave up\n{verdict.output}")
    unavoidable = measure(module_command("tests.benchmarks.unavoidable", case, out))
    if unavoidable.code != 0:
        raise RuntimeError(f"what cannot be avoided is not known\n{unavoidable.output}")
    return HardRun(
        name=hardship.__name__,
        about=" ".join((hardship.__doc__ or "").split("\n\n")[0].split()).rstrip("."),
        size=(customers, reps, seed),
        clock=clock,
        usage=replace(usage, output=""),
        result=result,
        named=(dict(hard), dict(priced)),
        judged=dict(Counter(re.findall(r"^(\w+): ", verdict.output, re.M))),
        unavoidable=float(unavoidable.output.splitlines()[-1]),
        code=code,
    )


def fetch_runs(
    hardships: Sequence[Hardship], *, customers: int, reps: int, seed: int, clock: float, store: Path | None
) -> list[HardRun]:
    """Every case, planned now unless it is stored and was planned by this code; each is stored at once."""
    stored = {(run.name, run.size, run.clock): run for run in read_runs(store) if run.code == fingerprint()}
    runs = []
    for hardship in hardships:
        run = stored.get((hardship.__name__, (customers, reps, seed), clock))
        if run is None:
            with tempfile.TemporaryDirectory() as folder:
                run = run_hardship(
                    hardship, Path(folder), customers=customers, reps=reps, seed=seed, clock=clock
                )
            if store is not None:
                append_row(store / FILE, asdict(run))
        runs.append(run)
        print(show_runs([run]).splitlines()[2], flush=True)
    return runs


def read_runs(store: Path | None) -> list[HardRun]:
    """All stored runs, oldest first."""
    rows = [] if store is None else read_rows(store / FILE)
    return [
        HardRun(
            **row | {"usage": Usage(**row["usage"]), "size": tuple(row["size"]), "named": tuple(row["named"])}
        )
        for row in rows
    ]


def show_runs(runs: Sequence[HardRun]) -> str:
    """A row a case."""
    rows = []
    for run in runs:
        result = run.result
        bound = "–" if result["bound"] is None else f"{result['bound']:,.1f}"
        rows.append(
            [
                run.about,
                result["status"].replace("_", " "),
                f"{run.usage.wall:.1f}",
                f"{run.usage.cpu:.1f}",
                f"{run.usage.peak_mb:,.0f}",
                f"{result['objective']:,.1f}",
                bound,
                "–" if run.gap is None else f"{run.gap:.3%}",
                f"{result['unserved']:,}",
                _show_named(*run.named),
                "agrees" if run.agrees else _show_named(run.judged, {}) or "finds nothing",
                ", ".join(run.find_weak()),
            ]
        )
    return make_table(HEAD, rows)


def _show_named(hard: dict[str, int], priced: dict[str, int]) -> str:
    words = [f"{name} {count:,}" for name, count in hard.items()]
    return ", ".join([*words, *(f"({name} {count:,})" for name, count in priced.items())])


def show_page(runs: Sequence[HardRun]) -> str:
    """The section of the page."""
    customers, reps, seed = runs[0].size
    numbers = {"customers": customers, "reps": reps, "seed": seed}
    about = ABOUT.format(**numbers, clock=runs[0].clock, gap=GAP, seconds=SECONDS)
    made = "\nMade by `python -m tests.benchmarks.hard_cases`."
    return "\n".join([about, show_runs(runs), describe_machine(), made])


def main(arguments: list[str] | None = None) -> list[HardRun]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.hard_cases", description=__doc__.splitlines()[0]
    )
    every = {hardship.__name__: hardship for hardship in HARDSHIPS}
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--reps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clock", type=float, default=120.0, help="seconds of solving at most")
    parser.add_argument("--cases", help=f"some of {','.join(every)} [all]")
    parser.add_argument("--store", type=Path, help="folder where runs are kept, and taken from if still true")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    names = given.cases.split(",") if given.cases else list(every)
    unknown = [name for name in names if name not in every]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(every)}")
    size = {"customers": given.customers, "reps": given.reps, "seed": given.seed}
    print(make_table(HEAD, []), end="")
    runs = fetch_runs([every[name] for name in names], **size, clock=given.clock, store=given.store)
    if given.markdown is not None:
        write_section(given.markdown, "hard_cases", show_page(runs))
    return runs


if __name__ == "__main__":
    main()
