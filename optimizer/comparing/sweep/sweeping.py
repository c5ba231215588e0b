"""A sweep: one case planned for many values of its scenario, and what each of them does to every figure of the plan."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import optimizer
from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.comparing.running.crews import choose_crew
from optimizer.comparing.running.keeping import keep_answer, read_answer, read_kpis
from optimizer.comparing.running.run import Outcome, Tell, run_many
from optimizer.comparing.variants.settings import change_settings, nest
from optimizer.findings import InputError
from optimizer.kpis import look_at, measure_kpis
from optimizer.reading.checks import run_checks
from optimizer.reading.collecting import Findings
from optimizer.reading.hashing import hash_input
from optimizer.result import Progress
from optimizer.scenario import Scenario
from optimizer.solving import solve

TABLE = "sweep"  # how findings name what is swept
SEED = "solve.seed"
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Point:
    """One plan of a sweep: the values it is made with, by their places in the scenario, and its seed.

    ``key`` is a hash of the records, the scenario with these values and the seed, and the version of the optimizer:
    what has the same key has the same plan.
    """

    number: int  # from 1
    values: Mapping[str, Any]
    seed: int
    key: str
    scenario: Scenario = field(repr=False)


@dataclass(frozen=True)
class Swept:
    """What a point came to. ``status``: as of a result, or ``failed`` (``failure`` says why), or ``stopped``.

    ``kpis``: every figure by its name, None where the plan has none; empty without a plan. ``reused``: it was finished
    before this run.
    """

    point: Point
    status: str
    kpis: Mapping[str, float | None] = field(default_factory=dict)
    failure: str | None = None
    reused: bool = False

    @property
    def finished(self) -> bool:
        """Whether there is an answer."""
        return self.status not in ("failed", "stopped")


@dataclass(frozen=True)
class Effect:
    """What one value of a setting does to one figure: its mean, least and most over all points with that value."""

    place: str  # of the setting; ``seed`` for the seeds
    value: Any
    kpi: str
    points: int
    mean: float
    least: float
    most: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep as far as it came: every point, in the order in which they were asked for."""

    case: Case
    points: tuple[Swept, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The settings that differ between points."""
        return tuple(dict.fromkeys(place for swept in self.points for place in swept.point.values))

    @property
    def kpis(self) -> tuple[str, ...]:
        """The names of the figures that any plan has."""
        return tuple(dict.fromkeys(name for swept in self.points for name in swept.kpis))

    @property
    def whole(self) -> bool:
        """True when every point has an answer."""
        return all(swept.finished for swept in self.points)

    def find_effects(self) -> tuple[Effect, ...]:
        """The sensitivity of every figure to every setting, and to the seed where there are several."""
        seeds = len({swept.point.seed for swept in self.points}) > 1 and SEED not in self.places
        effects = []
        for place in (*self.places, *(["seed"] if seeds else [])):
            groups: dict[str, tuple[Any, list[Swept]]] = {}
            for swept in self.points:
                value = swept.point.seed if place == "seed" and seeds else swept.point.values.get(place)
                groups.setdefault(write_value(value), (value, []))[1].append(swept)
            for kpi in self.kpis:
                for value, group in groups.values():
                    known = [v for s in group if (v := s.kpis.get(kpi)) is not None]
                    if known:
                        mean = math.fsum(known) / len(known)
                        effects.append(Effect(place, value, kpi, len(known), mean, min(known), max(known)))
        return tuple(effects)


def sweep(
    case: Case,
    values: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    *,
    seeds: Sequence[int] = (),
    workers: int | None = None,
    cluster: str | None = None,
    keep: str | Path | None = None,
    on_progress: Callable[[Point, Progress | None], None] | None = None,
    on_done: Callable[[Swept], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Sweep:
    """Plan ``case`` for many values of its scenario.

    ``values``: for each setting, named by its place (``corridors.0.tolerance``), the values to try, in every
    combination; or a list of points, each with its own settings. ``seeds``: each point once for each of them.
    ``workers``: processes of this machine [as many as cores]; ``cluster``: the address of a dask.distributed scheduler,
    ``tcp://host:8786``, used instead. The answer is the same with any of them.

    ``keep``: a folder in which every finished point is kept; a point that is there already is not planned again.
    ``on_progress`` hears of points while they are planned (None: one begins), ``on_done`` of each that ends, both in
    the thread of the caller. When ``should_stop`` says so the running solves end within seconds; what is finished is
    given.

    A point that fails is told as such and takes no other with it. InputError holds everything wrong in the settings.
    A script that calls this needs ``if __name__ == "__main__":``, because its module is loaded in every process.
    """
    points = list_points(case, values, seeds)
    kept = None if keep is None else Path(keep)
    found = {} if kept is None else _read_kept(kept, points)
    by_key = {point.key: point for point in reversed(points)}
    for point in points:
        if point.key in found and on_done is not None:
            on_done(replace(found[point.key], point=point))
    jobs = {key: by_key[key].scenario for key in dict.fromkeys(p.key for p in points) if key not in found}

    def hear(key: str, glimpse: Progress | None) -> None:
        if on_progress is not None:
            on_progress(by_key[key], glimpse)

    if jobs:
        crew = choose_crew(
            plan_point, replace(case, findings=[]), workers, cluster
        )  # findings are told already
        with closing(run_many(jobs, crew, on_progress=hear, should_stop=should_stop)) as outcomes:
            for outcome in outcomes:
                swept = _understand(by_key[outcome.key], outcome)
                found[outcome.key] = swept
                if kept is not None and swept.finished:
                    _keep(kept, swept)
                if on_done is not None:
                    for point in points:
                        if point.key == outcome.key:
                            on_done(replace(swept, point=point))
    done = [found.get(point.key, Swept(point, "stopped")) for point in points]
    return Sweep(case, tuple(replace(swept, point=p) for swept, p in zip(done, points, strict=True)))


def list_points(
    case: Case,
    values: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    seeds: Sequence[int] = (),
) -> list[Point]:
    """The points of a sweep, checked; arguments as for ``sweep``. InputError holds every finding."""
    findings = Findings()
    if isinstance(values, Mapping):
        singles = {place: list(tried) for place, tried in values.items()}
        for place in [place for place, tried in singles.items() if not tried]:
            findings.add("sweep_no_value", "error", TABLE, None, place)
        count = math.prod(map(len, singles.values()))
        combos: Iterable[Sequence[Any]] = product(*singles.values())
        rows: Iterable[dict[str, Any]] = (dict(zip(singles, combo, strict=True)) for combo in combos)
    else:
        rows, count, singles = [dict(row) for row in values], len(values), {}
        for row in rows:
            for place, value in row.items():
                singles.setdefault(place, []).append(value)
    if not singles and not seeds:
        findings.add("sweep_nothing", "error", TABLE)
    if seeds and any(place.replace("[", ".") == SEED for place in singles):
        findings.add("sweep_two_seeds", "error", TABLE, None, SEED)
    if count * max(1, len(seeds)) > MOST_POINTS:
        asked = count * max(1, len(seeds))
        findings.add("sweep_too_many", "error", TABLE, None, None, asked, most=f"{MOST_POINTS:,}")
    told = set[Any]()
    for (
        place,
        tried,
    ) in singles.items():  # each by itself first: a mistake is told once, not once a combination
        for value in tried:
            _check(case, {place: value}, findings, told)
    for seed in seeds:
        _check(case, {SEED: seed}, findings, told)
    points = []
    for row in rows if not findings.has_errors else ():
        scenario = _check(case, row, findings, told)
        for seed in seeds if scenario is not None else ():
            points.append((row, _with_seed(scenario, seed)))
        if not seeds and scenario is not None:
            points.append((row, scenario))
    if findings.has_errors:
        raise InputError(findings.listed())
    return [
        Point(number, row, scenario.solve.seed, _hash(case, scenario), scenario)
        for number, (row, scenario) in enumerate(points, 1)
    ]


def write_value(value: Any) -> str:
    """A value of a setting as it is shown, and as ``--set`` takes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _check(case: Case, row: Mapping[str, Any], findings: Findings, told: set[Any]) -> Scenario | None:
    """The scenario of a point; what is wrong with it is told once."""
    own = Findings()
    changes: dict[str, Any] = {}
    for place, value in row.items():
        _join(changes, nest(place, value))
    scenario = change_settings(case.scenario, changes, own, TABLE)
    if scenario is not None and not own.has_errors:
        own.rows = {name: np.arange(2, len(frame) + 2) for name, frame in case.records.tables().items()}
        run_checks(case.records, scenario, own)
    for f in own.listed():
        value = "" if f.code == "unknown_key" else repr(f.value)
        same = (f.code, f.column, value)
        if f.severity == "error" and same not in told:
            told.add(same)
            findings.extend([f])
    return None if own.has_errors else scenario


def _join(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _join(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _with_seed(scenario: Scenario | None, seed: int) -> Scenario:
    assert scenario is not None
    return scenario.model_copy(update={"solve": scenario.solve.model_copy(update={"seed": seed})})


def _hash(case: Case, scenario: Scenario) -> str:
    base = case.input_hash or hash_input(case.records, case.scenario)
    content = f"{optimizer.__version__}\n{base}\n{scenario.model_dump_json()}"
    return hashlib.sha256(content.encode()).hexdigest()[:32]


# Planning -----------------------------------------------------------------------------------------------------


def plan_point(case: Case, scenario: Scenario, tell: Tell, should_stop: Callable[[], bool]) -> Any:
    """Plan one point: its status and figures; None when it was stopped, because what it came to then is chance."""
    problem = build_problem(replace(case, scenario=scenario))
    result = solve(problem, on_progress=lambda g: tell(replace(g, plan=None)), should_stop=should_stop)
    if result.stopped == "interrupted" or should_stop():  # asked to stop, it may have left something out
        return None
    figures = measure_kpis(look_at(problem, result.plan, result.score, result.bound))
    return {"status": result.status.value, "kpis": figures}


def _understand(point: Point, outcome: Outcome) -> Swept:
    if outcome.failure is not None:
        return Swept(point, "failed", failure=outcome.failure)
    return Swept(point, outcome.value["status"], outcome.value["kpis"])


def _keep(folder: Path, swept: Swept) -> None:
    values, seed = dict(swept.point.values), swept.point.seed
    content = {"values": values, "seed": seed, "status": swept.status, "kpis": dict(swept.kpis)}
    keep_answer(folder, swept.point.key, content)


def _read_kept(folder: Path, points: Sequence[Point]) -> dict[str, Swept]:
    """The points that an earlier run finished; a file that cannot be understood counts as none."""
    found = {}
    for point in points:
        content = read_answer(folder, point.key) or {}
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            found[point.key] = Swept(point, str(content["status"]), read_kpis(content), reused=True)
    return found
