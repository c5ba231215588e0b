"""How near to the best generalized assignment problems of the literature are solved, and by others beside.

    python -m tests.benchmarks.literature --types C,D,E --sizes 20x400,40x400,60x900,80x1600 --seeds 0 \\
        --seconds 30 --rivals cpsat,scip,highs --store FOLDER --markdown docs/benchmarks.md
    python -m tests.benchmarks.literature --files d20400 e801600 --rivals ""

Sizes are agents x jobs. Files are in the text format of OR-Library; ``--write DIR`` writes the generated
instances in it. ``gap.py`` says how instances are generated and what the product is given.
With ``--store`` every run is kept as it comes: a command begun again goes on where it was ended, and the rivals,
which do not change with our code, are not asked again.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.gap import KINDS, Gap, gap_problem, make_gap
from tests.benchmarks.gap_runs import GRACE, Run, check_bounds, fetch_run
from tests.benchmarks.gap_solvers import NAMES, SOLVERS, THREADS
from tests.benchmarks.gap_text import read_gaps, write_gaps
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.plans import read_numbers, read_sizes

TARGETS = {"C": 0.0015, "D": 0.0035, "E": 0.002}  # after 30 seconds
RIVALS = [name for name in SOLVERS if name != "ours"]

RUN_HEAD = (
    "type, agents × jobs, seed",
    "solver",
    "cost",
    "its bound",
    "gap to ours",
    "to its own",
    "feasible",
    "best at s",
    "wall s",
    "processor s",
    "stopped",
)

ABOUT = f"""\
## Literature

Generalized assignment problems: every job to one agent, each agent's resource limited, the sum of costs smallest.
Types C and D after Chu and Beasley (1997), E after Laguna and others (1995), as Yagiura, Ibaraki and Glover (2006) use
them; `tests/benchmarks/gap.py` has recipes and sources. The product is given every pair in the `pairs` table (hours and
cost), unserved forbidden, everything else off; a unit of the literature is a milli-hour, so that costs and bounds are
the literature's own whole numbers. Each run is a process of its own with the same clock: {{seconds:g}} s on the wall,
reading tables and building models included; killed {GRACE:g} s after it. CP-SAT has {THREADS} workers, SCIP one thread,
HiGHS what it chooses; all get the natural model and are asked for a gap of 0, the rest is as they come.
The gap is (cost − bound) / cost; bounds are rounded up to whole costs. Every assignment is judged by `evaluate` and by
the instance's own arithmetic; *no plan* means none that keeps every capacity. *At most* is what was promised for 30 s.
"""
DETAILS = """\
The same, a row a solver. *Best at* is when the last better plan was found, where the solver says so.
"""


@dataclass(frozen=True, eq=False)
class Instance:
    """A problem with the name it has in the tables and its type, None where that is not known."""

    name: str
    kind: str | None
    gap: Gap


@dataclass(frozen=True, eq=False)
class Trial:
    """An instance and the runs of all solvers on it, ours first."""

    instance: Instance
    runs: list[Run]

    @property
    def ours(self) -> Run:
        """Our own run."""
        return self.runs[0]


def find_instances(
    kinds: list[str], sizes: list[tuple[int, int]], seeds: list[int], files: list[Path]
) -> Iterator[Instance]:
    """The instances of ``files``, or without any the generated ones, one at a time."""
    for path in files:
        gaps = read_gaps(path)
        named = re.match("(?:gap)?([cde])(?![a-z])", path.stem.lower())  # d20400, gapd
        for k, gap in enumerate(gaps, 1):
            name = path.stem if len(gaps) == 1 else f"{path.stem}-{k}"
            yield Instance(name, named[1].upper() if named else None, gap)
    if not files:
        for kind in kinds:
            for agents, jobs in sizes:
                for seed in seeds:
                    name = f"{kind}, {agents} × {jobs:,}, {seed}"
                    yield Instance(name, kind, make_gap(kind, agents, jobs, seed))


def try_solvers(
    instance: Instance,
    rivals: list[str],
    seconds: float,
    effort: float,
    *,
    store: Path | None = None,
    keep: bool = False,
) -> Trial:
    """Ours and the rivals one after another on one instance."""
    problem = gap_problem(instance.gap)
    runs = [
        fetch_run(name, instance.gap, problem, seconds, effort=effort, store=store, keep=keep)
        for name in ["ours", *rivals]
    ]
    check_bounds(runs)
    return Trial(instance, runs)


def show_gaps(trials: list[Trial], rivals: list[str]) -> str:
    """A row an instance: our gap to our bound beside what is asked, and the rivals' to our bound and to their own.

    A type with several instances ends with its worst gaps.
    """
    head = ["type, agents × jobs, seed", "cost", "bound", "gap", "at most", "feasible"]
    for rival in rivals:
        head += [f"{NAMES[rival]}: to our bound", "to its own"]
    rows = []
    for kind in dict.fromkeys(trial.instance.kind for trial in trials):
        same = [trial for trial in trials if trial.instance.kind == kind]
        target = _share(TARGETS.get(kind or ""))
        for trial in same:
            ours = trial.ours
            first = [trial.instance.name, _whole(ours.cost), _whole(ours.bound)]
            gap, *others = _find_gaps(trial)
            found = [run.feasible for run in trial.runs[1:] for _ in range(2)]
            rows.append([*first, _share(gap), target, _feasible(ours), *map(_share, others, found)])
        if kind is not None and len(same) > 1:
            gap, *others = (_worst(column) for column in zip(*map(_find_gaps, same), strict=True))
            found = [
                all(column) for column in zip(*([r.feasible for r in t.runs] for t in same), strict=True)
            ]
            shown = map(_share, others, [every for every in found[1:] for _ in range(2)])
            words = [f"{kind}, worst", "", "", _share(gap), target, "yes" if found[0] else "no", *shown]
            rows.append([f"**{word}**" if word else "" for word in words])
    return make_table(head, rows)


def show_runs(trials: list[Trial]) -> str:
    """A row a run."""
    return make_table(RUN_HEAD, [_describe(trial, run) for trial in trials for run in trial.runs])


def show_page(trials: list[Trial], given: argparse.Namespace) -> str:
    """The whole section: what was done, both tables, and where."""
    kept = " Runs were kept as they came, some perhaps under another load." if given.store else ""
    kept += " Ours may be of older code." if given.keep else ""
    return "\n".join(
        [
            ABOUT.format(seconds=given.seconds),
            show_gaps(trials, given.rivals),
            DETAILS,
            show_runs(trials),
            f"Our limits of work times {given.effort:g}. {describe_machine()}{kept}",
            "",
            "Made by `python -m tests.benchmarks.literature`.",
        ]
    )


def _find_gaps(trial: Trial) -> list[float | None]:
    """Our gap, then each rival's to our bound and to its own; None where there is no plan or no bound."""
    gaps = [trial.ours.gap_to(trial.ours.bound)]
    for run in trial.runs[1:]:
        gaps += [run.gap_to(trial.ours.bound), run.gap_to(run.bound)]
    return gaps


def _worst(gaps: tuple[float | None, ...]) -> float | None:
    known = [gap for gap in gaps if gap is not None]
    return max(known) if len(known) == len(gaps) else None


def _describe(trial: Trial, run: Run) -> list[str]:
    return [
        trial.instance.name,
        NAMES[run.solver],
        _whole(run.cost),
        _whole(run.bound),
        _share(run.gap_to(trial.ours.bound)),
        _share(run.gap_to(run.bound)),
        _feasible(run),
        _seconds(run.best_at),
        _seconds(run.wall),
        _seconds(run.cpu),
        run.words,
    ]


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _share(value: float | None, found: bool = True) -> str:
    if not found:
        return "no plan"
    return "–" if value is None else f"{value:.3%}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _feasible(run: Run) -> str:
    return "yes" if run.feasible else "no" if run.cost is not None else "no plan"


def read_names(text: str, known: tuple[str, ...] | list[str]) -> list[str]:
    """Names by commas, each one of ``known``; an empty text names none."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return names


def main(arguments: list[str] | None = None) -> list[Trial]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.literature", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--types", type=lambda text: read_names(text, KINDS), default="C,D,E")
    parser.add_argument(
        "--sizes", type=read_sizes, default="20x400,40x400,60x900,80x1600", help="agents x jobs, by commas"
    )
    parser.add_argument("--seeds", type=read_numbers, default=[0])
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="instances to run instead")
    parser.add_argument("--seconds", type=float, default=30.0, help="the clock of every solver")
    parser.add_argument("--rivals", type=lambda text: read_names(text, RIVALS), default=",".join(RIVALS))
    parser.add_argument("--effort", type=float, default=1.0, help="multiplies our limits of work")
    parser.add_argument(
        "--store", type=Path, help="folder where runs are kept, and taken from when begun again"
    )
    parser.add_argument("--keep", action="store_true", help="take our stored runs of older code too")
    parser.add_argument("--write", type=Path, help="folder for the instances as text; nothing is solved")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    trials: list[Trial] = []
    for instance in find_instances(given.types, given.sizes, given.seeds, given.files):
        if given.write is not None:
            given.write.mkdir(parents=True, exist_ok=True)
            name = instance.name.lower().replace(" × ", "x").replace(", ", "-").replace(",", "")
            write_gaps(given.write / name, [instance.gap])
            continue
        if not trials:
            print(make_table(RUN_HEAD, []), end="")
        trials.append(
            try_solvers(
                instance, given.rivals, given.seconds, given.effort, store=given.store, keep=given.keep
            )
        )
        print(*show_runs(trials[-1:]).splitlines()[2:], sep="\n", flush=True)
        if given.markdown is not None:
            write_section(given.markdown, "literature", show_page(trials, given))
    if trials:
        print("\n" + show_gaps(trials, given.rivals))
    return trials


if __name__ == "__main__":
    main()
