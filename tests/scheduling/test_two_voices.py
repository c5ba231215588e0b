"""Said twice: what CP-SAT is told and what the checker says agree on random tight calendars."""

import numpy as np
import pytest
from ortools.sat.python import cp_model

from optimizer.scheduling import Schedule, judge_schedule
from optimizer.scheduling.board import lay_out
from optimizer.scheduling.exact import build_weeks_model
from optimizer.scheduling.placing import start_placing
from tests.scheduling.calendars import draw_case, pose


def fix_schedule(problem, board, option, week):
    """Status and objective of the model with the schedule fixed."""
    placing = start_placing(board)
    built = build_weeks_model(placing, np.arange(board.n_units), np.arange(problem.n_reps))
    for unit in range(board.n_units):
        tasks = range(board.task_first[unit], board.task_first[unit + 1])
        weeks = [int(week[t]) for t in tasks if week[t] >= 0]
        if len(set(weeks)) < len(weeks):
            return None
        for k in range(board.option_first[unit], board.option_first[unit + 1]):
            built.model.add(built.doer[k] == (k == option[unit]))
            for w in range(problem.n_weeks):
                wanted = k == option[unit] and w in weeks
                if (k, w) in built.at:
                    built.model.add(built.at[k, w] == wanted)
                elif wanted:
                    return None
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(built.model)
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None


@pytest.mark.parametrize("seed", range(40))
def test_the_model_and_the_checker_agree_on_random_schedules(seed):
    problem = pose(draw_case(seed))
    board = lay_out(problem)
    rng = np.random.default_rng(seed)
    # The model counts the weeks of all reps, the board what is settled.
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
            assert said + board.constant == score.objective
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
