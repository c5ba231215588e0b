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
from optimizer.reports import page, report
from optimizer.reports.page import escape_json, list_page, write_page
from optimizer.reports.report import Report, build_report
from optimizer.result import Status
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
    names = data_of(html)["map"]["name"]
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
    monkeypatch.setattr(page, "MOST_POINTS", 4)
    sample = list_page(small_report())["map"]
    assert (len(sample["lon"]), sample["known"]) == (4, 6)
    assert sample == list_page(small_report())["map"]
    assert sample["outlines"] == whole["outlines"]


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
    assert set(words) - used == {"no_script", "workload"}, "those two Python says"
