"""The page is one safe, self-contained file, whatever the records say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import shapely

from optimizer.building import build_problem
from optimizer.constraints.together import find_units
from optimizer.evaluation import evaluate
from optimizer.explaining import explain_owner
from optimizer.messages import say
from optimizer.problem import Problem
from optimizer.reports.content import report
from optimizer.reports.content.report import Report, build_report
from optimizer.reports.page import customer_page, page
from optimizer.reports.page.page import escape_json, list_page, write_page
from optimizer.result import Status
from tests.cases import random_case
from tests.explaining.test_owners import random_plan
from tests.reports.answers import EVIL, small_case, small_report, small_result


def write(report: Report, folder: Path) -> str:
    write_page(report, folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def data_of(html: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def test_records_cannot_break_out_of_their_script_element(tmp_path: Path) -> None:
    html = write(small_report(), tmp_path)
    assert html.count("</script>") == 1 + len(page.SCRIPTS), "data and the scripts"
    assert "alert(1)<" not in html
    assert "\u2028" not in html
    names = data_of(html)["customers"]["name"]
    assert names[0] == EVIL
    assert names[2] == "\u2028苏州"
    assert data_of(html)["name"] == "<b>Delta</b>"


def test_escaped_json_is_the_same_json() -> None:
    value = {"a": "</script><!--&\u2029", "b": [1.5, None, "\\u003c"]}
    escaped = escape_json(json.dumps(value, ensure_ascii=False))
    assert not set("<>&\u2028\u2029") & set(escaped)
    assert json.loads(escaped) == value


def test_the_page_needs_no_network_and_its_policy_allows_only_its_own_parts(tmp_path: Path) -> None:
    html = write(small_report(), tmp_path)
    code = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    assert not re.findall(r"""\b(?:src|href|import|fetch|url)\b\s*[=(]""", code)
    assert "http" not in code.replace("http-equiv", "")
    assert "innerHTML" not in code
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith("default-src 'none'")
    for part in re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", html, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_headlines_carry_bound_and_gap() -> None:
    shown = list_page(small_report())
    assert shown["status"] == "feasible"
    assert shown["objective"] > shown["bound"] > 0
    assert f"{shown['gap']:.2%}" in shown["certificate"]
    assert f"{shown['bound']:,.1f} h" in shown["certificate"]
    assert sum(term["after"] for term in shown["terms"]) == pytest.approx(shown["objective"], abs=1e-9)


def test_hard_violations_come_first_and_in_words() -> None:
    case = small_case()
    problem = build_problem(case)
    result = small_result(problem, (2, 0, 0, 0, 0, 0, 0), status=Status.NOT_FOUND, gap=None)
    shown = list_page(build_report(case, problem, result.plan, result.score, result))
    assert shown["keepsAll"] is False
    assert shown["brokenCount"] == len(shown["broken"]) == 2
    assert any("laser" in sentence for sentence in shown["broken"])
    assert "breaks 2" in shown["verdict"]


def test_without_points_there_is_no_map_but_a_page(tmp_path: Path) -> None:
    case = small_case(reps=[{}, {}, {}], customers=[{"hours": 1.0}] * 7, tasks=[])
    shown = data_of(write(small_report(case), tmp_path))
    assert shown["map"] is None
    assert shown["words"]["map_none"]


def test_many_points_are_sampled_and_counted_the_same_way_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list_page(small_report())["map"]
    assert (len(whole["lon"]), whole["known"], whole["missing"]) == (6, 6, 1)
    monkeypatch.setattr(customer_page, "MOST_TOLD", 4)
    sample = list_page(small_report())["map"]
    assert (len(sample["lon"]), sample["known"]) == (4, 6)
    assert sample == list_page(small_report())["map"]
    assert sample["outlines"] == whole["outlines"]


def test_customers_beyond_the_map_can_be_found_until_the_page_would_burst(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(customer_page, "MOST_TOLD", 4)
    shown = list_page(small_report())
    assert len(shown["customers"]["id"]) == shown["customers"]["all"] == 7
    assert len(shown["why"]["told"]) == len(shown["why"]["best"]["rep"]) == 4
    monkeypatch.setattr(customer_page, "MOST_LISTED", 6)
    fewer = list_page(small_report())
    assert (len(fewer["customers"]["id"]), fewer["customers"]["all"]) == (4, 7)
    assert fewer["why"]["told"] == [0, 1, 2, 3]
    whole = list_page(small_report())["ledger"]
    assert whole == fewer["ledger"], "sums are of all"


def test_a_customer_without_a_point_is_told_as_others_are() -> None:
    shown = list_page(small_report())
    (without,) = set(range(7)) - set(shown["map"]["at"])
    assert shown["customers"]["id"][without] == "c6"
    assert without in shown["why"]["told"]


def add_up(parts: list[int]) -> int:
    return sum(parts[1::2])


@pytest.mark.parametrize("seed", range(30))
def test_what_the_page_says_sums_from_customer_to_rep_to_the_objective_to_the_last_unit(seed: int) -> None:
    case, (problem, plan, _) = random_case(seed), random_plan(seed)
    score = evaluate(problem, plan)
    shown = list_page(build_report(case, problem, plan, score))
    ledger, customers = shown["ledger"], shown["customers"]
    terms, reps = ledger["terms"], range(problem.n_reps)
    owned = [[0] * len(terms) for _ in range(problem.n_reps + 1)]
    for owner, parts in zip(customers["after"], customers["costs"], strict=True):
        for term, amount in zip(parts[::2], parts[1::2], strict=True):
            owned[owner][term] += amount
    assert owned == ledger["owned"], "customers sum to their rep"
    of_term = {
        name: sum(row[k] for row in owned) + sum(ledger["limits"][r][k] for r in reps) + ledger["team"][k]
        for k, name in enumerate(terms)
    }
    assert {name: n for name, n in of_term.items() if n} == {
        say(f"term.{name}", "en"): n for name, n in score.terms.items() if n
    }
    assert sum(of_term.values()) == ledger["total"] == score.objective
    why = shown["why"]
    assert why["terms"][: len(terms)] == terms, "the places of terms are the same in both"
    for k, customer in enumerate(why["told"]):
        reason = explain_owner(problem, plan, problem.customer_ids[customer])
        for role in ("best", "nearest", "before"):
            rep, other = why[role]["rep"][k], why[role]
            if rep < 0 or len({int(plan.owner[i]) for i in decided_with(problem, customer)}) > 1:
                continue
            alternative = reason.with_rep(problem.rep_ids[rep])
            assert alternative is not None
            assert other["change"][k] == alternative.difference
            said = {say(f"term.{name}", "en"): n for name, n in alternative.terms.items()}
            told = {why["terms"][t]: n for t, n in zip(*[iter(other["parts"][k])] * 2, strict=True)}
            assert told.items() <= said.items()


def decided_with(problem: Problem, customer: int) -> list[int]:
    unit = find_units(problem)
    return [int(i) for i in (unit == unit[customer]).nonzero()[0]]


def test_a_lock_is_told_with_reason_and_end_while_it_is_in_force() -> None:
    locks = [
        {"customer_id": "c0", "rep_id": "r2", "kind": "keep", "reason": "sponsor", "until": "2027-12-31"},
        {"customer_id": "c3", "rep_id": "r0", "kind": "forbid", "reason": "dispute"},
        {"customer_id": "c4", "rep_id": "r1", "kind": "force", "until": "2026-07-05"},
    ]
    shown = list_page(small_report(small_case(locks=locks)))
    assert shown["customers"]["locks"] == [
        [0, True, 0, "sponsor", "2027-12-31"],
        [3, False, 0, "dispute", ""],
    ]


def test_outlines_of_too_many_customers_are_drawn_round_a_sample_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = list_page(small_report())["map"]
    assert whole["outlined"] == whole["known"] == 6
    monkeypatch.setattr(report, "MOST_OUTLINED", 3)
    some = small_report()
    drawn = list_page(some)
    assert (drawn["map"]["outlined"], drawn["map"]["known"]) == (3, 6)
    assert drawn["map"]["lon"] == whole["lon"], "the points are a sample of their own"
    corners = sum(shapely.get_num_coordinates(shape) for shape in some.outlines_after if shape is not None)
    assert corners == (some.after.owner[some.outlined] >= 0).sum()
    assert "{outlined}" in drawn["words"]["map_sample_outlines"]


def test_long_tables_are_cut_and_say_how_long_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_ROWS", 1)
    moves = list_page(small_report())["tables"]["moves"]
    assert moves["count"] == 2
    assert [len(column) for column in moves["cells"]] == [1] * len(moves["columns"])


def test_a_reason_stands_beside_whom_it_is_about_and_what_only_programs_need_is_left_to_the_files() -> None:
    report = small_report()
    shown = [column["key"] for column in list_page(report)["tables"]["moves"]["columns"]]
    assert shown[:6] == ["customer_id", "name", "tier", "from_rep_id", "to_rep_id", "reason"]
    assert shown[6:] == ["hours", "handover_hours", "gain_hours", "chain"]
    assert {"travel_hours_after", "reason_code", "because_of"} <= set(report.moves.columns) - set(shown)


def test_a_corridor_is_a_band_around_one(tmp_path: Path) -> None:
    bands = data_of(write(small_report(), tmp_path))["bands"]
    assert [band["label"] for band in bands] == ["Hours against capacity", "hours ±10%", "customers ±10%"]
    assert bands[1]["low"][0] == pytest.approx(0.9, abs=1e-3)
    assert bands[1]["high"][0] == pytest.approx(1.1, abs=1e-3)
    assert bands[0]["shareAfter"][0] == pytest.approx(16.625 / 48, abs=1e-5)


def test_every_word_the_scripts_use_is_in_the_catalogue() -> None:
    words = list_page(small_report())["words"]
    used = set(re.findall(r"\bwords\.(\w+)", "".join(map(page._part, page.SCRIPTS))))
    assert len(used) > 40
    assert used <= set(words)
    by_python = {"no_script", "workload", "why_asked_more", "why_not_asked"}
    assert set(words) - used == by_python
