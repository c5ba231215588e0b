"""Teams: who leaves and who comes at one headcount, planned as a variant of the case, and whether that is enough."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import optimizer
from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.comparing.running.run import Tell
from optimizer.comparing.variants.variant import apply_variant, make_variant
from optimizer.guardrails import judge_guardrails
from optimizer.kpis import Look, look_at, measure_kpis
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.reading.hashing import hash_input
from optimizer.result import Result, Status
from optimizer.solving import solve

# Pairs of a customer with a rep up to which a team is planned as carefully as ``plan`` does.
WHOLE_SEARCH = 5_000
ANY_PLAN = 1.0  # the gap at which a larger one's search ends: with the first plan that keeps everything


@dataclass(frozen=True)
class Team:
    """The team of a headcount: who of the present reps leaves, and who comes, as columns of reps with their values."""

    size: int
    leave: tuple[str, ...] = ()
    join: tuple[tuple[tuple[str, Any], ...], ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Who comes, as rows of reps."""
        return [dict(row) for row in self.join]

    def write_patch(self, case: Case, forced: bool = False) -> dict[str, Any]:
        """What a variant file would say. ``forced``: and that everybody is served within everybody's hours."""
        patch: dict[str, Any] = {}
        if self.leave:
            patch["leave"] = [{"rep_id": rep} for rep in self.leave]
        if self.join:
            patch["add"] = [{"table": "reps", "rows": self.rows}]
        if forced:
            settings: dict[str, Any] = {}
            if not case.scenario.coverage.hard:
                settings["coverage"] = {"hard": True}
            if case.scenario.capacity.price is not None:
                settings["capacity"] = {"price": ""}
            if settings:
                patch["scenario"] = settings
        return patch

    def lay(self, case: Case) -> Case:
        """The case with this team."""
        patch = self.write_patch(case)
        return apply_variant(case, make_variant(f"team-{self.size}", patch)).case if patch else case


@dataclass(frozen=True)
class Tried:
    """What a team came to. ``status``: as of a result, or ``failed`` (``failure`` says why), or ``stopped``.

    ``enough``: its plan serves everybody within everybody's hours and keeps every hard limit; ``forced``: it does so
    where both are asked for, while the scenario's prices would rather leave some customer or hour out; ``impossible``:
    proved that no plan of this team does. ``leaving_hours``: the hand-over of the customers of who leaves, which the
    plan's own cost does not know. ``newcomers``: what each who comes has in the plan. ``accepted``: whether it keeps
    the case's guardrails.
    """

    team: Team
    status: str
    kpis: Mapping[str, float | None] = field(default_factory=dict)
    enough: bool = False
    forced: bool = False
    impossible: bool = False
    accepted: bool = True
    leaving_hours: float = 0.0
    newcomers: tuple[Mapping[str, Any], ...] = ()
    failure: str | None = None
    reused: bool = False

    @property
    def finished(self) -> bool:
        """Whether there is an answer."""
        return self.status not in ("failed", "stopped")

    @property
    def total_hours(self) -> float | None:
        """What the plan costs, hand-over of the customers of who leaves included; None without a plan."""
        cost = self.kpis.get("cost")
        return None if cost is None else cost + self.leaving_hours

    @property
    def bound_hours(self) -> float | None:
        """What this very team costs at least, on the same terms."""
        bound = self.kpis.get("bound")
        return None if bound is None else bound + self.leaving_hours

    def rank(self) -> tuple[bool, bool, float]:
        """Teams that are enough first, then by what they cost."""
        total = self.total_hours
        return not self.enough, bool(self.kpis.get("hard")), float("inf") if total is None else total


@dataclass(frozen=True)
class Job:
    """A team to plan. ``ask_all``: ask for everybody to be served where prices alone do not make it so."""

    team: Team
    ask_all: bool

    def make_key(self, case: Case) -> str:
        """What has the same key has the same answer."""
        base = case.input_hash or hash_input(case.records, case.scenario)
        # Names are words of a language; no plan depends on them.
        rows = [{name: value for name, value in row.items() if name != "name"} for row in self.team.rows]
        content = {"leave": self.team.leave, "join": rows, "all": self.ask_all}
        rails = [repr(rail) for rail in case.guardrails]
        text = json.dumps([optimizer.__version__, base, content, rails], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def plan_team(case: Case, job: Job, tell: Tell, should_stop: Callable[[], bool]) -> Any:
    """Plan a team: what ``Tried`` holds, as plain values; None when it was stopped, for that comes to chance."""
    problem = build_problem(job.team.lay(case))
    quick = is_quick(problem)

    def ask(problem: Problem, **more: Any) -> Result:
        return solve(
            problem,
            gap=ANY_PLAN if quick else None,
            on_progress=lambda g: tell(replace(g, plan=None)),
            should_stop=should_stop,
            **more,
        )

    result = ask(problem)
    if result.stopped == "interrupted":
        return None
    look = look_at(problem, result.plan, result.score, result.bound)
    enough, forced = _is_enough(look), False
    impossible = result.status is Status.INFEASIBLE
    if job.ask_all and not enough:
        strict = replace(problem, cover_all=True, capacity_price=None)
        # What leaves somebody out is often a dead end to begin with; it is tried where nothing else is found.
        for start in (None, result.plan):
            if enough or impossible:
                break
            again = ask(strict, start=start, only_whole=True)
            if again.stopped == "interrupted":
                return None
            impossible = again.status is Status.INFEASIBLE
            if again.ok:
                result, enough, forced = again, True, True
                look = look_at(problem, again.plan, again.score, again.bound)
    figures = measure_kpis(look)
    return {
        "status": result.status.value,
        "kpis": figures,
        "enough": enough,
        "forced": forced,
        "impossible": impossible,
        "accepted": all(passed.ok for passed in judge_guardrails(case.guardrails, figures)),
        "leaving_hours": _add_leaving(case, job.team, look),
        "newcomers": [_describe(look, str(row["rep_id"])) for row in job.team.rows],
    }


def is_quick(problem: Problem) -> bool:
    """Whether teams of this case are planned quickly: the first plan that keeps everything does."""
    return problem.n_customers * problem.n_reps > WHOLE_SEARCH


def _is_enough(look: Look) -> bool:
    within = look.standing.rep_load <= look.problem.load_limit
    return bool(look.score.keeps_all and look.standing.served.all() and within.all())


def _add_leaving(case: Case, team: Team, look: Look) -> float:
    """Hand-over hours of the customers whose owner leaves and who have another one in the plan."""
    if not team.leave:
        return 0.0
    before = build_problem(case)  # the same customers in the same order
    gone = np.isin(np.append(before.rep_ids, "")[before.owner], team.leave)
    return float(before.handover[gone & look.standing.served].sum()) / UNITS_PER_HOUR


def _describe(look: Look, rep_id: str) -> dict[str, Any]:
    """What one rep has in a plan; ``skilled_hours`` are those of customers who ask for a skill."""
    problem, standing = look.problem, look.standing
    at = int(np.flatnonzero(problem.rep_ids == rep_id)[0])
    mine = standing.owner == at
    asks = np.any(problem.requirements, axis=1)[problem.requirement]
    return {
        "rep_id": rep_id,
        "customers": int(standing.customers[at]),
        "hours": float(standing.rep_load[at]) / UNITS_PER_HOUR,
        "capacity_hours": float(problem.capacity[at]) / UNITS_PER_HOUR,
        "travel_hours": float(standing.rep_travel[at]) / UNITS_PER_HOUR,
        "skilled_hours": float(standing.load[mine & asks].sum()) / UNITS_PER_HOUR,
    }
