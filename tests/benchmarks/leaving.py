"""One rep leaves: the proposal of a rebalance beside a full re-plan of the same state, and owners suggested at once.

    python -m tests.benchmarks.leaving --store FOLDER --markdown docs/benchmarks.md

Generated cases, planned; on the evening before the horizon a rep is said to have left, one after the other of a few,
because what it takes depends on who. Seconds are of processor.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from optimizer import Case, Plan, PlanInForce, build_problem, put_in_force, read_case, read_progress, solve
from optimizer.generating import generate_frames
from optimizer.problem import UNITS_PER_HOUR
from optimizer.rebalancing import Desk, apply_progress
from optimizer.rebalancing.proposing.rebalance import rebalance_state
from tests.benchmarks.measuring import describe_machine, make_table, write_section
from tests.benchmarks.plans import read_sizes
from tests.benchmarks.store import append_row, fingerprint, read_rows

FILE = "leaving.jsonl"
SIZES = [(10_000, 100), (100_000, 1_000)]
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # where in the list of reps those stand who leave
ASKED = 300  # customers whose best owners are asked for
ABOUT = """\
## One rep leaves

Generated cases, seed {seed}: one rep is gone on the evening before the first day; *who*: at which place of the list,
for what it takes depends on who. *Ours* is `rebalance` without the curve; *all* is a plan of the same state with every
territory deciding (`solve` with the effort and the gap of `plan`, which begins with the owners there are). Processor
seconds. Both clocks begin with case, plan and events in memory and end with a plan that the checker has judged, the
state and its problem included (in brackets what of it is theirs), ours with the reason of every move and the bound of
its part as well; nothing is read or written. *Above all*: by how much the objective of ours is above that of all;
*above bound*: above what is proved of every plan. Aimed at: within 1 % of all in 1/20 of its time. `suggest_owners`:
milliseconds of processor for the five best owners of one customer on a warm `Desk`, 95th percentile of {asked}
customers; aimed at: 20.
"""
HEAD = (
    "customers × reps",
    "who",
    "ours s",
    "all s",
    "ours : all",
    "without state and problem",
    "took part",
    "moves",
    "placed",
    "moves of all",
    "above all",
    "above bound",
    "suggest ms",
)
T = TypeVar("T")


@dataclass(frozen=True)
class Leaving:
    """What both took (processor seconds) and came to (hours); ``suggest``: milliseconds, 50th and 95th percentile."""

    customers: int
    reps: int
    seed: int
    who: int
    state: float
    build: float
    propose: float
    solve: float
    ours: float
    all: float
    bound: float
    took_part: int
    moves: int
    placed: int
    moves_of_all: int
    suggest: tuple[float, float]

    @property
    def seconds(self) -> tuple[float, float]:
        """Of ours, which builds the problem itself, and of all, from the events on."""
        return self.state + self.propose, self.state + self.build + self.solve


def run_leavings(customers: int, reps: int, seed: int) -> list[Leaving]:
    """Plan a generated case, and let one rep leave after the other."""
    frames, scenario = generate_frames(customers, reps, seed)
    case = read_case(frames, scenario=tomllib.loads(scenario))
    plan = put_in_force(case, solve(build_problem(case)).plan)
    return [run_leaving(case, plan, seed, int(share * reps)) for share in SHARES]


def run_leaving(case: Case, plan: PlanInForce, seed: int, who: int) -> Leaving:
    """Let a rep leave, and propose; then solve the same state as a whole."""
    start = case.scenario.horizon.start
    assert start is not None
    gone = {"event_id": "E1", "at": start - dt.timedelta(days=1), "kind": "rep_leaves"}
    events, _ = read_progress(pd.DataFrame([gone | {"rep_id": case.records.reps["rep_id"].iloc[who]}]))
    for _ in range(2):  # the first time modules are loaded
        state, of_state = _time(lambda: apply_progress(case, plan, events))
        found, of_ours = _time(lambda state=state: rebalance_state(state, steps=()))
    problem, of_problem = _time(lambda: build_problem(state.held_case()))
    whole, of_all = _time(lambda: solve(problem))
    desk, spent = Desk(problem, found.plan), []
    for name in problem.customer_ids[:: max(1, problem.n_customers // ASKED)]:
        spent.append(1000 * _time(lambda name=name: desk.suggest(name, 5))[1])
    return Leaving(
        customers=len(case.records.customers),
        reps=len(case.records.reps),
        seed=seed,
        who=who,
        state=of_state,
        build=of_problem,
        propose=of_ours,
        solve=of_all,
        ours=found.result.score.objective_hours,
        all=whole.score.objective_hours,
        bound=(whole.bound or 0) / UNITS_PER_HOUR,
        took_part=int(found.taking_part.sum()),
        moves=found.n_moves,
        placed=found.n_placed,
        moves_of_all=int(Plan(whole.plan.owner).moved(problem).sum()),
        suggest=(float(np.percentile(spent, 50)), float(np.percentile(spent, 95))),
    )


def _time(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and its seconds of processor."""
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def fetch_leavings(customers: int, reps: int, seed: int, store: Path | None) -> list[Leaving]:
    """Measured now, unless they are stored and were measured by this code."""
    rows = [] if store is None else read_rows(store / FILE)
    mine = {"code": fingerprint(), "customers": customers, "reps": reps, "seed": seed}
    kept = [row for row in rows if mine.items() <= row.items()][-len(SHARES) :]
    if len(kept) == len(SHARES):
        for row in kept:
            del row["code"]
        return [Leaving(**row | {"suggest": tuple(row["suggest"])}) for row in kept]
    found = run_leavings(customers, reps, seed)
    if store is not None:
        for run in found:
            append_row(store / FILE, asdict(run) | {"code": fingerprint()})
    return found


def show_runs(runs: Sequence[Leaving]) -> str:
    """A row for everybody who leaves."""
    rows = []
    for run in runs:
        ours, all_ = run.seconds
        rows.append(
            [
                f"{run.customers:,} × {run.reps:,}",
                f"{run.who:,}",
                f"{ours:.2f} ({run.state:.2f} + {run.build:.2f})",
                f"{all_:.2f}",
                f"1 : {all_ / ours:.1f}",
                f"1 : {run.solve / max(run.propose - run.build, 1e-9):.1f}",
                f"{run.took_part:,}",
                f"{run.moves:,}",
                f"{run.placed:,}",
                f"{run.moves_of_all:,}",
                f"{run.ours / run.all - 1:+.2%}",
                f"{run.ours / run.bound - 1:+.2%}" if run.bound else "–",
                f"{run.suggest[1]:.1f}",
            ]
        )
    return make_table(HEAD, rows)


def show_page(runs: Sequence[Leaving]) -> str:
    """The section of the page."""
    about = ABOUT.format(seed=runs[0].seed, asked=ASKED)
    made = "\nMade by `python -m tests.benchmarks.leaving`."
    return "\n".join([about, show_runs(runs), describe_machine(), made])


def main(arguments: list[str] | None = None) -> list[Leaving]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.leaving", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--sizes", type=read_sizes, default=SIZES, help="customers x reps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", type=Path, help="folder where runs are kept, and taken from if still true")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    runs = [run for size in given.sizes for run in fetch_leavings(*size, given.seed, given.store)]
    print(show_runs(runs))
    if given.markdown is not None:
        write_section(given.markdown, "leaving", show_page(runs))
    return runs


if __name__ == "__main__":
    main()
