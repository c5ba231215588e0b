"""A store on each kind of database: one for all tests, with a workspace for each, or one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import pandas as pd
import pytest

from optimizer.case import Case
from optimizer.store import (
    SYSTEM,
    CaseVersion,
    KeptPlan,
    Store,
    View,
    Write,
    approve_plan,
    create_workspace,
    judge_plan,
    list_cases,
    list_entries,
    save_case,
    save_plan,
    submit_plan,
)
from tests.cases import make_case
from tests.store.servers import KINDS, Databases, make_databases, open_place

_numbers = count(1)


REPS, CUSTOMERS = 3, 12


@cache
def small_case() -> Case:
    """Twelve customers of three reps, the last two without an owner; c0 must not be with r2."""
    return make_case(
        [{"name": f"Rep {r}", "quota": 100.0} for r in range(REPS)],
        [
            {"tier": "ABC"[c % 3], "hours": 2.0 + c, "owner": f"r{c % 2}" if c < CUSTOMERS - 2 else None}
            for c in range(CUSTOMERS)
        ],
        locks=[{"customer_id": "c0", "rep_id": "r2", "kind": "forbid", "until": "2027-12-31"}],
        absences=[{"rep_id": "r1", "starts": "2027-01-04", "ends": "2027-01-08"}],
        pairs=[{"customer_id": "c1", "rep_id": "r1", "allowed": True}, {"customer_id": "c2", "rep_id": "r1"}],
        scenario={"horizon": {"start": "2027-01-01"}},
        name="small",
    )


@dataclass(frozen=True)
class Room:
    """A workspace of a store, and short ways to what most tests begin with."""

    store: Store
    name: str

    def read(self) -> Any:
        return self.store.read(self.name)

    def write(self, actor: str = "ann", reason: str = "because") -> Any:
        return self.store.write(self.name, actor, reason)

    def judge(self, plan: KeptPlan) -> None:
        judge_plan(self.store, self.name, "checker", plan.id)


def owners_of(case: Case, **others: str | None) -> pd.DataFrame:
    """Everybody keeps the customers they have, but for some."""
    table = case.records.customers[["customer_id", "owner"]].rename(columns={"owner": "rep_id"})
    for customer, rep in others.items():
        table.loc[table["customer_id"] == customer, "rep_id"] = rep
    return table


def keep_case(write: Write) -> CaseVersion:
    """The small case, kept where it is not yet."""
    known = [version for version in list_cases(write) if version.case_id == "q1"]
    return known[0] if known else save_case(write, "q1", small_case())


def draft(write: Write, **others: str | None) -> KeptPlan:
    return save_plan(write, keep_case(write).id, owners_of(small_case(), **others))


def approved(room: Room, **others: str | None) -> KeptPlan:
    """A plan that is judged and approved."""
    with room.write() as write:
        plan = draft(write, **others)
        submit_plan(write, plan.id)
        approve_plan(write, plan.id)
    room.judge(plan)
    return plan


def audit_of(view: View) -> list[str]:
    return [
        f"{entry.action} {entry.kind}"
        for entry in list_entries(view.connection, view.workspace, limit=10_000)
    ]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    yield from make_databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session", params=KINDS)
def shared_store(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """One store for all tests of this run, on each kind of database."""
    store = open_place(databases(request.param, False))
    yield store
    store.close()


@pytest.fixture(params=KINDS)
def own_store(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """A store of one test alone."""
    store = open_place(databases(request.param, False))
    yield store
    store.close()


def new_room(store: Store) -> Room:
    name = f"room-{next(_numbers)}"
    with store.write(SYSTEM, "root") as write:
        create_workspace(write, name)
    return Room(store, name)


@pytest.fixture
def room(shared_store: Store) -> Room:
    """A fresh workspace of the shared store."""
    return new_room(shared_store)


@pytest.fixture
def other_room(shared_store: Store) -> Room:
    """Another workspace beside it."""
    return new_room(shared_store)
