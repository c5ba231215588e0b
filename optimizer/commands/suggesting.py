"""suggest: who is the best owner of one customer, or the best doer of one task, as things are now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.in_force import find_day, read_both, read_events, tell_later
from optimizer.commands.options import (
    BROKEN,
    PLANNED,
    CaseArgument,
    DayOption,
    MaybeProgressOption,
    PlanOption,
    deny,
    refuse,
)
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.rebalancing import State
    from optimizer.terminal import Screen

# pandas and the rest are imported inside the commands: `--help` answers at once.


def suggest(
    case: CaseArgument,
    plan: PlanOption,
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", metavar="ID", help="The customer that needs an owner.")
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", "-t", metavar="ID", help="The task that needs a doer and a week.")
    ] = None,
    top: Annotated[int, typer.Option("--top", "-k", metavar="K", min=1, help="How many are named.")] = 5,
    progress: MaybeProgressOption = None,
    as_of: DayOption = None,
) -> None:
    """Name the best owners for one customer, or the best doers for one task, with the difference each makes.

    Nothing else is changed. Exit code 1 when nobody can take it without breaking a hard constraint.
    """
    from optimizer.findings import InputError
    from optimizer.rebalancing import apply_progress
    from optimizer.terminal import Screen, show_findings

    if (customer is None) == (task is None):
        raise typer.BadParameter(say("suggest.one_of"), param_hint="--customer, --task")
    screen, aside = Screen(), Screen(stderr=True)
    given, in_force, findings = read_both(case, plan, None)
    events, more = read_events(case, progress, None)
    try:
        state = apply_progress(given, in_force, events, find_day(as_of))
    except InputError as error:
        refuse("bad_progress", progress or case, error.findings, None)
    show_findings(aside, [*findings, *more, *state.findings])
    tell_later(aside, state)
    if customer is not None:
        fits = _suggest_owners(screen, state, customer, top, case)
    else:
        fits = _suggest_doers(screen, state, str(task), top, case)
    raise typer.Exit(PLANNED if fits else BROKEN)


def _suggest_owners(screen: Screen, state: State, customer: str, top: int, case: Path) -> bool:
    """Tell the best owners of a customer; whether one of them breaks nothing."""
    from optimizer.building import build_problem
    from optimizer.plan import present_plan
    from optimizer.rebalancing import Desk
    from optimizer.terminal import show_suggestions

    problem = build_problem(state.case)
    if customer not in set(problem.customer_ids.tolist()):
        deny("cli.no_such_customer", customer, problem.customer_ids, case)
    found = Desk(problem, present_plan(problem)).suggest(customer, top)
    show_suggestions(screen, customer, found)
    return bool(found) and not found[0].breaks


def _suggest_doers(screen: Screen, state: State, task: str, top: int, case: Path) -> bool:
    """Tell the best doers of a task; whether one of them exceeds nothing."""
    from optimizer.rebalancing import open_task_desk
    from optimizer.terminal import show_doers

    try:
        found = open_task_desk(state).suggest(task, top)
    except KeyError:
        deny("cli.no_such_task", task, state.case.records.tasks["task_id"], case)
    show_doers(screen, task, found)
    return bool(found) and not found[0].over
