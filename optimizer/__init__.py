"""Sales territories and task assignments with a proven bound.

The flow in three lines::

    case = read_case("scenarios/quickstart")
    result = solve(build_problem(case))
    write_reports(case, result, "out")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.building import build_problem
    from optimizer.case import Case
    from optimizer.evaluation import evaluate
    from optimizer.explaining import (
        Alternative,
        Counterfactual,
        Figure,
        Ledger,
        OwnerReason,
        Rival,
        Shift,
        UnservedReason,
        explain_owner,
        explain_score,
        explain_unserved,
        explain_why_not,
    )
    from optimizer.findings import Finding, InputError
    from optimizer.generating import generate_case
    from optimizer.generating.progress import generate_progress
    from optimizer.in_force import PlanInForce, put_in_force
    from optimizer.plan import Plan, present_plan
    from optimizer.problem import Problem
    from optimizer.progress import Event
    from optimizer.reading import (
        check_case,
        read_assignments,
        read_case,
        read_plan,
        read_progress,
        read_published,
    )
    from optimizer.rebalancing import (
        Desk,
        Move,
        Rebalance,
        State,
        Suggestion,
        Trigger,
        Watch,
        apply_progress,
        rebalance,
        suggest_owners,
        watch,
    )
    from optimizer.records import Records
    from optimizer.reports import write_reports
    from optimizer.result import Progress, Result, Score, Status, Violation, Worth
    from optimizer.scenario import Scenario
    from optimizer.scheduling import (
        Schedule,
        ScheduleResult,
        ScheduleScore,
        Slip,
        TaskProblem,
        build_task_problem,
        judge_schedule,
        list_slips,
        solve_schedule,
    )
    from optimizer.solving import Improving, improve, solve

__version__ = "0.1.0"

# Names are loaded when first used, so that `--help` does not wait for OR-Tools and pandas.
_HOMES = {
    "build_problem": "building",
    "Case": "case",
    "evaluate": "evaluation",
    "Alternative": "explaining",
    "explain_owner": "explaining",
    "explain_score": "explaining",
    "explain_unserved": "explaining",
    "Ledger": "explaining",
    "OwnerReason": "explaining",
    "Rival": "explaining",
    "UnservedReason": "explaining",
    "Counterfactual": "explaining",
    "Figure": "explaining",
    "Shift": "explaining",
    "explain_why_not": "explaining",
    "Finding": "findings",
    "InputError": "findings",
    "generate_case": "generating",
    "generate_progress": "generating.progress",
    "PlanInForce": "in_force",
    "put_in_force": "in_force",
    "Plan": "plan",
    "present_plan": "plan",
    "Problem": "problem",
    "check_case": "reading",
    "read_assignments": "reading",
    "read_case": "reading",
    "read_plan": "reading",
    "read_progress": "reading",
    "read_published": "reading",
    "apply_progress": "rebalancing",
    "Desk": "rebalancing",
    "Move": "rebalancing",
    "rebalance": "rebalancing",
    "Rebalance": "rebalancing",
    "State": "rebalancing",
    "suggest_owners": "rebalancing",
    "Suggestion": "rebalancing",
    "Trigger": "rebalancing",
    "watch": "rebalancing",
    "Watch": "rebalancing",
    "Event": "progress",
    "Records": "records",
    "write_reports": "reports",
    "Progress": "result",
    "Result": "result",
    "Score": "result",
    "Status": "result",
    "Violation": "result",
    "Worth": "result",
    "Scenario": "scenario",
    "build_task_problem": "scheduling",
    "judge_schedule": "scheduling",
    "list_slips": "scheduling",
    "Schedule": "scheduling",
    "ScheduleResult": "scheduling",
    "ScheduleScore": "scheduling",
    "Slip": "scheduling",
    "solve_schedule": "scheduling",
    "TaskProblem": "scheduling",
    "improve": "solving",
    "Improving": "solving",
    "solve": "solving",
}

__all__ = [
    "Alternative",
    "Case",
    "Counterfactual",
    "Desk",
    "Event",
    "Figure",
    "Finding",
    "Improving",
    "InputError",
    "Ledger",
    "Move",
    "OwnerReason",
    "Plan",
    "PlanInForce",
    "Problem",
    "Progress",
    "Rebalance",
    "Records",
    "Result",
    "Rival",
    "Scenario",
    "Schedule",
    "ScheduleResult",
    "ScheduleScore",
    "Score",
    "Shift",
    "Slip",
    "State",
    "Status",
    "Suggestion",
    "TaskProblem",
    "Trigger",
    "UnservedReason",
    "Violation",
    "Watch",
    "Worth",
    "apply_progress",
    "build_problem",
    "build_task_problem",
    "check_case",
    "evaluate",
    "explain_owner",
    "explain_score",
    "explain_unserved",
    "explain_why_not",
    "generate_case",
    "generate_progress",
    "improve",
    "judge_schedule",
    "list_slips",
    "present_plan",
    "put_in_force",
    "read_assignments",
    "read_case",
    "read_plan",
    "read_progress",
    "read_published",
    "rebalance",
    "solve",
    "solve_schedule",
    "suggest_owners",
    "watch",
    "write_reports",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"optimizer.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'optimizer' has no attribute {name!r}")
