"""Cases and plans through the API: handed in, decided, published, asked about."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.store import Role
from tests.store.conftest import CUSTOMERS
from tests.web.conftest import Hall

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"
CASE = {
    "tables": {
        "reps": [{"rep_id": "r1", "lat": 31.0, "lon": 121.0}, {"rep_id": "r2", "lat": 32.0, "lon": 121.0}],
        "customers": [
            {"customer_id": "c1", "hours": 12, "owner": "r1", "lat": 31.1, "lon": 121.0},
            {"customer_id": "c2", "hours": 8, "owner": "r2", "lat": 31.9, "lon": 121.0},
        ],
    }
}


def upload(hall: Hall, paths: list[Path], **more: Any) -> Any:
    files = [("files", (path.name, path.read_bytes())) for path in paths]
    return hall.ask("POST", "/cases/q1/files", files=files, **more)


def steps(hall: Hall, plan_id: str, *names: str) -> Any:
    for name in names:
        told = hall.post(f"/plans/{plan_id}/{name}", {"reason": "so be it"} if name == "reject" else None)
        assert told.status_code == 200, told.text
    return told


# Cases ----------------------------------------------------------------------------------------------------


def test_a_case_comes_as_files_and_the_same_again_is_no_new_version(hall: Hall) -> None:
    paths = [path for path in QUICKSTART.iterdir() if path.suffix in (".csv", ".toml")]
    first = upload(hall, paths)
    assert (first.status_code, first.json()["version"]["customer_count"]) == (201, 25)
    again = upload(hall, paths)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert again.json()["version"] == first.json()["version"]
    assert [one["number"] for one in hall.get("/cases/q1/versions").json()] == [1]


def test_a_case_comes_as_parquet_as_a_workbook_and_as_json(hall: Hall, tmp_path: Path) -> None:
    frames = {name: pd.DataFrame(rows) for name, rows in CASE["tables"].items()}
    for name, frame in frames.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    with pd.ExcelWriter(tmp_path / "all.xlsx") as book:
        for name, frame in frames.items():
            frame.to_excel(book, sheet_name=name, index=False)
    told = [
        upload(hall, sorted(tmp_path.glob("*.parquet"))),
        upload(hall, [tmp_path / "all.xlsx"]),
        hall.post("/cases/q1/tables", CASE),
    ]
    assert {one.status_code for one in told} <= {200, 201}, [one.text for one in told]
    assert len({one.json()["version"]["input_hash"] for one in told}) == 1


def test_everything_wrong_with_a_case_is_told_with_its_place(hall: Hall) -> None:
    broken = {
        "tables": {"reps": CASE["tables"]["reps"], "customers": [{"customer_id": "c1", "owner": "r9"}] * 2}
    }
    told = hall.post("/cases/q1/tables", broken)
    assert (told.status_code, told.json()["code"]) == (422, "bad_input")
    found = {(one["code"], one["table"], one["row"], one["column"]) for one in told.json()["findings"]}
    assert ("duplicate_key", "customers", 3, "customer_id") in found
    assert any(code == "unknown_reference" for code, *_ in found)
    assert all(one["fix"] for one in told.json()["findings"])
    assert hall.get("/cases").json() == []


@pytest.mark.parametrize("name", ["../../reps.csv", "reps.exe", ".hidden.csv", "a/b.csv", "reps.csv.sh"])
def test_a_file_with_an_odd_name_is_not_written_anywhere(hall: Hall, name: str) -> None:
    told = hall.ask("POST", "/cases/q1/files", files=[("files", (name, b"rep_id\nr1\n"))])
    assert told.status_code == 422
    assert told.json()["findings"][0]["code"] == "upload_name"


def test_a_file_handed_in_twice_is_told(hall: Hall) -> None:
    files = [("files", ("reps.csv", b"rep_id\nr1\n"))] * 2
    told = hall.ask("POST", "/cases/q1/files", files=files)
    assert told.status_code == 422
    assert told.json()["findings"][0]["code"] == "upload_twice"


def test_more_rows_than_are_taken_are_refused(hall: Hall) -> None:
    rows = [{"customer_id": f"c{k}"} for k in range(5_001)]
    told = hall.post("/cases/q1/tables", {"tables": {"reps": [{"rep_id": "r1"}], "customers": rows}})
    assert (told.status_code, told.json()["code"]) == (413, "too_many_rows")


def test_a_variant_changes_only_for_whoever_saw_it_last(hall: Hall) -> None:
    hall.post("/cases/q1/tables", CASE)
    path, body = "/cases/q1/variants/dear", {"content": {"scenario": {"travel.price": 2.0}}}
    made = hall.ask("PUT", path, json=body, headers={"If-Match": '"0"'})
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert hall.ask("PUT", path, json=body, headers={"If-Match": '"0"'}).status_code == 409
    wrong = hall.ask("PUT", path, json={"content": {"scenarios": {}}})
    assert wrong.json()["findings"][0]["code"] == "unknown_key"
    assert hall.ask("DELETE", path, headers={"If-Match": made.headers["etag"]}).status_code == 204
    assert hall.get(path).status_code == 404


# The way of a plan ----------------------------------------------------------------------------------------


def test_two_deciders_at_once_the_second_hears_what_the_first_did(hall: Hall) -> None:
    plan = hall.draft()
    steps(hall, plan.id, "submit")
    seen = hall.get(f"/plans/{plan.id}").headers["etag"]
    first = hall.post(
        f"/plans/{plan.id}/reject", {"reason": "too far"}, Role.APPROVER, headers={"If-Match": seen}
    )
    assert (first.status_code, first.json()["status"]) == (200, "draft")
    second = hall.post(f"/plans/{plan.id}/approve", None, Role.APPROVER, headers={"If-Match": seen})
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    (change,) = second.json()["changes"]
    assert (change["action"], change["reason"]) == ("reject", "too far")
    assert second.json()["current_version"] == 3


def test_from_draft_to_in_force_and_back(hall: Hall) -> None:
    old, new = hall.draft(), hall.draft(c5="r2")
    for plan, starts in ((old, "2027-01-04"), (new, "2027-02-01")):
        steps(hall, plan.id, "submit", "approve")
        assert hall.post(f"/plans/{plan.id}/publish", {"starts": starts}).status_code == 201

    def owner(**asked: str) -> Any:
        return hall.get("/owner", Role.SERVICE, params={"customer_id": "c5", **asked}).json()["rep_id"]

    assert (owner(on="2027-01-31"), owner(on="2027-02-01")) == ("r1", "r2")
    moment = hall.get("/publications").json()[0]["published_at"]
    undone = hall.post("/publications/2/undo", {"reason": "too early"})
    assert (undone.status_code, undone.json()["undoes"]) == (201, 2)
    assert (owner(on="2027-02-01"), owner(on="2027-02-01", known_at=moment)) == ("r1", "r2")
    assert hall.post("/publications/2/undo").json()["code"] == "published_since"
    table = hall.get("/owners.csv", params={"on": "2027-02-01"}).content.decode("utf-8-sig")
    assert {row["customer_id"]: row["rep_id"] for row in csv.DictReader(io.StringIO(table))}["c5"] == "r1"
    assert [one["plan_id"] for one in hall.get("/in-force").json()] == [old.id]


def test_a_plan_that_breaks_a_hard_constraint_is_not_published(hall: Hall) -> None:
    plan = hall.draft(c0="r2")  # which is forbidden
    steps(hall, plan.id, "submit", "approve")
    told = hall.post(f"/plans/{plan.id}/publish", {"starts": "2027-01-04"})
    assert (told.status_code, told.json()["code"]) == (409, "hard_violations")
    assert hall.get(f"/plans/{plan.id}/verdict").json()["hard_count"] >= 1
    assert hall.get("/in-force").json() == []


def test_assignments_come_by_the_page_and_by_what_is_asked(hall: Hall) -> None:
    plan = hall.draft(c5="r2")
    path, found, cursor = f"/plans/{plan.id}/assignments", [], None
    while True:
        page = hall.get(path, params={"limit": 5} | ({} if cursor is None else {"cursor": cursor})).json()
        found += [one["customer_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(found) and len(found) == CUSTOMERS
    assert [one["customer_id"] for one in hall.get(path, params={"moved": True}).json()["items"]] == ["c5"]
    assert {one["rep_id"] for one in hall.get(path, params={"unserved": True}).json()["items"]} == {None}


def test_a_plan_made_by_hand_is_judged_and_kept(hall: Hall) -> None:
    version = hall.post("/cases/q1/tables", CASE).json()["version"]["id"]
    rows = [{"customer_id": "c1", "rep_id": "r2"}, {"customer_id": "c9", "rep_id": "r1"}]
    body = {"case_version_id": version, "assignments": rows}
    judged = hall.post("/evaluations", body).json()
    assert {one["code"] for one in judged["findings"]} == {"unknown_reference", "customer_left_out"}
    assert judged["objective_hours"] == pytest.approx(sum(judged["terms"].values()))
    kept = hall.post("/plans", body, headers={"Idempotency-Key": "k1"})
    assert (kept.status_code, kept.json()["unserved_count"]) == (201, 1)
    again = hall.post("/plans", body, headers={"Idempotency-Key": "k1"})
    assert again.json() == kept.json() and again.headers["idempotent-replayed"] == "true"
    assert (
        hall.post("/plans", {**body, "name": "other"}, headers={"Idempotency-Key": "k1"}).status_code == 409
    )
    changed = hall.ask(
        "PATCH",
        f"/plans/{kept.json()['id']}/assignments",
        json={"assignments": [{"customer_id": "c2", "rep_id": "r2"}]},
    )
    assert (changed.json()["unserved_count"], changed.headers["etag"]) == (0, '"2"')


def test_a_plan_explains_itself_and_its_sums_are_those_of_the_checker(hall: Hall) -> None:
    plan = hall.draft()
    hall.post(f"/plans/{plan.id}/verdict")
    verdict = hall.get(f"/plans/{plan.id}/verdict").json()
    whole = hall.get(f"/plans/{plan.id}/explanation").json()
    assert whole["objective_hours"] * 1000 == pytest.approx(verdict["objective"])
    one = hall.get(f"/plans/{plan.id}/explanation/customer", params={"customer_id": "c0"}).json()
    assert one["rep_id"] == "r0" and one["sentence"]
    assert {"r2"} <= {a["rep_id"] for a in one["alternatives"] if a["barrier"]}
    rep = hall.get(f"/plans/{plan.id}/explanation/rep", params={"rep_id": "r0"}).json()
    assert rep["customers_count"] == len(rep["customers"]) == 5
    left = hall.get(f"/plans/{plan.id}/explanation/unserved").json()
    assert sorted(name for reason in left for name in reason["customer_ids"]) == ["c10", "c11"]
    assert hall.get(f"/plans/{plan.id}/explanation/rep", params={"rep_id": "r9"}).status_code == 404


def test_why_not_says_what_it_would_take_in_the_language_that_is_asked_for(hall: Hall) -> None:
    version = hall.post("/cases/q1/tables", CASE).json()["version"]["id"]
    rows = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": "r2"}]
    plan = hall.post("/plans", {"case_version_id": version, "assignments": rows}).json()["id"]
    path, asked = f"/plans/{plan}/explanation/why-not", {"customer_id": "c1", "rep_id": "r2"}
    told = hall.get(path, Role.VIEWER, params=asked).json()
    assert (told["before_rep"], told["rep_id"], told["broken"]) == ("r1", "r2", [])
    assert (
        told["difference_hours"] == pytest.approx(sum(told["terms"].values())) and told["terms"]["travel"] > 0
    )
    assert {one["name"] for one in told["figures"]} >= {"objective", "travel"}
    chinese = hall.get(path, params=asked, headers={"Accept-Language": "zh-CN,zh;q=0.9"}).json()
    assert told["sentence"].isascii() and not chinese["sentence"].isascii()
    assert chinese["figures"][0]["label"] != told["figures"][0]["label"]
    assert told["better_hours"] == 0 and "anyway" not in told["sentence"]
    rows = [{"customer_id": "c1", "rep_id": "r2"}, {"customer_id": "c2", "rep_id": "r1"}]
    crossed = hall.post("/plans", {"case_version_id": version, "assignments": rows}).json()["id"]
    poor = hall.get(path.replace(plan, crossed), params=asked | {"rep_id": "r1"}).json()
    assert poor["better_hours"] > 0 and f"{poor['better_hours']:,.3f} h cheaper" in poor["sentence"]
    for wrong in ({"customer_id": "c9"}, {"rep_id": "r9"}):
        assert hall.get(path, params=asked | wrong).status_code == 404


def test_owners_are_suggested_for_a_customer_of_the_case_and_for_a_new_one(hall: Hall) -> None:
    row = {"customer_id": "c3", "hours": 12.0, "tier": "B", "lat": 31.4, "lon": 121.2, "revenue": 4.0}
    before = [{**one, "revenue": 9.0} for one in CASE["tables"]["customers"]]
    scenario = {"disruption": {"budgets": [{"measure": "revenue", "share": 0.5}]}}
    found = []
    for name, customers in (("without", before), ("with", [*before, row])):
        case = {"tables": {**CASE["tables"], "customers": customers}, "scenario": scenario}
        version = hall.post(f"/cases/{name}/tables", case).json()["version"]["id"]
        rows = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": "r2"}]
        plan = hall.post("/plans", {"case_version_id": version, "assignments": rows}).json()["id"]
        asked = {"customer": row} if name == "without" else {"customer_id": "c3"}
        found.append(hall.post(f"/plans/{plan}/suggestions", asked).json())
    new, known = found
    assert new == known  # whether the case has it or not
    assert {one["rep_id"] for one in new} == {"r1", "r2"}
    assert new[0]["dearer_hours"] == 0 < new[1]["dearer_hours"]
    wrong = hall.post(f"/plans/{plan}/suggestions", {"customer": {**row, "customer_id": "c4", "tier": "Z"}})
    assert (wrong.status_code, wrong.json()["findings"][0]["column"]) == (422, "tier")
    bare = hall.post(f"/plans/{plan}/suggestions", {"customer": {"customer_id": "c5"}})
    assert bare.status_code == 200, bare.text  # what is not said is empty, as in a table
    again = hall.post(f"/plans/{plan}/suggestions", {"customer": row})
    assert again.json()["findings"][0]["code"] == "customer_known"
    assert hall.post(f"/plans/{plan}/suggestions", {}).status_code == 422
    assert hall.post(f"/plans/{plan}/suggestions", {"customer_id": "c99"}).status_code == 404


def test_a_plan_is_downloaded_as_table_workbook_and_map(hall: Hall) -> None:
    version = hall.post("/cases/q1/tables", CASE).json()["version"]["id"]
    rows = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": "r2"}]
    plan = hall.post("/plans", {"case_version_id": version, "assignments": rows}).json()["id"]
    table = hall.get(f"/plans/{plan}/download/csv").content.decode("utf-8-sig")
    assert [row["rep_id"] for row in csv.DictReader(io.StringIO(table))] == ["r1", "r2"]
    assert hall.get(f"/plans/{plan}/download/xlsx").content[:2] == b"PK"
    assert hall.get(f"/plans/{plan}/download/geojson").json()["type"] == "FeatureCollection"
    assert hall.get(f"/plans/{plan}/download/exe").status_code == 422
