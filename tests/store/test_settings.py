"""Which database is meant, and what no database can keep."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimizer.store import Unavailable, Unfit, find_place, post_events, save_plan
from optimizer.store.bulk import fetch_frame, insert_frame
from optimizer.store.moments import new_id
from optimizer.store.schema import assignments
from tests.store.conftest import Room, draft, keep_case, owners_of, small_case
from tests.store.test_events import hours


def test_the_database_is_the_one_given_else_of_the_environment_else_a_file_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    place = find_place()
    assert place.embedded and place.url.database == str(tmp_path / "optimizer-data" / "store.db")
    monkeypatch.setenv("DATABASE_URL", "postgres://me:secret@host/db")
    place = find_place()
    assert not place.embedded and place.url.drivername == "postgresql+psycopg"
    assert "secret" not in str(place) and "host/db" in str(place)
    assert find_place("mine.db").url.database == str(tmp_path / "mine.db")
    assert find_place("sqlite:///mine.db") == find_place("mine.db")
    for wrong in (
        "mysql://host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql+asyncpg://host/db",
        "://",
    ):
        with pytest.raises(Unavailable):
            find_place(wrong)


def test_what_no_database_keeps_is_refused_alike(room: Room) -> None:
    for bad in ("a\x00b", "a\ud800b"):
        with pytest.raises(Unfit) as refused, room.write() as write:
            post_events(write, [hours("e1").model_copy(update={"event_id": bad})])
        assert refused.value.code == "bad_text"
        with pytest.raises(Unfit), room.write() as write:
            save_plan(write, keep_case(write).id, owners_of(small_case()), name=bad)
        with pytest.raises(Unfit), room.write(reason=bad):
            pass
        with room.read() as view, pytest.raises(Unfit):
            view.find(assignments.metadata.tables["plans"], id=bad)


def test_texts_and_numbers_go_in_and_out_in_bulk_as_they_are(room: Room) -> None:
    with room.write() as write:
        plan = draft(write)
        key = write.find(assignments.metadata.tables["plans"], id=plan.id).key
        frame = pd.DataFrame(
            {
                "customer_id": ['"', "", ",", "\\N", "a\nb\r\n", "é李😀", "NULL", " x ", "\t"],
                "rep_id": [None, "", "'", '"";"', "\\.", None, "null", "%s", "?"],
                "hours": [0.1, 1 / 3, 1e300, -0.0, 5e-324, None, 2.0**53 + 2, 12345678.9, float("inf")],
            }
        )
        insert_frame(write.connection, assignments, frame, plan_key=key)
        columns = [assignments.c[name] for name in frame.columns]
        from sqlalchemy import select

        query = select(*columns).where(assignments.c.plan_key == key, assignments.c.tier.is_(None))
        back = fetch_frame(write.connection, query).query("customer_id in @frame.customer_id")
    pd.testing.assert_frame_equal(
        back.sort_values("customer_id", ignore_index=True),
        frame.astype({"customer_id": "str", "rep_id": "str"}).sort_values("customer_id", ignore_index=True),
    )


def test_ids_sort_by_age_and_are_never_the_same() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000 and {len(id) for id in ids} == {20}
    assert [id[:9] for id in ids] == sorted(id[:9] for id in ids)
