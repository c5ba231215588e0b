"""explain --task: why somebody does a task in that week, from the schedule that a plan's folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from optimizer.messages import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimizer.commands.explaining import Planned
    from optimizer.explaining import TaskChoice
    from optimizer.scheduling import Schedule, TaskProblem
    from optimizer.terminal import Screen


def tell_task(screen: Screen, case: Path, folder: Path, planned: Planned, task: str) -> None:
    """Why one task is where it is, and what every other week and doer would change."""
    from optimizer.commands.options import BAD_INPUT, deny, refuse
    from optimizer.explaining import explain_task
    from optimizer.findings import InputError
    from optimizer.rebalancing import build_rest_problem
    from optimizer.scheduling import build_task_problem
    from optimizer.terminal import Screen

    given, problem, plan = planned.given, planned.problem, planned.made
    if planned.state is None:
        work = build_task_problem(given, plan, problem=problem)
    else:
        work = build_rest_problem(planned.state, given, plan, problem)
    try:
        schedule = read_schedule(folder, work)
    except InputError as error:
        refuse("bad_plan", folder, error.findings, None)
    if schedule is None:
        Screen(stderr=True).tell(say("explain.no_weeks", plan=folder), "red")
        raise typer.Exit(BAD_INPUT)
    if task not in set(work.task_ids.tolist()):
        deny("explain.no_such_task", task, work.task_ids, case)
    reason = explain_task(work, schedule, task)
    gaps = {"rep": reason.rep_id or say("explain.nobody_rep"), "week": reason.week or say("explain.slips")}
    screen.tell(say("explain.title_task", task=task, **gaps), "bold")
    screen.tell(f"  {reason.sentence()}")
    _show(screen, "of_weeks", "week", [(c.week or say("explain.slips"), c) for c in reason.weeks])
    _show(screen, "of_doers", "rep", [(c.rep_id or "", c) for c in reason.doers])


def _show(screen: Screen, title: str, head: str, choices: Sequence[tuple[str, TaskChoice]]) -> None:
    from optimizer.commands.explaining import MOST, show_list

    rows = [(name, f"{choice.hours:+,.3f}", choice.sentence()) for name, choice in choices[:MOST]]
    show_list(screen, f"explain.{title}", (head, "difference", "what"), rows, len(choices))


def read_schedule(folder: Path, work: TaskProblem) -> Schedule | None:
    """The schedule in a plan's folder, by the ids of its tasks; None where nothing was put into weeks."""
    import numpy as np
    import pandas as pd

    from optimizer.reading import read_plan
    from optimizer.scheduling import Schedule

    tasks = read_plan(folder)[0].tasks
    at = pd.Index(tasks["task_id"]).get_indexer(pd.Index(work.task_ids))
    if not tasks["week"].notna().any() or (at < 0).all():
        return None
    reps, weeks = pd.Index(work.rep_ids), pd.Index(work.week_names)
    doer = np.append(reps.get_indexer(pd.Index(tasks["rep_id"])), -1)[at]
    week = np.append(weeks.get_indexer(pd.Index(tasks["week"])), -1)[at]
    return Schedule(doer.astype(np.int64), week.astype(np.int64))
