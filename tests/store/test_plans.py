"""Plans in the store: kept, changed while drafts, settled afterwards; published, overtaken, taken back."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from optimizer.store import (
    Blocked,
    Conflict,
    Missing,
    PlanStatus,
    Unfit,
    add_file,
    approve_plan,
    archive_plan,
    change_plan,
    find_in_force,
    find_owner,
    find_verdict,
    get_plan,
    judge_plan,
    list_assignments,
    list_files,
    list_plans,
    list_publications,
    load_assignments,
    load_file,
    load_owners,
    load_plan,
    publish_plan,
    reject_plan,
    save_plan,
    submit_plan,
    trace_owner,
    undo_publication,
)
from tests.store.conftest import Room, approved, draft, keep_case, owners_of, small_case

JAN, FEB, MAR = (dt.date(2027, month, 1) for month in (1, 2, 3))
DAY = dt.timedelta(days=1)


CUSTOMER, OWNER, OTHER = "c3", "r1", "r2"


def test_a_plan_comes_back_as_it_was_kept(room: Room) -> None:
    tasks = pd.DataFrame(
        {
            "task_id": ["t1"],
            "customer_id": [CUSTOMER],
            "rep_id": [OTHER],
            "week": ["2027-W02"],
            "hours": [1.5],
        }
    )
    given = owners_of(small_case(), **{CUSTOMER: OTHER}).assign(hours=2.5, travel_hours=np.nan)
    with room.write() as write:
        version = keep_case(write)
        plan = save_plan(
            write,
            version.id,
            given.sample(frac=1, random_state=1),  # in whatever order
            name="first",
            summary={"gap": 0.01},
            tasks=tasks,
            files={"report.html": b"<p>\x00"},
            knows_until=JAN,
        )
    with room.read() as view:
        assert get_plan(view, plan.id) == plan
        assert (plan.status, plan.version, plan.customer_count, plan.summary) == (
            "draft",
            1,
            len(given),
            {"gap": 0.01},
        )
        assert plan.created_by == "ann" and plan.status_reason == "because"
        rows = load_assignments(view, plan.id)
        assert list(rows["customer_id"]) == sorted(given["customer_id"])
        assert dict(zip(rows["customer_id"], rows["rep_id"], strict=True))[CUSTOMER] == OTHER
        assert plan.moved_count == 1
        assert (rows["hours"] == 2.5).all() and rows["travel_hours"].isna().all()
        in_force = load_plan(view, plan.id)
        assert in_force.owners[CUSTOMER] == OTHER and in_force.previous is not None
        assert in_force.previous[CUSTOMER] == OWNER and in_force.since == JAN
        pd.testing.assert_frame_equal(in_force.tasks, tasks, check_dtype=False)
        assert list_files(view, plan.id) == {"report.html": 4}
        assert load_file(view, plan.id, "report.html") == b"<p>\x00"
        with pytest.raises(Missing):
            load_file(view, plan.id, "report.pdf")


def test_an_owner_for_every_customer_of_the_case_and_nobody_else(room: Room) -> None:
    given = owners_of(small_case())
    wrong = {
        "missing_customers": given.iloc[1:],
        "repeated_customers": pd.concat([given, given.iloc[:1]]),
        "unknown_customers": pd.concat([given, pd.DataFrame({"customer_id": ["nobody"], "rep_id": [None]})]),
        "unknown_reps": given.assign(rep_id="nobody"),
    }
    for code, owners in wrong.items():
        with pytest.raises(Unfit) as refused, room.write() as write:
            save_plan(write, keep_case(write).id, owners)
        assert refused.value.code == code
    with room.read() as view:
        assert list_plans(view).items == (), "nothing of it happened"


def test_a_plan_knows_whom_the_rebalances_before_it_moved(room: Room) -> None:
    other = next(c for c in small_case().records.customers["customer_id"] if c != CUSTOMER)
    first = owners_of(small_case(), **{CUSTOMER: OTHER})
    second = first.assign(previous_rep_id=first["rep_id"])
    second.loc[second["customer_id"] == other, ["previous_rep_id", "rep_id"]] = [OWNER, OTHER]
    later = JAN + dt.timedelta(days=7)
    with room.write() as write:
        version = keep_case(write)
        plan = save_plan(write, version.id, owners_of(small_case()))
        for owners, day in ((first, JAN), (second, later)):
            plan = save_plan(write, version.id, owners, parent_id=plan.id, knows_until=day)
    with room.read() as view:
        dates = load_plan(view, plan.id).moved_on
    assert dates is not None
    expected = {CUSTOMER: JAN + dt.timedelta(days=1), other: later + dt.timedelta(days=1)}
    assert dates.dropna().dt.date.to_dict() == expected


def test_assignments_are_filtered_and_paged(room: Room) -> None:
    nobody = str(small_case().records.customers["customer_id"].iloc[-1])
    with room.write() as write:
        plan = draft(write, **{CUSTOMER: OTHER, nobody: None})
    with room.read() as view:
        rows = load_assignments(view, plan.id)
        seen: list[str] = []
        cursor = None
        while True:
            page = list_assignments(view, plan.id, cursor=cursor, limit=7)
            assert 0 < len(page.items) <= 7
            seen += [row.customer_id for row in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == list(rows["customer_id"])
        assert [r.customer_id for r in list_assignments(view, plan.id, moved=True).items] == sorted(
            {CUSTOMER}
            | ({nobody} if rows.set_index("customer_id")["previous_rep_id"].notna()[nobody] else set())
        )
        without = list(rows.loc[rows["rep_id"].isna(), "customer_id"])
        assert nobody in without
        assert [r.customer_id for r in list_assignments(view, plan.id, unserved=True).items] == without
        assert (
            len(list_assignments(view, plan.id, moved=False, limit=1000).items)
            == len(rows) - plan.moved_count
        )
        mine = list_assignments(view, plan.id, rep_id=OTHER, limit=1000).items
        assert [r.customer_id for r in mine] == list(rows.loc[rows["rep_id"] == OTHER, "customer_id"])
        tier = rows["tier"].dropna().iloc[0]
        assert (
            len(list_assignments(view, plan.id, tier=tier, limit=1000).items) == (rows["tier"] == tier).sum()
        )
        begins = list_assignments(view, plan.id, begins=CUSTOMER[:1], limit=1000).items
        assert [r.customer_id for r in begins] == [
            c for c in rows["customer_id"] if c.startswith(CUSTOMER[:1])
        ]
        assert not list_assignments(view, plan.id, begins=CUSTOMER.upper()).items


def test_a_draft_can_be_changed_and_nothing_else(room: Room) -> None:
    change = pd.DataFrame({"customer_id": [CUSTOMER], "rep_id": [OTHER]})
    with room.write() as write:
        plan = draft(write)
        changed = change_plan(write, plan.id, change, expected=1)
        assert (changed.version, changed.moved_count) == (2, 1)
        assert changed.content_hash != plan.content_hash
        back = change_plan(write, plan.id, owners_of(small_case()).query("customer_id == @CUSTOMER"))
        assert back.content_hash == plan.content_hash and back.moved_count == 0
        submit_plan(write, plan.id)
        for forbidden in (
            lambda: change_plan(write, plan.id, change),
            lambda: add_file(write, plan.id, "a", b""),
        ):
            with pytest.raises(Blocked) as refused:
                forbidden()
            assert refused.value.code == "not_a_draft"


BY_HAND = [
    "UPDATE assignments SET rep_id = NULL WHERE plan_key = (SELECT key FROM plans WHERE id = :id)",
    "DELETE FROM assignments WHERE plan_key = (SELECT key FROM plans WHERE id = :id)",
    "INSERT INTO assignments (plan_key, customer_id) SELECT key, 'more' FROM plans WHERE id = :id",
    "UPDATE plans SET content_hash = 'x' WHERE id = :id",
    "UPDATE plans SET status = 'draft' WHERE id = :id",
    "DELETE FROM plans WHERE id = :id",
    "DELETE FROM plan_files WHERE plan_id = :id",
    "INSERT INTO plan_files (workspace_id, plan_id, name, size, hash) "
    "SELECT workspace_id, plan_id, 'more', 0, hash FROM plan_files WHERE plan_id = :id",
    "DELETE FROM audit",
    "UPDATE audit SET actor = 'nobody'",
    "UPDATE blobs SET content = content",
    "DELETE FROM publications",
    "UPDATE case_versions SET scenario = '{}'",
]


def test_the_database_itself_keeps_what_was_approved(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
        add_file(write, plan.id, "a.txt", b"a")
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)
    room.judge(plan)
    with room.write() as write:
        publish_plan(write, plan.id, JAN)
    for statement in BY_HAND:
        with pytest.raises(DBAPIError, match=r"append-only|only a draft|no such step|are kept"):  # noqa: SIM117
            with room.store.engine.begin() as connection:
                connection.execute(text(statement), {"id": plan.id} if ":id" in statement else {})
    with room.read() as view:
        assert len(load_assignments(view, plan.id)) == plan.customer_count
        assert load_file(view, plan.id, "a.txt") == b"a"


def test_what_a_later_reader_did_not_see_is_told(room: Room) -> None:
    with room.write("ann") as write:
        plan = draft(write)
    with room.write("bob", "a better fit") as write:
        change_plan(write, plan.id, pd.DataFrame({"customer_id": [CUSTOMER], "rep_id": [OTHER]}), expected=1)
    with room.write("cy") as write:
        submit_plan(write, plan.id)
    with pytest.raises(Conflict) as refused, room.write("ann") as write:
        submit_plan(write, plan.id, expected=1)
    conflict = refused.value
    assert (conflict.expected, conflict.found) == (1, 3)
    assert [(e.actor, e.action, e.version) for e in conflict.changes] == [
        ("bob", "change", 2),
        ("cy", "submit", 3),
    ]
    assert (
        conflict.changes[0].reason == "a better fit"
        and conflict.changes[0].details["moves"][0][0] == CUSTOMER
    )
    assert "changed by cy (submitted)" in conflict.sentence() and "cy 改动（已提交）" in conflict.sentence(
        "zh"
    )


def test_rejecting_needs_a_reason_and_gives_the_draft_back(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
        submit_plan(write, plan.id)
    with pytest.raises(Unfit), room.write(reason=" ") as write:
        reject_plan(write, plan.id)
    with room.write("boss", "too many moves") as write:
        again = reject_plan(write, plan.id)
    assert (again.status, again.status_by, again.status_reason) == ("draft", "boss", "too many moves")


def test_only_what_the_checker_has_seen_and_found_whole_is_published(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
        submit_plan(write, plan.id)
        with pytest.raises(Blocked, match="not possible now"):
            publish_plan(write, plan.id, JAN)
        approve_plan(write, plan.id)
        with pytest.raises(Blocked) as refused:
            publish_plan(write, plan.id, JAN)
        assert refused.value.code == "not_judged"
    verdict = judge_plan(room.store, room.name, "checker", plan.id)
    assert verdict.keeps_all and sum(verdict.terms.values()) == verdict.objective
    assert judge_plan(room.store, room.name, "checker", plan.id) == verdict, "not judged again"
    with room.write() as write:
        publish_plan(write, plan.id, JAN)
        assert get_plan(write, plan.id).status == PlanStatus.PUBLISHED
    broken = approved(room, c0="r2")  # which a lock forbids
    with room.read() as view:
        found = find_verdict(view, broken.id)
    assert found is not None and found.hard_count == 1
    assert (found.worst[0]["constraint"], found.worst[0]["customer_id"]) == ("locks", "c0")
    with pytest.raises(Blocked) as refused, room.write() as write:
        publish_plan(write, broken.id, FEB)
    assert refused.value.code == "hard_violations"
    with room.read() as view:
        assert get_plan(view, broken.id).status == PlanStatus.APPROVED


def test_a_verdict_is_of_what_was_judged(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
    room.judge(plan)
    with room.write() as write:
        change_plan(write, plan.id, pd.DataFrame({"customer_id": [CUSTOMER], "rep_id": [OTHER]}))
        assert find_verdict(write, plan.id) is None
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)
        with pytest.raises(Blocked, match="has not been judged"):
            publish_plan(write, plan.id, JAN)


def test_who_owned_a_customer_on_a_day_as_known_then_and_now(room: Room) -> None:
    first, second = approved(room), approved(room, **{CUSTOMER: OTHER})
    with room.write() as write:
        one = publish_plan(write, first.id, JAN)
    with room.write() as write:
        two = publish_plan(write, second.id, FEB)
    with room.read() as view:
        assert find_owner(view, CUSTOMER, JAN - DAY).source == "nothing"
        assert find_owner(view, CUSTOMER, FEB - DAY).rep_id == OWNER
        found = find_owner(view, CUSTOMER, FEB)
        assert (found.rep_id, found.plan_id, found.starts) == (OTHER, second.id, FEB)
        assert find_owner(view, CUSTOMER, FEB, known_at=one.published_at).rep_id == OWNER
        assert find_owner(view, CUSTOMER, FEB, known_at=two.published_at).rep_id == OTHER
        assert find_owner(view, CUSTOMER, FEB, known_at=one.published_at - DAY).source == "nothing"
        assert [(h.rep_id, h.starts, h.ends) for h in trace_owner(view, CUSTOMER)] == [
            (OWNER, JAN, FEB),
            (OTHER, FEB, None),
        ]
        whole = load_owners(view, FEB).set_index("customer_id")["rep_id"]
        assert whole[CUSTOMER] == OTHER and len(whole) == first.customer_count
        assert load_owners(view, JAN - DAY).empty
    with room.write("boss", "she stays") as write:
        undone = undo_publication(write, two.number)
        assert (undone.undoes, undone.plan_id) == (two.number, None)
        assert get_plan(write, second.id).status == PlanStatus.ARCHIVED
    with room.read() as view:
        assert find_owner(view, CUSTOMER, MAR).rep_id == OWNER
        assert find_owner(view, CUSTOMER, MAR, known_at=two.published_at).rep_id == OTHER
        held = trace_owner(view, CUSTOMER)
        assert [(h.rep_id, h.starts, h.ends, h.plan_ids) for h in held] == [(OWNER, JAN, None, (first.id,))]
    with room.write() as write:
        undo_publication(write, undone.number)  # after all
        assert find_owner(write, CUSTOMER, MAR).rep_id == OTHER
        assert get_plan(write, second.id).status == PlanStatus.PUBLISHED
        assert [p.number for p in list_publications(write)] == [4, 3, 2, 1]


def test_one_plan_is_in_force_on_a_day_and_what_overtakes_it_can_be_undone_in_turn(room: Room) -> None:
    first, second, third = (approved(room) for _ in range(3))
    with room.write() as write:
        publish_plan(write, first.id, JAN)
        later = publish_plan(write, third.id, MAR)
        instead = publish_plan(write, second.id, JAN)
        assert get_plan(write, first.id).status == PlanStatus.ARCHIVED
        tenure = find_in_force(write, FEB)
        assert tenure is not None and (tenure.plan_id, tenure.ends) == (second.id, MAR)
        with pytest.raises(Blocked) as refused:
            undo_publication(write, 1)
        assert refused.value.code == "published_since"
        undo_publication(write, instead.number)
        tenure = find_in_force(write, FEB)
        assert tenure is not None and tenure.plan_id == first.id
        assert get_plan(write, first.id).status == PlanStatus.PUBLISHED
        with pytest.raises(Blocked, match="is in force"):
            archive_plan(write, first.id, today=FEB)
        assert archive_plan(write, first.id, today=MAR).status == PlanStatus.ARCHIVED
        assert find_in_force(write, FEB) == tenure, "what was in force stays so"
        with pytest.raises(Blocked, match="is in force"):
            archive_plan(write, third.id, today=FEB)
        undo_publication(write, later.number)
        assert find_in_force(write, MAR).plan_id == first.id  # type: ignore[union-attr]
        with pytest.raises(Missing):
            undo_publication(write, 99)


def test_plans_are_listed_newest_first_by_status_and_case(room: Room) -> None:
    with room.write() as write:
        ids = [draft(write).id for _ in range(5)]
        submit_plan(write, ids[0])
    with room.read() as view:
        page = list_plans(view, limit=3)
        rest = list_plans(view, limit=3, cursor=page.next)
        assert sorted([p.id for p in (*page.items, *rest.items)]) == sorted(ids) and rest.next is None
        assert [p.id for p in list_plans(view, status="submitted").items] == [ids[0]]
        assert len(list_plans(view, case_id="q1").items) == 5 and not list_plans(view, case_id="q2").items
