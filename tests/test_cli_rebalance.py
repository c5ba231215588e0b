"""The commands rebalance and suggest: what they say, write and refuse."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import run
from optimizer.folders import REBALANCE_FILES
from optimizer.reading import read_plan
from tests.plan_folders import CASE, write_events, write_plan
from tests.reports.test_page import data_of

JOIN = "E5,2027-01-09,customer_won,,N1,,9,\n"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_plan(tmp_path / "plan")


@pytest.fixture
def progress(tmp_path: Path) -> Path:
    return write_events(tmp_path / "progress.csv", JOIN)


def call(*arguments: object) -> int:
    return run([str(a) for a in arguments])


def test_rebalance_writes_a_plan_with_reasons_that_the_next_one_begins_with(plan, progress, tmp_path, capsys):
    out = tmp_path / "new"
    quick = ("--no-schedule",)  # tests of covers put what is left into weeks
    assert call("rebalance", CASE, "--plan", plan, "--progress", progress, *quick, "--out", out) in (0, 1)
    said = capsys.readouterr().out
    answer = json.loads((out / "rebalance.json").read_text(encoding="utf-8"))
    assert answer["sentence"] in said and answer["as_of"] == "2027-01-09"
    assert {*REBALANCE_FILES, "assignments.csv", "moves.csv", "report.html", "plan.xlsx"} <= {
        file.name for file in out.iterdir()
    }
    moves = pd.read_csv(out / "moves.csv")
    changes = pd.read_csv(out / "rebalance.csv", dtype={"from_rep_id": str})
    assert len(moves) == answer["moves"] and moves["reason"].notna().all()
    assert len(changes) == sum(len(change["customers"]) for change in answer["changes"])
    assert "N1" in set(changes["customer_id"])
    tom = pd.read_csv(out / "assignments.csv").set_index("customer_id")["rep_id"] == "tom"
    assert tom.sum() <= (pd.read_csv(plan / "assignments.csv")["rep_id"] == "tom").sum()
    page = (out / "rebalance.html").read_text(encoding="utf-8")
    assert "What each number of moves brings" in page and "<script" not in page
    in_force, _ = read_plan(out)
    assert in_force.since is not None and in_force.since.isoformat() == "2027-01-09"
    again = tmp_path / "again"
    quick = ("--no-schedule", "--reports", "none")
    assert call("rebalance", CASE, "--plan", out, "--progress", progress, *quick, "--out", again) in (0, 1)
    assert json.loads((again / "rebalance.json").read_text(encoding="utf-8"))["moves"] <= answer["moves"]
    assert (
        call("plan", CASE, "--no-schedule", "--reports", "none", "--out", out) == 0
    )  # a plan may replace it


def test_max_moves_is_kept(plan, progress, tmp_path, capsys):
    for most in (0, 1):
        out = tmp_path / f"most{most}"
        options = ("--max-moves", most, "--no-schedule", "--reports", "none", "--out", out)
        assert call("rebalance", CASE, "--plan", plan, "--progress", progress, *options) in (0, 1)
        assert len(pd.read_csv(out / "moves.csv")) <= most
        assert not (out / "rebalance.html").exists()


def test_bad_input_is_refused_with_findings(plan, progress, tmp_path, capsys):
    shutil.rmtree(plan)
    out = tmp_path / "out"
    assert call("rebalance", CASE, "--plan", plan, "--progress", progress, "--out", out) == 2
    assert "holds no plan that can be read" in capsys.readouterr().err
    assert [file.name for file in out.iterdir()] == ["findings.csv"]


def test_the_plan_of_another_case_is_refused_and_nothing_is_written(progress, tmp_path, capsys):
    (other := tmp_path / "other").mkdir()
    (other / "assignments.csv").write_text("customer_id,rep_id\nX1,R1\n", encoding="utf-8")
    asked = [("rebalance", "--out", tmp_path / "out"), ("watch",), ("suggest", "--customer", "C01")]
    for command, *more in asked:
        assert call(command, CASE, "--plan", other, "--progress", progress, *more) == 2
        assert "no customer of Quick start is in it" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["findings.csv"]


def test_suggest_names_owners_and_refuses_strangers(plan, progress, capsys):
    assert call("suggest", CASE, "--plan", plan, "--customer", "C01", "--top", "2") in (0, 1)
    said = capsys.readouterr().out
    assert "Owners for C01" in said and "dearer than the best" in said and "0.000" in said
    assert call("suggest", CASE, "--plan", plan, "--customer", "N1") == 2
    assert "N1 is no customer" in capsys.readouterr().err
    assert call("suggest", CASE, "--plan", plan, "--customer", "N1", "--progress", progress) in (0, 1)


def test_suggest_names_doers_and_weeks_for_a_task(plan, progress, capsys):
    assert call("suggest", CASE, "--plan", plan, "--task", "T07") == 0
    said = capsys.readouterr().out
    assert "Doers for T07" in said and "2027-W" in said and "owner" in said
    assert call("suggest", CASE, "--plan", plan, "--task", "C01:2027-01-04:1") == 2
    assert "ask for the customer" in capsys.readouterr().err
    done = progress.parent / "done.csv"
    done.write_text("event_id,at,kind,task_id\nE1,2027-01-05,task_done,T07\n", encoding="utf-8")
    capsys.readouterr()
    assert call("suggest", CASE, "--plan", plan, "--task", "T07", "--progress", done) == 2
    said = capsys.readouterr().err
    assert "T07" in said and "Did you mean" not in said  # it is meant, and done
    assert call("suggest", CASE, "--plan", plan) == 2
    assert call("suggest", CASE, "--plan", plan, "--task", "T07", "--customer", "C01") == 2


def test_a_recipe_writes_a_plan_and_the_events_it_added(plan, progress, tmp_path, capsys):
    out = tmp_path / "won"
    fields = ("--set", "tier=B", "--set", "lat=52", "--set", "lon=-1")
    options = ("--progress", progress, "--no-schedule", "--reports", "none", "--out", out)
    assert call("recipe", "won", CASE, "--plan", plan, "--customer", "N2", *fields, *options) in (0, 1)
    said = capsys.readouterr().out
    answer = json.loads((out / "rebalance.json").read_text(encoding="utf-8"))
    assert answer["recipe"]["kind"] == "won" and answer["sentence"] in said and "N2 is won." in said
    told = pd.read_csv(out / "events.csv")
    assert told[["kind", "customer_id", "at"]].to_numpy().tolist() == [["customer_won", "N2", "2027-01-09"]]
    both = tmp_path / "both.csv"
    pd.concat([pd.read_csv(progress), told]).to_csv(both, index=False)
    owner = pd.read_csv(out / "assignments.csv").set_index("customer_id")["rep_id"]
    again = ("--progress", both, "--max-moves", "0", "--no-schedule", "--reports", "none")
    assert call("rebalance", CASE, "--plan", out, *again, "--out", tmp_path / "next") in (0, 1)
    after = pd.read_csv(tmp_path / "next" / "assignments.csv").set_index("customer_id")["rep_id"]
    assert isinstance(owner["N2"], str) and after["N2"] == owner["N2"]


def test_who_is_left_without_an_owner_is_told(plan, tmp_path, capsys):
    out = tmp_path / "merged"
    options = ("--rep", "ines", "--to", "maya", "--no-schedule", "--reports", "none", "--out", out)
    assert call("recipe", "merge", CASE, "--plan", plan, *options) in (0, 1)
    left = pd.read_csv(out / "unserved.csv")
    assert len(left) and left["reason"].notna().all()
    assert f"{len(left)} customers have no owner: why stands in unserved.csv." in capsys.readouterr().out


def test_a_cover_keeps_the_owners_and_says_who_does_what(plan, tmp_path, capsys):
    out = tmp_path / "cover"
    away = ("--rep", "maya", "--on", "2027-02-01", "--until", "2027-02-19", "--time-limit", "1")
    assert call("recipe", "cover", CASE, "--plan", plan, *away, "--out", out) in (0, 1)
    assert "maya is covered from 2027-02-01 to 2027-02-19" in capsys.readouterr().out
    owner = pd.read_csv(out / "assignments.csv").set_index("customer_id")["rep_id"]
    assert owner.equals(pd.read_csv(plan / "assignments.csv").set_index("customer_id")["rep_id"])
    cover = pd.read_csv(out / "cover.csv").set_index("customer_id")
    assert (cover["owner_id"] == "maya").all() and not (cover["cover_rep_id"] == "maya").any()
    assert cover["reason"][cover["cover_rep_id"].isna()].notna().all()
    tasks = pd.read_csv(out / "tasks.csv")
    done = tasks[tasks["rep_id"] != tasks["owner_id"]].dropna(subset=["owner_id", "week"])
    done = done[done["owner_id"] == "maya"]
    assert (
        len(done)
        and (done["rep_id"].to_numpy() == cover["cover_rep_id"][done["customer_id"]].to_numpy()).all()
    )
    page = (out / "rebalance.html").read_text(encoding="utf-8")
    assert "Who stands in for maya" in page and "Nothing changes hands" in page
    assert "Proposed changes" not in page and "Gain of the moves" not in page


def test_a_recipe_refuses_what_it_cannot_understand(plan, tmp_path, capsys):
    for words, said in (
        (("leave",), "leave needs --rep"),
        (("merge", "--rep", "tom"), "merge needs --to"),
        (("won", "--customer", "C01", "--until", "2027-02-01"), "--until says nothing about won"),
        (("join", "--rep", "zoe", "--set", "lat"), "FIELD=VALUE is needed"),
        (("join", "--rep", "zoe", "--set", "lat=300", "--set", "lon=1"), "lat cannot be taken"),
        (("leave", "--rep", "nobody"), "nobody is not known"),
        (("split", "--rep", "maya", "--to", "kai", "--to", "ines"), "split takes one --to"),
        (("won", "--customer", "--no-schedule"), "won needs --customer"),
        (("leave", "--rep", "tom", "--on", "2027-02-26", "--until", "2027-02-01"), "is before"),
        (("vanish", "--rep", "tom"), "vanish"),
    ):
        kind, *rest = words
        assert call("recipe", kind, CASE, "--plan", plan, *rest, "--out", tmp_path / "out") == 2
        heard = capsys.readouterr().err
        assert said in heard and "Traceback" not in heard
        assert not (tmp_path / "out" / "result.json").exists()


def test_a_rebalanced_plan_is_checked_by_what_was_known_when_it_was_made(plan, progress, tmp_path, capsys):
    out = tmp_path / "new"
    quick = ("--no-schedule", "--reports", "none")
    assert call("rebalance", CASE, "--plan", plan, "--progress", progress, *quick, "--out", out) in (0, 1)
    capsys.readouterr()
    assert call("check", CASE, "--plan", out) == 2  # by the records it would be wrong, whatever is said
    said = capsys.readouterr().err
    assert "after 4 events, of which 0 are here" in said and "Traceback" not in said
    keeps_all = json.loads((out / "result.json").read_text(encoding="utf-8"))["keeps_all"]
    assert call("check", CASE, "--plan", out, "--progress", progress) == (0 if keeps_all else 1)
    said = capsys.readouterr()
    assert "was rebalanced on the evening of 2027-01-09" in said.out and "Every move pays" in said.out
    assert "is not in customers" not in said.err
    table = pd.read_csv(out / "assignments.csv", dtype=str)
    table.loc[table["customer_id"] == "C01", "rep_id"] = "kai"  # far, and not for hunters
    table.to_csv(out / "assignments.csv", index=False)
    assert call("check", CASE, "--plan", out, "--progress", progress) == 1
    assert "C01" in capsys.readouterr().out
    assert call("check", CASE, "--plan", plan, "--progress", progress) in (0, 1)
    assert "a plan of the first day" in capsys.readouterr().out
    assert call("check", CASE, "--progress", progress) == 2
    assert "--plan" in capsys.readouterr().err


def test_a_rebalanced_plan_is_explained_by_what_was_known_when_it_was_made(plan, progress, tmp_path, capsys):
    out, next_out = tmp_path / "new", tmp_path / "next"
    quick = ("--max-moves", 1, "--reports", "none")
    events = ("--progress", progress)
    assert call("rebalance", CASE, "--plan", plan, *events, *quick, "--out", out) in (0, 1)
    capsys.readouterr()
    assert call("explain", CASE, "--plan", out) == 2  # by the records of the first day it would be wrong
    assert "after 4 events, of which 0 are here" in capsys.readouterr().err
    answer = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert call("explain", CASE, "--plan", out, *events) == 0
    said = capsys.readouterr()
    assert f"The plan costs {answer['objective']:,.3f} h" in said.out and "2027-01-09" in said.out
    assert "N1" not in said.err  # who came since is no stranger
    assert call("explain", CASE, "--plan", out, *events, "--customer", "N1") == 0
    owner = pd.read_csv(out / "assignments.csv", dtype=str).set_index("customer_id")["rep_id"]
    assert f"N1 is with {owner['N1']}" in capsys.readouterr().out
    moved = pd.read_csv(out / "moves.csv")
    assert len(moved) == 1  # no second one is allowed, and that is why others stay
    stays = "C05"
    assert call("explain", CASE, "--plan", out, *events, "--customer", stays) == 0
    assert "a budget of moves would be overdrawn" in capsys.readouterr().out
    tasks = pd.read_csv(out / "tasks.csv", dtype=str)
    task = tasks.dropna(subset=["week"]).iloc[-1]  # a visit, under the name that it has in the plan
    assert call("explain", CASE, "--plan", out, *events, "--task", task["task_id"]) == 0
    assert f"{task['task_id']}: {task['rep_id']}, {task['week']}" in capsys.readouterr().out
    # a week later: the rebalance of a rebalance
    with progress.open("a", encoding="utf-8") as file:
        file.write("E6,2027-01-16,rep_leaves,,,kai,,\n")
    assert call("rebalance", CASE, "--plan", out, *events, *quick, "--no-schedule", "--out", next_out) in (
        0,
        1,
    )
    answer = json.loads((next_out / "result.json").read_text(encoding="utf-8"))
    capsys.readouterr()
    assert call("check", CASE, "--plan", next_out, *events) == (0 if answer["keeps_all"] else 1)
    assert "Every move pays" in capsys.readouterr().out
    assert call("explain", CASE, "--plan", next_out, *events) == 0
    assert f"The plan costs {answer['objective']:,.3f} h" in capsys.readouterr().out


def test_what_a_rebalance_asks_more_for_is_not_blamed_on_the_search(plan, progress, tmp_path, capsys):
    case = tmp_path / "case"
    shutil.copytree(CASE, case)
    with (case / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n[disruption]\nhurdle = 50\n")
    out, options = tmp_path / "new", ("--no-schedule", "--reports", "none", "--progress", progress)
    assert call("rebalance", case, "--plan", plan, *options, "--out", out) in (0, 1)
    capsys.readouterr()
    told = []
    for customer in pd.read_csv(out / "assignments.csv", dtype=str)["customer_id"][::3]:
        # whatever the scenario asks for today: what was asked stands with the plan
        assert call("explain", CASE, "--plan", out, "--progress", progress, "--customer", customer) == 0
        told.append(capsys.readouterr().out)
    assert not any("the search ended" in said for said in told)
    assert any("less than a rebalance asks of a move (hand-over 50 times" in said for said in told)


def test_what_a_recipe_leaves_alone_is_not_said_to_be_locked_nor_missed(plan, tmp_path, capsys):
    out = tmp_path / "left"
    quick = ("--no-schedule", "--reports", "page", "--out", out)
    assert call("recipe", "leave", CASE, "--plan", plan, "--rep", "ines", *quick) in (0, 1)
    table = pd.read_csv(out / "assignments.csv", dtype=str).set_index("customer_id")
    locked = pd.read_csv(CASE / "locks.csv", dtype=str)["customer_id"]
    assert set(table.index[table["reason_code"] == "locked"]) <= set(locked)
    told = {}
    for customer in table.index[table["reason_code"] == "stays"]:
        capsys.readouterr()
        assert call("explain", CASE, "--plan", out, "--customer", customer) == 0
        told[customer] = capsys.readouterr().out
    assert not any("the search ended" in said for said in told.values())
    left = {customer for customer, said in told.items() if "the recipe that was followed leaves it" in said}
    assert left
    shown = data_of((out / "report.html").read_text(encoding="utf-8"))
    why, ids = shown["why"], shown["customers"]["id"]
    cheaper = [k for k, change in enumerate(why["best"]["change"]) if why["best"]["rep"][k] >= 0 > change]
    assert why["missed"] == [] and left <= {ids[why["told"][k]] for k in cheaper}
    assert "the recipe that was followed" in why["left"]


def test_a_plan_of_a_recipe_is_checked_with_the_events_it_added(plan, tmp_path, capsys):
    out = tmp_path / "left"
    quick = ("--no-schedule", "--reports", "none", "--out", out)
    assert call("recipe", "leave", CASE, "--plan", plan, "--rep", "ines", *quick) in (0, 1)
    capsys.readouterr()
    keeps_all = json.loads((out / "result.json").read_text(encoding="utf-8"))["keeps_all"]
    assert call("check", CASE, "--plan", out) == (0 if keeps_all else 1)
    assert "1 event" in capsys.readouterr().out
