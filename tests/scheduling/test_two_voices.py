"""Said twice: what CP-SAT is told and what the checker says agree on random tight calendars."""

import numpy as np
import pytest
from ortools.sat.python import cp_model

from optimizer.scheduling import Schedule, judge_schedule
from optimizer.scheduling.board import lay_out
from optimizer.scheduling.placing import start_placing
from optimizer.scheduling.weeks_model import BEHIND, build_weeks_model, count_flow
from tests.scheduling.calendars import draw_case, pose


def fix_schedule(problem, board, option, week):
    """Objective of the model with the schedule fixed: so many units go along every arc, None where it cannot be."""
    built = build_weeks_model(start_placing(board), np.arange(board.n_units))
    weeks = np.full((board.n_units, int(np.diff(board.task_first).max())), -1)
    for unit in range(board.n_units):
        tasks = week[board.task_first[unit] : board.task_first[unit + 1]]
        if len(set(tasks[tasks >= 0])) < (tasks >= 0).sum():
            return None
        weeks[unit, : len(tasks)] = tasks
    flow = count_flow(built, option, weeks)
    if any(arc not in built.arc for arc in flow if not is_last(board, arc)):
        return None
    for arc, variable in built.arc.items():
        built.model.add(variable == flow.get(arc, 0))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(built.model)
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None


def is_last(board, arc):
    """Whether the arc is the way out after all visits, which the arc into the last one holds already."""
    option, made, _, there = arc
    return there == BEHIND and made == board.rows.count[option]


@pytest.mark.parametrize("seed", range(40))
def test_the_model_and_the_checker_agree_on_random_schedules(seed):
    problem = pose(draw_case(seed))
    board = lay_out(problem)
    rng = np.random.default_rng(seed)
    kept = broken = 0
    for turn in range(6):
        option = board.option_first[:-1] + rng.integers(0, np.diff(board.option_first))
        week = np.where(
            rng.random(len(board.task)) < 0.3 + 0.1 * turn,
            -1,
            rng.integers(0, problem.n_weeks, len(board.task)),
        )
        for unit in range(board.n_units):  # done ones first, as the model reads them
            part = slice(board.task_first[unit], board.task_first[unit + 1])
            done = np.sort(week[part][week[part] >= 0])
            week[part] = np.concatenate([done, np.full(len(week[part]) - len(done), -1)])
        schedule = board.to_schedule(option, week)
        score = judge_schedule(problem, schedule)
        said = fix_schedule(problem, board, option, week)
        assert (said is not None) == score.keeps_all, [v.sentence() for v in score.hard_violations]
        if said is not None:
            # The model counts the weeks of reps it has work for, the constant no weeks at all.
            idle = np.setdiff1d(np.arange(problem.n_reps), board.rep)
            rest = board.charge_load(board.base_load).sum(axis=1)[idle].sum()
            assert said + board.constant + rest == score.objective
            kept += 1
        else:
            broken += 1
    assert kept + broken == 6


def test_the_random_schedules_are_of_both_sorts():
    kept = 0
    for seed in range(40):
        problem = pose(draw_case(seed))
        nothing = Schedule(np.full(problem.n_tasks, -1), np.full(problem.n_tasks, -1))
        kept += judge_schedule(problem, nothing).keeps_all
    assert kept == 40  # leaving out everything breaks nothing
