"""Sizing: on cases whose number is known it finds it and proves that one fewer is not enough."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from optimizer import building
from optimizer.case import Case
from optimizer.cli import run
from optimizer.comparing.running.run import Outcome, run_many
from optimizer.comparing.sizing import size as sizing
from optimizer.comparing.sizing import size_run, size_teams
from optimizer.comparing.sizing.candidates import list_profiles, read_places, suggest_places
from optimizer.comparing.sizing.size import size
from optimizer.comparing.sizing.size_curve import Sizing
from optimizer.comparing.sizing.size_teams import Tried
from optimizer.comparing.variants.variant import apply_variant, make_variant, read_variants
from optimizer.findings import InputError
from optimizer.folders import OutputError
from optimizer.messages import say
from optimizer.reading import read_case
from optimizer.reports.comparisons.size_files import write_size
from optimizer.reports.comparisons.size_tables import say_answer
from optimizer.solving import solve
from optimizer.solving.modelling.candidates import find_able
from tests.cases import make_case

SCENARIO = {"horizon": {"weeks": 10, "hours_per_week": 10, "field_share": 1.0}, "corridors": []}


class Alone:
    """A crew that works at once, in this process."""

    def __init__(self, work: Any, shared: Any) -> None:
        self.work, self.shared, self.told = work, shared, list[Any]()

    def submit(self, key: str, job: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.told.append((key, None))
        future.set_result(self.work(self.shared, job, lambda glimpse: None, lambda: False))
        return future

    def stop(self) -> None:
        """Nobody waits."""

    def listen(self) -> list[Any]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(work: Any, shared: Any, *_: Any) -> Callable[[int], Any]:
        @contextmanager
        def crew(jobs: int) -> Iterator[Alone]:
            yield Alone(work, shared)

        return crew

    monkeypatch.setattr(sizing, "choose_crew", choose)


def build(reps: Sequence[dict[str, Any]], customers: Sequence[dict[str, Any]], **more: Any) -> Case:
    return make_case(reps, customers, scenario=SCENARIO | more)


def of(*each: float, **more: Any) -> list[dict[str, Any]]:
    return [{"hours": float(h)} | more for h in each]


def test_exactly_as_many_as_the_hours_need(alone: None) -> None:
    found = size(build([{}] * 4, of(*[50] * 6)), (2, 4), places=[])
    assert found.smallest is not None and found.smallest.size == 3 and found.lower == 3 and found.proved
    assert [one.state for one in found.headcounts] == ["impossible", "enough", "enough"]
    assert found.least.why == "rule" and found.least.rules[0].what == "hours"
    short = found.headcounts[0].best
    assert short.kpis["unserved"] and not short.enough
    assert all(one.gap is not None for one in found.headcounts)


def test_a_skill_that_too_few_have_brings_somebody_who_has_it(alone: None) -> None:
    reps = [{"skills": "cardio", "lat": 50.0, "lon": 8.0}, {"lat": 50.0, "lon": 8.1}]
    customers = of(60, 60, requires="cardio", lat=50.0, lon=8.0) + of(30, lat=50.0, lon=8.1)
    found = size(build(reps, customers))
    assert found.smallest is not None and found.smallest.size == 3 and found.proved
    new = found.smallest.best.team.rows
    assert [row["skills"] for row in new] == ["cardio"] and (new[0]["lat"], new[0]["lon"]) == (50.0, 8.0)
    assert found.smallest.best.newcomers[0]["skilled_hours"] == 60.0
    assert found.least.rules[0].who.code == "size.who_skills"


def test_customers_that_cannot_be_cut_are_a_reason(alone: None) -> None:
    found = size(build([{}] * 4, of(70, 70, 40, 40, 40, 30, 5)), (3, 4), places=[])
    assert found.smallest is not None and found.smallest.size == 4 and found.proved
    assert found.least.why == "whole"


def test_where_no_rule_proves_it_every_team_may(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.comparing.sizing.size_least.is_small", lambda seats: False)
    case = build([{}] * 4, of(70, 70, 40, 40, 40, 30, 5))
    found = size(case, (3, 4), places=[])
    assert found.least.people == 3 and found.lower == 4 and found.proved
    assert len(found.headcounts[0].tried) == 4 and all(t.impossible for t in found.headcounts[0].tried)
    monkeypatch.setattr(size_run, "MOST_TEAMS", 0)
    honest = size(case, (3, 4), places=[])
    assert (honest.lower, honest.proved) == (3, False)
    assert honest.smallest is not None and honest.smallest.size == 4
    assert [one.state for one in honest.headcounts] == ["open", "enough"]


def test_no_number_is_an_answer(alone: None) -> None:
    case = build([{}, {}], of(150, 10))
    found = size(case, (2, 2), places=[])
    assert found.lower is None and found.smallest is None and found.proved
    assert found.least.why == "stranded" and found.least.stranded == ("c0",)
    assert say_answer(found) == say("size.answer_never")


def test_enough_is_everybody_even_where_a_price_would_leave_somebody_out(alone: None) -> None:
    reps = [{"lat": 50.0, "lon": 8.0}]
    far = {"hours": 1.0, "visits": 50.0, "lat": 50.0, "lon": 20.0}
    found = size(build(reps, [*of(10, lat=50.0, lon=8.0), far]), (1, 1), places=[])
    best = found.headcounts[0].best
    assert best.enough and best.forced and best.kpis["unserved"] == 0


def test_what_is_finished_is_not_planned_again(
    alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_after(count: int) -> Callable[..., Iterator[Outcome]]:
        def run_some(jobs: Any, crew: Any, **more: Any) -> Iterator[Outcome]:
            yield from islice(run_many(jobs, crew, **more), count)

        return run_some

    case = build([{}] * 3, of(*[50] * 4))
    monkeypatch.setattr(sizing, "run_many", stop_after(2))
    stopped = size(case, (2, 3), places=[], keep=tmp_path)
    finished = {t.team for one in stopped.headcounts for t in one.tried if t.finished}
    assert len(finished) == 2 == len(list(tmp_path.glob("*.json"))) and not stopped.whole
    assert stopped.smallest is not None or say_answer(stopped) == say("size.answer_left", lower=2)
    monkeypatch.setattr(sizing, "run_many", stop_after(0))
    again: list[Tried] = []
    size(case, (2, 3), places=[], keep=tmp_path, on_done=again.append)
    assert {t.team for t in again} == finished and all(t.reused for t in again)


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path, Path]:
    """A case of three reps of whom two would do, sized by the command."""
    home = tmp_path_factory.mktemp("size")
    case = home / "case"
    case.mkdir()
    (case / "reps.csv").write_text("rep_id,name,lat,lon\na,A,50,8\nb,B,50,9\nc,C,50,30\n")
    lines = [f"c{k},20,50,{8 + k % 2},{'abc'[k % 3]}" for k in range(8)]
    (case / "customers.csv").write_text("\n".join(["customer_id,hours,lat,lon,owner", *lines]) + "\n")
    (case / "scenario.toml").write_text("[horizon]\nweeks = 10\nhours_per_week = 10\nfield_share = 1.0\n")
    return (
        run(["size", str(case), "--reps", "1:4", "--workers", "1", "--save", "--out", str(home / "out")]),
        case,
        home / "out",
    )


def test_the_command_writes_tables_page_and_result(answer: tuple[int, Path, Path]) -> None:
    code, _, out = answer
    told = json.loads((out / "result.json").read_text())
    assert code == 0 and (told["smallest"], told["lower"], told["proved"]) == (2, 2, True)
    assert [one["state"] for one in told["headcounts"]] == ["impossible", "enough", "enough", "enough"]
    assert told["headcounts"][1]["leave"] == ["c"]  # who lives where nobody else is
    names = {
        "size.csv",
        "people.csv",
        "rules.csv",
        "size.xlsx",
        "size.svg",
        "size.html",
        "variants",
        "points",
    }
    assert names <= {entry.name for entry in out.iterdir()}
    page = (out / "size.html").read_text()
    assert told["answer"] in page and "class='leaves'" in page and "class='comes'" in page


def test_a_team_is_a_variant_that_says_the_same(answer: tuple[int, Path, Path]) -> None:
    _, folder, out = answer
    case, known = read_case(folder), read_variants(folder)
    assert set(known) == {"team-1", "team-2", "team-4"}
    assert {f.name for f in (out / "variants").iterdir()} == {f"{name}.toml" for name in known}
    assert apply_variant(case, known["team-2"]).case.records.reps["rep_id"].tolist() == ["a", "b"]
    four = apply_variant(case, known["team-4"]).case
    told = json.loads((out / "result.json").read_text())["headcounts"][3]["join"][0]
    assert four.records.reps["rep_id"].tolist() == ["a", "b", "c", told["rep_id"]]
    assert building.build_problem(four).capacity.tolist() == [100_000] * 4


def test_no_file_of_somebody_else_is_replaced(answer: tuple[int, Path, Path], tmp_path: Path) -> None:
    _, folder, out = answer
    (tmp_path / "mine.txt").write_text("mine")
    found = Sizing.__new__(Sizing)
    with pytest.raises(OutputError):
        write_size(found, tmp_path)
    own = folder / "variants" / "team-2.toml"
    text = own.read_text()
    own.write_text(text.partition("\n")[2])
    try:
        assert run(["size", str(folder), "--reps", "1:4", "--workers", "1", "--save", "--out", str(out)]) == 2
        assert own.read_text() == text.partition("\n")[2]
    finally:
        own.write_text(text)


def test_wrong_wishes_are_told_at_once(answer: tuple[int, Path, Path], tmp_path: Path, capsys: Any) -> None:
    _, folder, _ = answer
    places = tmp_path / "places.csv"
    places.write_text("place_id,lat,lon,most\nx,200,8,0\nx,50,8,\n")
    words = ["size", str(folder), "--reps", "4:x", "--places", str(places), "--out", str(tmp_path / "new")]
    assert run(words) == 2
    told = (tmp_path / "new" / "findings.csv").read_text()
    for code in ("size_words", "off_the_globe", "place_most", "duplicate_key"):
        assert code in told
    for wrong in ((0, 3), (5, 2), (1, 500), (4, 60)):
        with pytest.raises(InputError):
            size(read_case(folder), wrong)


def test_places_of_a_table_say_who_could_be_hired_there(
    answer: tuple[int, Path, Path], tmp_path: Path
) -> None:
    case = read_case(answer[1])
    table = tmp_path / "places.csv"
    table.write_text(
        "place_id,name,lat,lon,skills,hours_per_week,most\nn,North,51,8,cardio:2,20,1\ns,,49,9,,,\n"
    )
    found, _ = read_places(table, case)
    assert [(c.site, c.place, c.most, c.row.get("skills"), c.row["hours_per_week"]) for c in found] == [
        (0, "North", 1, "cardio:2", 20.0),
        (1, "s", None, None, 10.0),
    ]
    generated = suggest_places(case, building.build_problem(case))
    assert {c.site for c in generated} == {0, 1}


def test_whoever_asks_for_something_could_be_served_by_somebody_new() -> None:
    tiers = {
        "A": {"visits": 1, "hours_per_visit": 1, "roles": ["farmer"]},
        "B": {"visits": 1, "hours_per_visit": 1},
    }
    reps = [{"role": "hunter", "tiers": "B"}, {"role": "hunter", "tiers": "B", "skills": "export"}]
    wishes = [f"s{k}:{k + 1}" for k in range(12)] + ["export;s3:9", None]
    customers = [{"hours": 1.0, "tier": "AB"[k % 2], "requires": wish} for k, wish in enumerate(wishes)]
    case = build(reps, customers, tiers=tiers)
    profiles = list_profiles(case, building.build_problem(case))
    rows = [{"rep_id": f"n{k}"} | profile for k, profile in enumerate(profiles)]
    pool = apply_variant(case, make_variant("all", {"add": [{"table": "reps", "rows": rows}]})).case
    kind, able = find_able(building.build_problem(pool))
    assert able[:, 2:].any(axis=1).all() and len(able) == len(set(kind.tolist())) == 14


APART = [
    {"customer_a": f"c{a}", "customer_b": f"c{b}"} for a in range(9) for b in range(a)
]  # no rule knows of them


def test_open_numbers_are_halved_not_tried_one_by_one(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.comparing.sizing.size_least.is_small", lambda seats: False)
    monkeypatch.setattr(size_run, "POINTS_AT_FIRST", 2)
    monkeypatch.setattr(size_run, "MOST_TEAMS", 0)
    case = make_case([{}] * 16, of(*[1] * 9), apart=APART, scenario=SCENARIO)
    found = size(case, places=[])
    tried = [one.size for one in found.headcounts]
    assert found.smallest is not None and found.smallest.size == 9 and found.lower == 1 and not found.proved
    assert tried == [1, 8, 9, 10, 12, 16]  # of 16: 8, 12, 10, 9
    assert [one.state for one in found.headcounts][:3] == ["open", "open", "enough"]


def test_teams_of_a_large_case_are_planned_quickly_and_the_number_is_the_same(
    alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []

    def listen(problem: Any, **more: Any) -> Any:
        asked.append(more["gap"])
        return solve(problem, **more)

    monkeypatch.setattr(size_teams, "solve", listen)
    monkeypatch.setattr(size_teams, "WHOLE_SEARCH", 0)
    found = size(build([{}] * 4, of(*[50] * 6)), (2, 4), places=[])
    assert set(asked) == {size_teams.ANY_PLAN}
    assert found.smallest is not None and found.smallest.size == 3 and found.lower == 3 and found.proved
