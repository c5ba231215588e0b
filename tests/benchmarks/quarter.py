"""A quarter as it may go, week by week: ours beside never changing the plan and beside planning again every week.

    python -m tests.benchmarks.quarter --store FOLDER --picture docs/pictures/quarter.svg --markdown docs/benchmarks.md

The same news (two reps leave, one joins, a tenth of the customers are won or lost, tiers, places, absences change) is
put before four planners, each with the same first plan. What is done in a week follows the plan then in force.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from optimizer import Case, generate_case, read_case
from tests.benchmarks.measuring import ROOT, describe_machine, make_table, write_section
from tests.benchmarks.plans import read_sizes
from tests.benchmarks.quarter_weeks import PLANNERS, WeekEnd, begin, run_quarter
from tests.benchmarks.store import append_row, fingerprint, read_rows
from tests.benchmarks.weekly import Line, Panel, draw_panels

FILE = "quarter.jsonl"
SIZES = [(10_000, 100)]
SHIPPED = ROOT / "scenarios" / "east_china_quarter"
NAMES = {
    "never": "the first plan, never changed",
    "ours": "watch and rebalance",
    "anew": "plan every week, hand-over counted",
    "fresh": "a fresh plan every week",
}
COLOURS = {"never": "#6b7280", "ours": "#1b6ca8", "anew": "#d9a441", "fresh": "#c8553d"}
ABOUT = """\
## A simulated quarter

Thirteen weeks of invented progress (`generate_progress`, seed {seed}): two reps leave, one joins, a tenth of
the customers are lost or won, some change tier, size or place, reps are absent, visits are done, late or
skipped. At the end of each week but the last a planner may change the plan:

- *never* (the first plan, never changed): it stays. A customer won goes to whom `suggest_owners` names first;
  whoever loses the owner has none.
- *ours* (watch and rebalance): `watch`, and when it rings `rebalance`, without a limit of moves. In other
  weeks as *never*.
- *fresh* (a fresh plan every week): a plan made from scratch of the work and the days that are left. It does
  not know whose customer anybody is, so hand-over costs nothing and nothing is frozen; the same seed, and no
  customer changes hands where the same plan is best again.
- *plan* (plan every week, hand-over counted): the same, but hand-over is counted as `plan` does; nothing is
  frozen and no move has to bring more than its hand-over. That is no fresh plan but a rebalance of everything
  each week without triggers, hurdle and reserve, and shows what these do.

What is asked: *ours* stays within the corridors with at most a quarter of the moves of *fresh*. Found:

{verdicts}

Nobody keeps every corridor at every week end. In the first weeks *ours* keeps fewer, because what is outside
for a week or two does not ring yet.

All begin with the same plan. *Moves* are those that somebody chose: from the day on which a leaver's
notice begins (`watch.notice_weeks`) the customers of the leaver have no owner, whoever plans, and are
*placed*. *Kept*: territories x corridors that are within, of all, for the work and the
days that are left, after the decision; mean over the weeks, and of the worst week. *Outside by*: how far the
worst territory is from its target, in half widths of its corridor (1: at the edge), median of the weeks.
*Rest*: what the plan costs for the rest of the quarter without hand-over, mean. *Without*: customers without
an owner, mean. Seconds of processor are those of deciding; the rest of the quarter is put into weeks again
after each change, which is not counted. Where a planner was ended early, all four are compared over the weeks
that it had.

![Corridors kept and moves, week by week]({picture})
"""
HEAD = (
    "case",
    "planner",
    "kept",
    "worst week",
    "outside by",
    "moves",
    "of fresh",
    "placed",
    "hand-over h",
    "rest h",
    "without",
    "changes",
    "processor s",
)


def fetch_quarter(
    name: str, case: Case, seed: int, store: Path | None, *, fresh_effort: float = 1.0, keep: bool = False
) -> list[WeekEnd]:
    """All weeks of all planners of a case, measured now unless stored and measured by this code (any, if ``keep``)."""
    rows = [] if store is None else read_rows(store / FILE)
    stored = {
        (row["case"], row["seed"], row["planner"], row.get("effort", 1.0)): row
        for row in rows
        if keep or row["code"] == fingerprint()
    }
    weeks: list[WeekEnd] = []
    first = None
    for planner in PLANNERS:
        effort = fresh_effort if planner == "fresh" else 1.0
        row = stored.get((name, seed, planner, effort))
        if row is None:
            first = begin(case, seed) if first is None else first
            found = list(run_quarter(first, planner, effort))
            row = {"case": name, "seed": seed, "planner": planner, "effort": effort}
            row["weeks"] = [asdict(week) for week in found]
            if store is not None:
                append_row(store / FILE, row | {"code": fingerprint()})
        weeks += [WeekEnd(**week | {"rang": tuple(week["rang"])}) for week in row["weeks"]]
        print(show_rows(name, weeks[-len(row["weeks"]) :])[0], flush=True)
    return weeks


def show_rows(name: str, weeks: Sequence[WeekEnd]) -> list[list[str]]:
    """A row of the table for each planner."""
    rows = []
    fresh = sum(week.moves for week in weeks if week.planner == "fresh")
    for planner in PLANNERS:
        mine = [week for week in weeks if week.planner == planner]
        if not mine:
            continue
        count = len(mine)
        rows.append(
            [
                name,
                NAMES[planner],
                f"{sum(week.kept for week in mine) / count:.1%}",
                f"{min(week.kept for week in mine):.1%}",
                f"{statistics.median(week.worst for week in mine):.2f}",
                f"{sum(week.moves for week in mine):,}",
                f"{sum(week.moves for week in mine) / fresh:.0%}" if fresh else "–",
                f"{sum(week.placed for week in mine):,}",
                f"{sum(week.handover for week in mine):,.1f}",
                f"{sum(week.rest for week in mine) / count:,.1f}",
                f"{sum(week.unowned for week in mine) / count:,.1f}",
                f"{sum(week.changed for week in mine)}",
                f"{sum(week.seconds for week in mine):,.1f}",
            ]
        )
    return rows


def judge_ours(name: str, weeks: Sequence[WeekEnd]) -> str:
    """Ours beside fresh, in the weeks that each had; where fresh was ended early, its moves are fewer than in all."""
    ours, fresh = ([week for week in weeks if week.planner == planner] for planner in ("ours", "fresh"))
    moves, most = (sum(week.moves for week in mine) for mine in (ours, fresh))
    kept = [f"{sum(week.kept for week in mine) / len(mine):.1%}" for mine in (ours, fresh)]
    bound = "at most " if len(fresh) < len(ours) else ""
    share = f"{moves / most:.0%}" if most else "–"
    return (
        f"- {name}: *ours* keeps {kept[0]} of the corridors with {moves:,} moves in {len(ours)} weeks, *fresh* "
        f"{kept[1]} with {most:,} in {len(fresh)}: {bound}{share} of the moves "
        f"({'' if 4 * moves <= most else 'not '}within a quarter)."
    )


def split_weeks(name: str, weeks: Sequence[WeekEnd]) -> list[tuple[str, list[WeekEnd]]]:
    """The weeks that all planners have, and, where one was ended early, all weeks of those who have them."""
    last = {planner: max((w.week for w in weeks if w.planner == planner), default=0) for planner in PLANNERS}
    common, most = min(last.values()), max(last.values())
    if common == most:
        return [(name, list(weeks))]
    first = (f"{name}, first {common} weeks", [week for week in weeks if week.week <= common])
    return [first, (name, [week for week in weeks if last[week.planner] == most])]


def draw_quarters(quarters: dict[str, list[WeekEnd]]) -> str:
    """Corridors kept above, moves so far below, a column a case."""
    above, below = [], []
    for name, weeks in quarters.items():
        kept, moves = [], []
        for planner in PLANNERS:
            mine = sorted((week for week in weeks if week.planner == planner), key=lambda week: week.week)
            total = 0
            points = []
            for week in mine:
                total += week.moves
                points.append((float(week.week), float(total)))
            kept.append(Line(NAMES[planner], COLOURS[planner], [(float(w.week), 100 * w.kept) for w in mine]))
            moves.append(Line(NAMES[planner], COLOURS[planner], points))
        above.append(Panel(f"{name}: corridors kept, %", kept, most=100.0))
        below.append(Panel(f"{name}: moves so far", moves))
    return draw_panels([above, below], "week")


def show_page(quarters: dict[str, list[WeekEnd]], picture: str, seed: int, effort: float = 1.0) -> str:
    """The section of the page; ``picture`` is the path of the drawing from there."""
    spans = [span for name, weeks in quarters.items() for span in split_weeks(name, weeks)]
    rows = [row for name, weeks in spans for row in show_rows(name, weeks)]
    verdicts = "\n".join(judge_ours(name, weeks) for name, weeks in quarters.items())
    about = ABOUT.format(seed=seed, picture=picture, verdicts=verdicts)
    less = "" if effort == 1 else f" --fresh-effort {effort:g}"
    made = f"\nMade by `python -m tests.benchmarks.quarter{less}`."
    return "\n".join([about, make_table(HEAD, rows), describe_machine(), made])


def main(arguments: list[str] | None = None) -> dict[str, list[WeekEnd]]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.quarter", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--cases", nargs="*", type=Path, default=[SHIPPED], help="folders of cases")
    parser.add_argument("--sizes", type=read_sizes, default=SIZES, help="generated, customers x reps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--fresh-effort", type=float, default=1.0, help="of the work a plan deserves, for plans from scratch"
    )
    parser.add_argument("--keep", action="store_true", help="take stored runs of older code too")
    parser.add_argument("--store", type=Path, help="folder where runs are kept")
    parser.add_argument("--picture", type=Path, help="SVG to write")
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    fetch = partial(
        fetch_quarter,
        seed=given.seed,
        store=given.store,
        fresh_effort=given.fresh_effort,
        keep=given.keep,
    )
    quarters = {}
    for folder in given.cases:
        quarters[folder.name] = fetch(folder.name, read_case(folder))
    for customers, reps in given.sizes:
        name = f"{customers:,} × {reps:,}"
        with tempfile.TemporaryDirectory() as folder:
            case = read_case(
                generate_case(Path(folder) / "case", customers=customers, reps=reps, seed=given.seed)
            )
        quarters[name] = fetch(name, case)
    if given.picture is not None:
        given.picture.parent.mkdir(parents=True, exist_ok=True)
        given.picture.write_text(draw_quarters(quarters), encoding="utf-8", newline="\n")
    if given.markdown is not None and given.picture is not None:
        link = Path(os.path.relpath(given.picture, given.markdown.parent)).as_posix()
        write_section(given.markdown, "quarter", show_page(quarters, link, given.seed, given.fresh_effort))
    return quarters


if __name__ == "__main__":
    main()
