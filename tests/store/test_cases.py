"""Cases and variants in the store: what was handed in comes back, found by what it says."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimizer.building import build_problem
from optimizer.comparing.variants.variant import apply_variant
from optimizer.findings import Finding, InputError
from optimizer.guardrails import Guardrail
from optimizer.messages import Phrase
from optimizer.reading.hashing import hash_input
from optimizer.store import (
    Conflict,
    Missing,
    Store,
    Unavailable,
    Unfit,
    delete_variant,
    get_case_version,
    get_variant,
    list_case_versions,
    list_cases,
    list_variants,
    load_case,
    load_variant,
    save_case,
    save_variant,
)
from optimizer.store.guards import lift_guards
from tests.cases import random_case
from tests.store.conftest import Room, new_room, small_case


def test_any_case_comes_back_as_it_was(room: Room) -> None:
    hint = Phrase("hint.known", {"listed": "A, B"})
    finding = Finding("unknown_tier", "warning", "customers", 3, "tier", "Z", {"hint": hint})
    with room.write() as write:
        kept = {}
        for seed in range(6):
            case = replace(random_case(seed), findings=[finding], guardrails=(Guardrail("gap", max=0.01),))
            kept[save_case(write, f"case-{seed}", case).id] = case
    with room.read() as view:
        for id, case in kept.items():
            back = load_case(view, id)
            for name, frame in case.records.tables().items():
                pd.testing.assert_frame_equal(back.records.tables()[name], frame)
            assert hash_input(back.records, back.scenario) == hash_input(case.records, case.scenario)
            assert back.input_hash == hash_input(case.records, case.scenario)
            assert (back.name, back.scenario, back.guardrails) == (case.name, case.scenario, case.guardrails)
            assert back.findings == [finding]
            assert back.findings[0].fix("zh") == finding.fix("zh")
        build_problem(back)


def test_states_that_proposals_were_made_for_are_listed_only_when_asked(room: Room) -> None:
    case = small_case()
    with room.write() as write:
        first = save_case(write, "q1", case)
        varied = save_case(write, "q1", replace(case, variant="hire_two"))
        of_day = save_case(write, "q1", replace(case, variant="hire_two@2027-02-01"))
    with room.read() as view:
        assert [v.id for v in list_cases(view)] == [varied.id]
        assert [v.id for v in list_cases(view, proposals=True)] == [of_day.id]
        assert [v.id for v in list_case_versions(view, "q1")] == [varied.id, first.id]
        assert len(list_case_versions(view, "q1", proposals=True)) == 3
        assert get_case_version(view, of_day.id) == of_day


def test_what_says_the_same_is_the_same_version(room: Room, other_room: Room) -> None:
    case = small_case()
    customers = case.records.customers.assign(hours=7.0)
    changed = replace(case, records=replace(case.records, customers=customers))
    with room.write() as write:
        first = save_case(write, "q1", case)
        again = save_case(write, "q1", case)
        second = save_case(write, "q1", changed)
        other = save_case(write, "q2", case)
    assert first == again and (first.number, second.number, other.number) == (1, 2, 1)
    assert first.id != second.id and first.input_hash == other.input_hash != second.input_hash
    with room.read() as view:
        assert [v.number for v in list_case_versions(view, "q1")] == [2, 1]
        assert [(v.case_id, v.number) for v in list_cases(view)] == [("q1", 2), ("q2", 1)]
        assert get_case_version(view, first.id) == first
        with pytest.raises(Missing):
            list_case_versions(view, "q3")
    with other_room.write() as write, pytest.raises(Missing):
        get_case_version(write, first.id)
    with pytest.raises(Unfit, match="cannot be a name"), room.write() as write:
        save_case(write, "Q 1/..", case)


def test_damage_in_what_is_kept_is_found(own_store: Store) -> None:
    room = new_room(own_store)
    with room.write() as write:
        version = save_case(write, "q1", small_case())
    with own_store.engine.begin() as connection:
        lift_guards(connection)
        connection.exec_driver_sql(
            "UPDATE blobs SET content = (SELECT content FROM blobs ORDER BY hash LIMIT 1)"
        )
    with room.read() as view, pytest.raises(Unavailable, match="is damaged"):
        load_case(view, version.id)


def test_a_scenario_of_a_later_release_is_told(own_store: Store) -> None:
    room = new_room(own_store)
    with room.write() as write:
        version = save_case(write, "q1", small_case())
    with own_store.engine.begin() as connection:
        lift_guards(connection)
        connection.exec_driver_sql("""UPDATE case_versions SET scenario = '{"horizon": {"moons": 3}}'""")
    with room.read() as view, pytest.raises(Unavailable) as refused:
        load_case(view, version.id)
    assert "horizon.moons" in str(refused.value)


VARIANT = {
    "description": "more work",
    "demand": [{"percent": 10}],
    "leave": [{"rep_id": "r2", "last_day": "2027-02-01"}],
}


def test_a_variant_is_checked_kept_and_laid_on_its_case(room: Room) -> None:
    with room.write("ann") as write:
        save_case(write, "q1", small_case())
        made = save_variant(write, "q1", "busy", VARIANT, expected=0)
        save_variant(write, "q1", "calm", {"demand": [{"percent": -5}]})
        with pytest.raises(InputError) as wrong:
            save_variant(write, "q1", "wrong", {"demand": [{"percent": "much"}], "what": 1})
        assert len(wrong.value.findings) == 2
        for name in ("a+b", " "):
            with pytest.raises(Unfit):
                save_variant(write, "q1", name, VARIANT)
    with room.write("bob") as write:
        changed = save_variant(write, "q1", "busy", VARIANT | {"demand": [{"percent": 20}]}, expected=1)
    assert (made.version, changed.version, changed.written_by) == (1, 2, "bob")
    with pytest.raises(Conflict) as conflict, room.write("ann") as write:
        save_variant(write, "q1", "busy", VARIANT, expected=1)
    (change,) = conflict.value.changes
    assert (change.actor, change.details["after"]["demand"]) == ("bob", [{"percent": 20.0}])
    with room.read() as view:
        assert [v.name for v in list_variants(view, "q1")] == ["busy", "calm"]
        both = load_variant(view, "q1", "busy+calm")
        patched = apply_variant(small_case(), both).case
        assert patched.records.customers["hours"].iloc[0] == pytest.approx(2.0 * 1.2 * 0.95)
        with pytest.raises(InputError):
            load_variant(view, "q1", "buzy")
    with room.write() as write:
        delete_variant(write, "q1", "busy", expected=2)
        with pytest.raises(Missing):
            get_variant(write, "q1", "busy")
        patched_version = save_case(write, "q1", patched)
        assert patched_version.variant == "busy+calm"
