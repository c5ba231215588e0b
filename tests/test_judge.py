"""The judge is tried too: a right plan passes, planted mistakes are seen, and evaluation agrees with it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from tests import judge
from tests.cases import random_case

REPS = """rep_id,role,lat,lon,skills,tiers,hours_per_week,max_customers
ann,farmer,0,0,cardio:2;export@2026-12-31,,10,4
bob,farmer,0,3,export:2@2026-08-02,B,10,
cy,hunter,0,0,cardio:1,,10,
"""
# A degree of longitude on the equator is 111.195 km; 13 visits a quarter are 4 in 4 weeks, so a degree takes
# 4 x 2 x 1.25 x 111.195 / (50 x 4) = 5.5598 hours.
CUSTOMERS = """customer_id,tier,hours,lat,lon,potential,owner,requires,group
c1,A,10,0,1,30,ann,cardio:2,g
c2,B,5,0,0,10,ann,,g
c3,B,20,0,3,20,bob,,
c4,B,,0,2,40,bob,export,
c5,B,6,0,0,20,cy,,
c6,B,2,0,0,0,,,
"""
TASKS = "task_id,customer_id,hours,status\nt1,c4,1.5,\nt2,c4,9,done\n"
LOCKS = """customer_id,rep_id,kind,until
c3,,keep,
c6,bob,forbid,2026-12-31
c6,ann,force,2026-07-01
"""
PAIRS = "customer_id,rep_id,hours,travel_hours,allowed\nc5,ann,,,false\nc4,ann,7,1,true\n"
APART = "customer_a,customer_b\nc3,c1\nc5,c4\n"
SCENARIO = """
[horizon]
start = 2026-07-06
weeks = 4
field_share = 1.0
holidays = [2026-07-08]
[tiers.A]
visits = 13
hours_per_visit = 1.0
roles = ["farmer"]
[tiers.B]
visits = 13
hours_per_visit = 1.5
[coverage]
hard = true
[distance]
limit_km = 120
[counts]
min = 1
max = 5
[counts.tiers.B]
max = 3
[travel]
detour = 1.25
[disruption]
budgets = [{ share = 0.2 }, { scope = "rep", measure = "hours", amount = 7.5 }]
[[corridors]]
measure = "potential"
target = "equal"
tolerance = 0.5
"""
# 4 weeks of 10 hours less a holiday of 2 are 38 hours; c4 takes 4 x 1.5 + 1.5 hours, with ann 7 of her own.
ASSIGNMENTS = """customer_id,rep_id,previous_rep_id,hours,travel_hours,tier
c1,ann,ann,10.000,5.560,A
c2,ann,ann,5.000,0.000,B
c3,bob,bob,20.000,0.000,B
c4,bob,bob,7.500,5.560,B
c5,cy,cy,6.000,0.000,B
c6,cy,,2.000,0.000,B
"""
TERRITORIES = """rep_id,customers,hours,travel_hours,capacity_hours,utilization,\
potential,potential_target,potential_deviation
ann,2,15.000,5.560,38.000,0.3947,40,40,0.0000
bob,2,27.500,5.560,38.000,0.7237,60,40,0.5000
cy,2,8.000,0.000,38.000,0.2105,20,40,-0.5000
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    case, out = tmp_path / "case", tmp_path / "out"
    case.mkdir()
    out.mkdir()
    tables = {
        "reps": REPS,
        "customers": CUSTOMERS,
        "tasks": TASKS,
        "locks": LOCKS,
        "pairs": PAIRS,
        "apart": APART,
    }
    for name, text in tables.items():
        (case / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    (case / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    (out / "assignments.csv").write_text(ASSIGNMENTS, encoding="utf-8")
    (out / "territories.csv").write_text(TERRITORIES, encoding="utf-8")
    return case, out


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8-sig")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def kinds(case: Path, out: Path) -> set[str]:
    return {complaint.kind for complaint in judge.judge(case, out)}


def test_a_right_plan_has_nothing_wrong(folders: tuple[Path, Path]) -> None:
    assert judge.judge(*folders) == []


@pytest.mark.parametrize(("moves", "broken"), [
    ({"c6": ""}, "coverage"),
    ({"c1": "bob", "c2": "bob"}, "skills tier_rights corridors apart disruption capacity counts distance"),
    ({"c1": "cy", "c2": "cy"}, "skills tier_rights corridors counts disruption"),
    ({"c2": "cy"}, "together"),
    ({"c2": "cy", "c5": "bob"}, "together corridors apart disruption distance"),
    ({"c3": "ann", "c4": "ann"}, "locks apart corridors distance counts disruption capacity"),
    ({"c5": "ann"}, "named_pairs corridors"),
    ({"c6": "bob"}, "locks distance"),
    ({"c4": "ann"}, "corridors"),
    ({"c4": "cy"}, "skills distance apart"),
])  # fmt: skip
def test_a_planted_break_is_named(folders: tuple[Path, Path], moves: dict[str, str], broken: str) -> None:
    case, out = folders
    tables = {name: judge.read_table(case / f"{name}.csv") for name in judge.TABLES}
    facts = judge.Facts(tables, judge.tomllib.loads(SCENARIO))
    plan = {row["customer_id"]: row["rep_id"] for row in judge.read_table(out / "assignments.csv")} | moves
    assert {complaint.kind for complaint in judge.find_broken(facts, plan)} == set(broken.split())


@pytest.mark.parametrize(("old", "new", "broken"), [
    ("weeks = 4", "weeks = 3", {"assignments", "territories"}),
    ("[tiers.A]", "seasons = [{ starts = 2026-07-09, ends = 2026-07-10, share = 0.5 }]\n[tiers.A]", {"territories"}),
    ("tolerance = 0.5", "tolerance = 0.49", {"corridors"}),
    ("share = 0.2", "share = 0.0", set()),
    ("max = 3", "max = 1", {"counts"}),
    ("min = 1", "min = 3", {"counts"}),
    ("limit_km = 120", "limit_km = 111", {"distance"}),
    ("start = 2026-07-06", "start = 2026-07-01", {"locks"}),
    ("[travel]", '[capacity]\nlimit = 0.72\n[travel]', {"capacity"}),
    ("[travel]", '[capacity]\nlimit = 0.72\nprice = 1.0\n[travel]', set()),
])  # fmt: skip
def test_a_stricter_scenario_finds_the_plan_wanting(
    folders: tuple[Path, Path], old: str, new: str, broken: set[str]
) -> None:
    replace(folders[0] / "scenario.toml", old, new)
    assert kinds(*folders) == broken


@pytest.mark.parametrize(("file", "old", "new", "broken"), [
    ("assignments", "c2,ann,ann,5.000", "c2,ann,ann,5.010", "assignments"),
    ("assignments", "c4,bob,bob,7.500,5.560", "c4,bob,bob,7.500,5.500", "assignments"),
    ("assignments", "c5,cy,cy", "c5,cy,ann", "assignments"),
    ("assignments", "c6,cy,,2.000,0.000,B\n", "", "plan"),
    ("assignments", "c6,cy,,2.000,0.000,B\n", "c6,cy,,2.000,0.000,B\n" * 2, "plan"),
    ("assignments", "c6,cy,", "c6,dan,", "plan"),
    ("territories", "ann,2,15.000", "ann,3,15.000", "territories"),
    ("territories", "ann,2,15.000", "ann,2,15.010", "territories"),
    ("territories", "0.7237", "0.7240", "territories"),
    ("territories", "60,40,0.5", "61,40,0.5", "territories"),
    ("territories", "60,40,0.5", "60,41,0.5", "territories"),
    ("territories", "60,40,0.5", "60,40,0.4", "territories"),
    ("territories", "cy,2,8.000,0.000,38.000,0.2105,20,40,-0.5000\n", "", "territories"),
])  # fmt: skip
def test_a_wrong_figure_or_a_missing_line_is_named(
    folders: tuple[Path, Path], file: str, old: str, new: str, broken: str
) -> None:
    replace(folders[1] / f"{file}.csv", old, new)
    assert kinds(*folders) == {broken}


def test_a_skill_that_expires_a_day_too_early_is_named(folders: tuple[Path, Path]) -> None:
    replace(folders[0] / "reps.csv", "2026-08-02", "2026-08-01")
    assert kinds(*folders) == {"skills"}


class Counted(dict[str, Any]):
    """Counts how often somebody goes through all of it."""

    times = 0

    def items(self) -> Any:
        Counted.times += 1
        return super().items()

    def __iter__(self) -> Any:
        Counted.times += 1
        return super().__iter__()


def test_nobody_goes_through_all_customers_again_for_every_rep() -> None:
    looked = []
    for reps in (3, 30):
        tables: dict[str, list[dict[str, str]]] = {name: [] for name in judge.TABLES}
        tables["reps"] = [{"rep_id": f"r{i}"} for i in range(reps)]
        tables["customers"] = [{"customer_id": f"c{i}", "owner": f"r{i % reps}"} for i in range(60)]
        facts = judge.Facts(tables, {"counts": {"min": 1}, "disruption": {"budgets": [{"share": 0.1}]}})
        facts.customers = Counted(facts.customers)
        plan = Counted(facts.owner)
        Counted.times = 0
        assert not judge.find_broken(facts, plan)
        judge.check_territories(facts, plan, [{"rep_id": r} for r in facts.reps])
        looked.append(Counted.times)
    assert looked[0] == looked[1] > 0


@pytest.mark.parametrize("count", [1, 2, 7, 200])
def test_the_nearest_point_is_found_without_looking_at_all(count: int) -> None:
    rng = np.random.default_rng(count)
    points = [tuple(p / np.linalg.norm(p)) for p in rng.normal(size=(count, 3)).round(1) + 0.01]
    tree = judge.Nearest(points)
    for at in rng.normal(size=(200, 3)):
        at = tuple(at / np.linalg.norm(at))
        found = tree.find(at)
        assert found in points
        assert judge.math.dist(at, found) == min(judge.math.dist(at, p) for p in points)


def test_the_script_stands_alone_and_says_yes_or_no(folders: tuple[Path, Path]) -> None:
    command = [sys.executable, "-I", judge.__file__, *map(str, folders)]
    assert subprocess.run(command, capture_output=True, cwd=folders[0]).returncode == 0
    replace(folders[1] / "territories.csv", "ann,2", "ann,3")
    wrong = subprocess.run(command, capture_output=True, text=True, cwd=folders[0])
    assert wrong.returncode == 1
    assert "ann: customers" in wrong.stdout


def test_the_judge_imports_nothing_of_the_optimizer() -> None:
    assert "import optimizer" not in Path(judge.__file__).read_text(encoding="utf-8")
    assert "from optimizer" not in Path(judge.__file__).read_text(encoding="utf-8")


def as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NaT:
        return ""
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)


def facts_of(case: Case) -> judge.Facts:
    """What the judge would read, had the case been written to files."""
    tables = {
        name: [{k: as_text(v) for k, v in row.items()} for row in frame.to_dict("records")]
        for name, frame in case.records.tables().items()
    }
    return judge.Facts(tables, case.scenario.model_dump(exclude_unset=True, exclude_none=True))


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_judge_and_problem_compute_the_same_figures(first: int) -> None:
    for seed in range(first, first + 20):
        case = random_case(seed)
        facts, problem = facts_of(case), build_problem(case)
        # Sums of days in another order may fall on the other side of half a milli-hour.
        assert list(facts.hours.values()) == pytest.approx(problem.hours / 1000, abs=1e-9)
        assert list(facts.capacity.values()) == pytest.approx(problem.capacity / 1000, abs=0.0011)
        customer, rep = (axis.ravel() for axis in np.indices((problem.n_customers, problem.n_reps)))
        every = [
            (str(problem.customer_ids[c]), str(problem.rep_ids[r]))
            for c, r in zip(customer, rep, strict=True)
        ]
        travel, load = problem.pair_travel_hours(customer, rep), problem.pair_load(customer, rep)
        assert [facts.travel_hours(c, r) for c, r in every] == pytest.approx(travel / 1000, abs=1e-9)
        assert [facts.load(c, r) for c, r in every] == pytest.approx(load / 1000, abs=1e-9)
        for wish, corridor in zip(facts.corridors(), problem.corridors, strict=True):
            target = corridor.target / problem.measures[corridor.measure].scale
            assert list(facts.targets(wish).values()) == pytest.approx(target, rel=1e-3)


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_judge_and_evaluation_find_the_same_constraints_broken(first: int) -> None:
    kept = broken = 0
    for seed in range(first, first + 20):
        case = random_case(seed)
        facts, problem = facts_of(case), build_problem(case)
        rng = np.random.default_rng(seed)
        for _ in range(15):
            owner = rng.integers(-1, problem.n_reps, problem.n_customers)
            stay = rng.random(problem.n_customers) < 0.4
            owner[stay] = problem.owner[stay]
            plan = {
                str(c): str(problem.rep_ids[r]) if r >= 0 else ""
                for c, r in zip(problem.customer_ids, owner.tolist(), strict=True)
            }
            found = {complaint.kind for complaint in judge.find_broken(facts, plan)}
            wanted = {violation.constraint for violation in evaluate(problem, Plan(owner)).hard_violations}
            assert found == wanted, f"seed {seed}, owners {owner.tolist()}"
            kept, broken = kept + (not found), broken + bool(found)
    assert kept
    assert broken
