"""Backups: everything, in one file, back into either kind of database; and every release's store becomes today's."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from optimizer.folders import OutputError
from optimizer.progress import CustomerWon
from optimizer.store import (
    SYSTEM,
    Manifest,
    Role,
    Store,
    Unavailable,
    Unfit,
    add_file,
    add_webhook,
    announce,
    ask_job,
    beat,
    claim_deliveries,
    create_workspace,
    find_owner,
    grant_role,
    keep_step,
    list_plans,
    load_assignments,
    load_case,
    make_token,
    note_attempt,
    open_any_release,
    open_store,
    post_events,
    publish_plan,
    remember,
    restore_backup,
    save_variant,
    sign_in,
    start_job,
    undo_publication,
    upgrade_place,
    verify_all,
    write_backup,
)
from optimizer.store.engine import make_engine
from optimizer.store.schema import metadata
from optimizer.store.settings import Place
from tests.store.conftest import Room, approved, draft, new_room
from tests.store.servers import KINDS, Databases, open_place
from tests.store.test_events import hours

RELEASED = sorted((Path(__file__).parent / "released").glob("*.backup"))
JAN = dt.date(2027, 1, 1)


def fill(room: Room) -> None:
    """Something in every table."""
    first, second = approved(room), approved(room, c3="r2")
    with room.write("ann", "新的季度") as write:
        add_file(write, draft(write, c1=None).id, "page.html", b"\x00\xff")
        child = draft(write)
        publish_plan(write, first.id, JAN)
        undo_publication(write, publish_plan(write, second.id, JAN + dt.timedelta(days=31)).number)
        save_variant(write, "q1", "busy", {"demand": [{"percent": 10}]})
        won = CustomerWon(
            event_id="e2", at=JAN, customer_id="new", rep_id="r1", name='"quoted", \n李', hours=0.1
        )
        post_events(write, [hours("e1", 1 / 3), won])
        job = start_job(write, ask_job(write, "plan", {"plan": child.id}).id)
        remember(write, "key", "hash", 200, "{}")
        make_token(write, "crm", Role.SERVICE)
        add_webhook(write, "https://a.example")
        announce(write, "proposal", {"plan": child.id})
        at = write.at
    for delivery, _ in claim_deliveries(room.store, at, limit=1000):
        note_attempt(room.store, delivery, at, 0.5, error="timeout")
    beat(room.store, "worker", "host", at)
    assert keep_step(room.store, job, "territories", {"rep_ids": ["r1", None]})
    with room.store.write(SYSTEM, "login") as write:
        person = sign_in(write, "https://id.example", room.name, None, "Ann")
    with room.write("root") as write:
        grant_role(write, person.id, Role.ADMIN)


@dataclass(frozen=True)
class Filled:
    """A store with something in every table, and its backup."""

    room: Room
    rows: dict[str, list[Any]]
    file: Path
    manifest: Manifest


@pytest.fixture(scope="module", params=KINDS)
def filled(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    room = new_room(open_place(databases(request.param, False)))
    fill(room)
    rows = everything(room.store)
    assert all(rows.values()), "a table that nothing was put into is not tried"
    file = tmp_path_factory.mktemp("backup") / "deep" / "all.backup"
    yield Filled(room, rows, file, write_backup(room.store, file))
    room.store.close()


def everything(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.view() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("target", KINDS)
def test_a_backup_holds_everything_and_goes_into_either_kind_of_database(
    filled: Filled, databases: Databases, target: str
) -> None:
    file, manifest = filled.file, filled.manifest
    assert manifest.rows == sum(map(len, filled.rows.values())) and file.stat().st_mode & 0o077 == 0
    with pytest.raises(OutputError):
        write_backup(filled.room.store, file)

    place = databases(target, True)
    assert restore_backup(place, file).tables == manifest.tables
    restored = open_store(place.url.render_as_string(hide_password=False))
    assert everything(restored) == filled.rows
    again = Room(restored, filled.room.name)
    with again.read() as view:
        plans = list_plans(view).items
        assert all(check.ok for check in verify_all(view.connection))
        assert find_owner(view, "c3", JAN).rep_id == "r1"
        for plan in plans:
            load_case(view, plan.case_version_id)
            assert len(load_assignments(view, plan.id)) == 12
    with pytest.raises(Exception, match="append-only"), restored.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit")  # the guards are back
    with again.write() as write:
        assert draft(write).version == 1, "new rows are numbered behind the old ones"
    with pytest.raises(Unavailable) as refused:
        restore_backup(place, file)
    assert refused.value.code == "not_empty"
    restored.close()


def test_a_damaged_backup_is_refused_and_nothing_is_left_of_it(
    filled: Filled, databases: Databases, tmp_path: Path
) -> None:
    file = filled.file
    place = databases("sqlite" if filled.room.store.place.embedded else "postgresql", True)

    def changed(name: str, change: Any) -> Path:
        other = tmp_path / "other.backup"
        with zipfile.ZipFile(file) as book, zipfile.ZipFile(other, "w") as copy:
            for member in book.namelist():
                content = book.read(member)
                content = change(content) if member == name else content
                if content is not None:
                    copy.writestr(member, content)
        return other

    def say_later(content: bytes) -> bytes:
        return json.dumps(json.loads(content) | {"revision": "9999", "release": "9.9"}).encode()

    def say_other_end(content: bytes) -> bytes:
        said = json.loads(content)
        said["audit"][SYSTEM][1] = "0" * 64
        return json.dumps(said).encode()

    for change, code in (
        (("manifest.json", lambda content: None), "bad_backup"),
        (("plans.parquet", lambda content: None), "bad_backup"),
        (("plans.parquet", lambda content: content[:-1] + b"x"), "bad_backup"),
        (("manifest.json", say_later), "newer_backup"),
        (("manifest.json", say_other_end), "broken_audit"),
    ):
        with pytest.raises(Unfit) as refused:
            restore_backup(place, changed(*change))
        assert refused.value.code == code, change[0]
    (tmp_path / "text.backup").write_text("hello")
    for name in ("text.backup", "none.backup"):
        with pytest.raises(Unfit, match="no backup, or damaged"):
            restore_backup(place, tmp_path / name)
    restore_backup(place, file)  # the database is as empty as it was


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("released", RELEASED, ids=lambda file: file.stem)
def test_the_store_of_every_release_becomes_one_of_today(
    released: Path, kind: str, databases: Databases
) -> None:
    place = databases(kind, True)
    manifest = restore_backup(place, released)
    store = open_any_release(place)
    rows = everything(store)
    assert {name: len(rows[name]) for name in manifest.tables} == {
        name: said["rows"] for name, said in manifest.tables.items()
    }
    with store.read("north") as view:
        assert all(check.ok for check in verify_all(view.connection))
        plans = list_plans(view).items
        assert {plan.status for plan in plans} >= {"draft", "published"}
        assert find_owner(view, "c3", JAN).rep_id == "r1"
        load_case(view, plans[0].case_version_id)
    with store.write("north", "ann") as write:
        draft(write)
    store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_steps_lead_to_the_tables_of_today(
    kind: str, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = databases(kind, True)
    if kind == "postgresql":  # of which several releases may be in use at once: a person says when
        with pytest.raises(Unavailable) as refused:
            open_store(place.url.render_as_string(hide_password=False))
        assert refused.value.code == "no_store"
    assert upgrade_place(place) == (None, "0002")
    assert upgrade_place(place) == ("0002", "0002")
    with monkeypatch.context() as later:
        later.setattr("optimizer.store.migrating.newest", lambda: "0003")  # as the next release will say
        if kind == "postgresql":
            with pytest.raises(Unavailable) as refused:
                open_store(place.url.render_as_string(hide_password=False))
            assert refused.value.code == "not_upgraded" and "store upgrade" in str(refused.value)
    engine = make_engine(place)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    for work in (upgrade_place, lambda place: open_store(place.url.render_as_string(hide_password=False))):
        with pytest.raises(Unavailable) as refused:
            work(place)
        assert refused.value.code == "newer"


def test_there_is_a_store_of_every_release() -> None:
    assert [file.stem for file in RELEASED] == ["0.1.0"]


def make_released(place: Place, file: Path) -> None:
    """How the file of a release in ``released/`` is made: once, with that release."""
    upgrade_place(place)
    store = open_place(place)
    with store.write(SYSTEM, "root") as write:
        create_workspace(write, "north", "北方")
    fill(Room(store, "north"))
    write_backup(store, file)
    store.close()
