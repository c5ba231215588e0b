"""rebalance.html: what it calls people, and what it says of moves and of balance."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.in_force import put_in_force
from optimizer.reading import read_case, read_progress
from optimizer.rebalancing import Move, rebalance
from optimizer.reports.content.news import build_news
from optimizer.reports.files.rebalance_files import name_rep
from optimizer.solving import solve
from optimizer.standing import stand

ROOT = Path(__file__).parents[2]


def test_a_rep_whose_id_is_in_the_name_is_named_once():
    assert name_rep("tom", "Tom Okafor") == "Tom Okafor"
    assert name_rep("Li Wei", "Li Wei") == "Li Wei"
    assert name_rep("R07", "Tom Okafor") == "R07 Tom Okafor"
    assert name_rep("to", "Tom Okafor") == "to Tom Okafor", "a part of a word is not the name"
    assert name_rep("R07", "") == "R07"


def test_who_makes_room_and_goes_to_nobody_is_said_to_be_left_without_an_owner():
    move = Move(
        customers=(1,), customer_ids=("C11",), from_rep="maya", to_rep="ines", code="travel", gain=1_000, needed=0,
        handover=0, chain=1, chain_gain=1_000, chain_needed=0, because_of=0,
        details={"share": 1.0, "other": "C10", "other_rep": ""},
    )  # fmt: skip
    assert (
        move.sentence("en") == "saves 1.0 h on the road; ines has room because C10 is left without an owner"
    )
    assert move.sentence("zh") == "路途节省 1.0 小时；C10 不再有负责代表，ines 因此有余量"


def test_the_balance_says_what_was_planned_before_anything_happened():
    case = read_case(ROOT / "scenarios" / "quickstart")
    first = build_problem(case)
    plan = solve(first).plan
    gone = {"event_id": "E1", "at": "2027-01-08", "kind": "rep_leaves", "rep_id": "tom", "ends": "2027-01-15"}
    came = {"event_id": "E2", "at": "2027-01-08", "kind": "rep_joins", "rep_id": "zoe", "hours": 30}
    events, findings = read_progress(pd.DataFrame([gone, came]))
    assert not findings
    found = rebalance(case, put_in_force(case, plan), events, dt.date(2027, 1, 10))
    rows = build_news(found).balance.frame.set_index("rep_id")
    planned = stand(first, plan.owner)
    stays = [rep for rep in first.rep_ids if rep in rows.index]
    at = [list(first.rep_ids).index(rep) for rep in stays]
    assert rows.loc[stays, "planned_customers"].tolist() == planned.customers[at].tolist()
    assert np.allclose(rows.loc[stays, "planned_hours"], planned.rep_load[at] / 1000)
    assert np.allclose(rows.loc[stays, "planned_utilization"], planned.rep_load[at] / first.capacity[at])
    assert rows.loc["zoe", ["planned_customers", "planned_hours", "planned_utilization"]].isna().all()
    assert rows.loc["tom", "previous_hours"] == 0 < rows.loc["tom", "planned_hours"], (
        "the leaver has given up all"
    )
