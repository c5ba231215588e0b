"""compare and diff: plans beside each other, and what differs between two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.options import BROKEN, PLANNED, CaseArgument, refuse
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.comparing import Comparison, Differences, Entry
    from optimizer.terminal import Screen

# pandas and the rest are imported inside the commands: `--help` answers at once.

MOST_COLUMNS = 5  # plans beside each other on a terminal; files hold all of them
MOST_ROWS = 20  # changes, and reps of the ledger

FilesOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Folder to write; replaced whole [nothing is written]."),
]


def compare(
    case: CaseArgument,
    plans: Annotated[
        list[Path],
        typer.Argument(metavar="OUT...", help="Folders that plan wrote, of the case or its variants."),
    ],
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", "-b", metavar="OUT", help="The plan to hold the others against [the first]."
        ),
    ] = None,
    out: FilesOption = None,
) -> None:
    """Set plans beside each other: every figure, the best of each, differences from a baseline, and the guardrails.

    Ends with 1 when a plan does not keep a guardrail of the case.
    """
    from optimizer.comparing import compare_plans
    from optimizer.folders import COMPARE_FILES, check_own_folder
    from optimizer.terminal import Screen, show_guardrails

    screen = Screen()
    if out is not None:
        check_own_folder(out, COMPARE_FILES)
    where = {plan.resolve(): plan for plan in plans}  # each once
    first = next(iter(where)) if baseline is None else baseline.resolve()
    where.setdefault(first, baseline or first)
    entries = _read(case, list(where.values()))
    comparison = compare_plans(entries, entries[list(where).index(first)].name)
    _show_comparison(screen, comparison)
    for plan in comparison.plans:
        if plan.guardrails:
            screen.tell(plan.name, "bold")
            show_guardrails(screen, plan.guardrails, comparison.kpis)
    if out is not None:
        from optimizer.reports.comparisons.comparison_files import write_comparison

        write_comparison(comparison, out)
        screen.tell(say("compare.written", out=out))
    raise typer.Exit(PLANNED if comparison.accepted else BROKEN)


def diff(
    case: CaseArgument,
    before: Annotated[Path, typer.Argument(metavar="OUT1", help="A folder that plan wrote.")],
    after: Annotated[
        Path, typer.Argument(metavar="OUT2", help="Another one, of the case or a variant of it.")
    ],
    out: FilesOption = None,
) -> None:
    """Tell what differs between two plans: customers moved, added, lost, re-tiered, and a ledger by rep."""
    from optimizer.comparing import diff_plans
    from optimizer.folders import DIFF_FILES, check_own_folder
    from optimizer.terminal import Screen

    screen = Screen()
    if out is not None:
        check_own_folder(out, DIFF_FILES)
    found = diff_plans(*_read(case, [before, after]))
    _show_differences(screen, found)
    if out is not None:
        from optimizer.reports.comparisons.difference_files import write_differences

        write_differences(found, out)
        screen.tell(say("diff.written", out=out))
    raise typer.Exit(PLANNED)


def _read(case: Path, plans: Sequence[Path]) -> list[Entry]:
    """The plans, or the end of the command with everything that is wrong with them."""
    from optimizer.comparing import read_entries
    from optimizer.findings import InputError
    from optimizer.terminal import Screen, show_findings

    try:
        entries, findings = read_entries(case, plans)
    except InputError as error:
        refuse("unusable", case, error.findings, None)
    show_findings(Screen(stderr=True), findings)
    return entries


def _show_comparison(screen: Screen, comparison: Comparison) -> None:
    from optimizer.reports.content.kpi_texts import write_value
    from optimizer.terminal import show_lines

    base, count = comparison.baseline, len(comparison.plans)
    shown = [base, *(k for k in range(count) if k != base)][:MOST_COLUMNS]
    heads = [say("compare.kpi")]
    for k in shown:
        name = comparison.plans[k].name
        heads.append(say("compare.is_baseline", plan=name) if k == base else name)
    rows = []
    for kpi in comparison.kpis:
        values, differences = comparison.values(kpi), comparison.differences(kpi)
        best, cells = comparison.best(kpi), [kpi.label()]
        for k in shown:
            told = write_value(values[k], kpi.unit)
            if k != base and (difference := differences[k]):
                told += f" ({write_value(difference, kpi.unit, signed=True)})"
            cells.append(say("compare.best", value=told) if k in best else f"{told}  ")
        rows.append(cells)
    show_lines(screen, heads, rows)
    screen.tell(say("compare.legend", plan=comparison.plans[base].name))
    if count > len(shown):
        screen.tell(say("cli.more", count=count - len(shown)))


def _show_differences(screen: Screen, found: Differences) -> None:
    from optimizer.terminal import show_grid, show_lines

    screen.tell(say("diff.title", before=found.before.name, after=found.after.name), "bold")
    if not len(found.changes):
        screen.tell(say("diff.same"))
        return
    for kind, count in {**found.counts, "retiered": found.retiered}.items():
        if count:
            screen.tell(say("diff.line", count=count, kind=say(f"change_kind.{kind}")))
    ledger = found.ledger
    flow = ledger["hours_in"] + ledger["hours_out"] + ledger["hours_kept_change"].abs()
    told = ledger[flow > 0].assign(flow=flow).sort_values("flow", ascending=False, kind="stable")
    worths = ["customers", "hours", *(["revenue"] if ledger["revenue_before"].any() else [])]
    flows = ("out", "in", "after")
    heads = [say("diff.rep")]
    heads += [f"{say(f'ledger_worth.{worth}')} {say(f'diff.{flow}')}" for worth in worths for flow in flows]
    rows = [
        [row["rep_id"]] + [f"{row[f'{w}_{f}']:,.{1 if w == 'hours' else 0}f}" for w in worths for f in flows]
        for row in told.head(MOST_ROWS).to_dict("records")
    ]
    show_lines(screen, heads, rows)
    if len(told) > MOST_ROWS:
        screen.tell(say("cli.more", count=len(told) - MOST_ROWS))
    changes = found.changes.head(MOST_ROWS).to_dict("records")
    show_grid(
        screen,
        [say(f"diff.{name}") for name in ("kind", "change", "from", "to")],
        [
            [
                say(f"change_kind.{c['kind']}"),
                c["customer_id"],
                c["from_rep_id"] or "-",
                c["to_rep_id"] or "-",
            ]
            for c in changes
        ],
    )
    if len(found.changes) > MOST_ROWS:
        screen.tell(say("cli.more", count=len(found.changes) - MOST_ROWS))
