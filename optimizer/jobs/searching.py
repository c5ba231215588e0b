"""The jobs that look at many plans: frontier, sweep, size and compare."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.building import build_problem
from optimizer.comparing import Entry, compare_plans
from optimizer.comparing.frontier.frontiers import Frontier, FrontierPoint
from optimizer.comparing.frontier.frontiers import frontier as seek
from optimizer.comparing.sizing.size import size as find_size
from optimizer.comparing.sizing.size_curve import Sizing
from optimizer.comparing.sweep.sweeping import list_points
from optimizer.comparing.sweep.sweeping import sweep as plan_points
from optimizer.in_force import put_in_force
from optimizer.jobs.asking import POINT
from optimizer.jobs.desk import Desk, read_given, read_owners
from optimizer.jobs.orders import CompareOrder, FrontierOrder, SizeOrder, SweepOrder
from optimizer.messages import LANGUAGES
from optimizer.problem import to_units
from optimizer.reports.comparisons.frontier_files import say_name
from optimizer.reports.comparisons.size_files import list_result
from optimizer.result import Progress
from optimizer.store import Write, get_plan, load_case, save_plan


def frontier(desk: Desk, order: FrontierOrder) -> None:
    """Find plans that nothing dominates, and keep each as a draft."""
    with desk.store.read(desk.job.workspace) as view:
        given = read_given(view, order.case_version_id, order.variant)
        today = None if order.plan_id is None else read_owners(view, order.plan_id, given.case)
    found = seek(
        given.case,
        today,
        points=order.points,
        seed=order.seed,
        on_progress=desk.teller.show,
        on_run=lambda number: desk.teller.tell(done=number - 1),
    )
    owners = [put_in_force(given.case, point.plan).owners for point in found.points]
    before = put_in_force(given.case, found.today).owners

    def keep(write: Write) -> Mapping[str, Any]:
        version = given.keep(write)
        points = []
        for point, owner in zip(found.points, owners, strict=True):
            told = _tell_point(point)
            table = pd.DataFrame({"customer_id": owner.index, "rep_id": owner.to_numpy()})
            table["previous_rep_id"] = before.to_numpy()
            kept = save_plan(
                write,
                version.id,
                table,
                name=point.key,
                origin="frontier",
                parent_id=order.plan_id,
                summary=told,
            )
            points.append(told | {"plan_id": kept.id})
        return {"case_version_id": version.id, "points": points} | _tell_frontier(found)

    desk.finish(keep)


def _tell_point(point: FrontierPoint) -> dict[str, Any]:
    return {
        "key": point.key,
        "name": {lang: say_name(point, lang) for lang in LANGUAGES},
        "aims": list(point.aims),
        "rates": asdict(point.rates),
        "objective": point.objective,
        "bound": point.bound,
        "gap": point.gap,
        "keeps_all": point.score.keeps_all,
        "kpis": dict(point.kpis),
    }


def _tell_frontier(found: Frontier) -> dict[str, Any]:
    return {
        "today_aims": list(found.today_aims),
        "today_kpis": dict(found.today_kpis),
        "broken": found.broken,
    }


# Points and teams, each of which is a step -----------------------------------------------------------------------


@dataclass
class Shelf:
    """The folder in which the library keeps what is finished, and the steps of the job, kept alike."""

    desk: Desk
    folder: Path
    answers: bool
    known: set[str] = field(default_factory=set)

    def keep_new(self) -> None:
        """Keep as a step whatever is new in the folder."""
        for file in sorted(self.folder.glob("*.json")):
            if file.stem not in self.known:
                content = json.loads(file.read_text(encoding="utf-8"))
                self.desk.keep(POINT + file.stem, content, answer=self.answers)
                self.known.add(file.stem)


@contextmanager
def open_shelf(desk: Desk, answers: bool) -> Iterator[Shelf]:
    """A folder with what was finished before. ``answers``: steps are what the job came to, and stay."""
    with tempfile.TemporaryDirectory(prefix="optimizer-") as name:
        shelf = Shelf(desk, Path(name), answers)
        for step, content in desk.steps.items():
            if step.startswith(POINT):
                key = step.removeprefix(POINT)
                (shelf.folder / f"{key}.json").write_text(json.dumps(content), encoding="utf-8")
                shelf.known.add(key)
        yield shelf


def sweep(desk: Desk, order: SweepOrder) -> None:
    """Plan every point that was not finished before."""
    with desk.store.read(desk.job.workspace) as view:
        case = read_given(view, order.case_version_id, order.variant).case
    if order.seed is not None:
        settings = case.scenario.solve.model_copy(update={"seed": order.seed})
        case = replace(case, scenario=case.scenario.model_copy(update={"solve": settings}))
    total = len(list_points(case, order.values, order.seeds))
    done = 0

    def hear(*_: object) -> None:
        nonlocal done
        shelf.keep_new()
        done += 1
        desk.teller.tell(done=done)

    desk.teller.tell(phase="points", done=0, total=total)
    with open_shelf(desk, answers=True) as shelf:
        found = plan_points(
            case,
            order.values,
            seeds=order.seeds,
            workers=desk.threads,
            keep=shelf.folder,
            on_progress=lambda _, glimpse: _glimpse(desk, glimpse),
            on_done=hear,
        )
    failed = [
        {"values": dict(one.point.values), "seed": one.point.seed, "failure": one.failure}
        for one in found.points
        if not one.finished
    ]
    told = {"points": total, "finished": total - len(failed), "failed": failed}
    told["effects"] = [asdict(effect) for effect in found.find_effects()]
    desk.finish(lambda write: told)


def size(desk: Desk, order: SizeOrder) -> None:
    """Plan every team that was not finished before."""
    with desk.store.read(desk.job.workspace) as view:
        case = read_given(view, order.case_version_id, order.variant).case
    if order.seed is not None:
        settings = case.scenario.solve.model_copy(update={"seed": order.seed})
        case = replace(case, scenario=case.scenario.model_copy(update={"solve": settings}))
    done = 0

    def hear(*_: object) -> None:
        nonlocal done
        shelf.keep_new()
        done += 1
        desk.teller.tell(done=done)

    desk.teller.tell(phase="teams", done=0)
    with open_shelf(desk, answers=False) as shelf:
        found = find_size(
            case,
            order.reps,
            keep_guardrails=order.keep_guardrails,
            workers=desk.threads,
            keep=shelf.folder,
            on_least=lambda least, sizes: desk.teller.tell(total=len(sizes)),
            on_progress=lambda _, glimpse: _glimpse(desk, glimpse),
            on_done=hear,
        )
    desk.finish(lambda write: _tell_size(found))


def _tell_size(found: Sizing) -> dict[str, Any]:
    """What ``result.json`` says, with its sentences in every language."""
    each = {lang: list_result(found, lang) for lang in LANGUAGES}
    told = each[LANGUAGES[0]]
    told["answer"] = {lang: one["answer"] for lang, one in each.items()}
    told["proof"]["sentence"] = {lang: one["proof"]["sentence"] for lang, one in each.items()}
    for k, rule in enumerate(told["proof"]["rules"]):
        rule["who"] = {lang: one["proof"]["rules"][k]["who"] for lang, one in each.items()}
    return told


def _glimpse(desk: Desk, glimpse: Progress | None) -> None:
    if glimpse is not None:
        desk.teller.tell(seconds=glimpse.seconds, gap=glimpse.gap)


def compare(desk: Desk, order: CompareOrder) -> None:
    """Set plans beside each other, each judged on its own case."""
    names = list(dict.fromkeys((*order.plan_ids, *([order.baseline] if order.baseline else []))))
    cases: dict[str, Any] = {}
    entries = []
    with desk.store.read(desk.job.workspace) as view:
        for name in names:
            plan = get_plan(view, name)
            if plan.case_version_id not in cases:
                case = load_case(view, plan.case_version_id)
                cases[plan.case_version_id] = case, build_problem(case)
            case, problem = cases[plan.case_version_id]
            bound = (
                plan.summary.get("bound") if plan.origin != "frontier" else None
            )  # that one holds at its rates
            units = None if bound is None else int(to_units(bound))
            entries.append(Entry(name, case, problem, read_owners(view, name, case), units))
    found = compare_plans(entries, order.baseline)
    kpis = [
        {
            "name": kpi.name,
            "label": {lang: kpi.label(lang) for lang in LANGUAGES},
            "unit": kpi.unit,
            "better": kpi.better,
            "values": found.values(kpi),
            "differences": found.differences(kpi),
            "best": list(found.best(kpi)),
        }
        for kpi in found.kpis
    ]
    accepted = {one.name: one.accepted for one in found.plans}
    told = {"plan_ids": names, "baseline": names[found.baseline], "kpis": kpis, "accepted": accepted}
    desk.finish(lambda write: told)
