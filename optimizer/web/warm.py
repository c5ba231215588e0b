"""Warm: the cases, problems and plans that were asked about last, ready to answer at once.

What is kept never changes: a version of a case by its id, a plan by its content. Every answer still asks the store
whether the workspace has it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.enlarging import add_customer
from optimizer.explaining import Asked
from optimizer.jobs.posing import pose
from optimizer.plan import UNSERVED, Plan
from optimizer.problem import Problem
from optimizer.reading import read_newcomer
from optimizer.rebalancing import Desk, Suggestion
from optimizer.records import positions_of
from optimizer.store import KeptPlan, Missing, get_case_version, get_plan, load_assignments, load_case
from optimizer.web.room import Room

T = TypeVar("T")
CASES, PLANS = 4, 8  # that are kept


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None


class _Shelf:
    """The things that were used last; each is made once, however many ask for it together."""

    def __init__(self, size: int) -> None:
        self._size, self._slots = size, OrderedDict[tuple[str, ...], _Slot]()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], T]) -> T:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._size:
                self._slots.popitem(last=False)
        with slot.lock:
            if slot.value is None:
                slot.value = make()
            made: T = slot.value
            return made


@dataclass(frozen=True, eq=False)
class _Planned:
    """A plan beside its case: the ``problem`` of which it was made, of a rebalance what it ``asked`` of its moves, and
    the ``desk`` of its case at which owners are suggested.
    """  # fmt: skip

    case: Case
    problem: Problem
    asked: Asked | None
    plan: Plan
    desk: Desk


class Warm:
    """What the API process keeps at hand."""

    def __init__(self) -> None:
        self._cases, self._problems, self._plans = _Shelf(CASES), _Shelf(CASES), _Shelf(PLANS)

    def case(self, room: Room, version_id: str) -> Case:
        """A version of a case. Missing when this workspace has none such."""
        with room.read() as view:
            get_case_version(view, version_id)

        def load() -> Case:
            with room.read() as view:
                return load_case(view, version_id)

        return self._cases.get((room.name, version_id), load)

    def problem(self, room: Room, version_id: str) -> Problem:
        """Its problem."""
        case = self.case(room, version_id)
        return self._problems.get((room.name, version_id), lambda: build_problem(case))

    def planned(self, room: Room, plan_id: str) -> _Planned:
        """A plan with its case and its sums. Missing when this workspace has none such."""
        with room.read() as view:
            kept = get_plan(view, plan_id)
        return self._plans.get((room.name, plan_id, kept.content_hash), lambda: self._lay_out(room, kept))

    def suggest_new(self, room: Room, plan_id: str, customer: dict[str, Any], top: int) -> list[Suggestion]:
        """The best owners of a customer that the case does not have. InputError for one that no case could have."""
        planned = self.planned(room, plan_id)
        row = read_newcomer(planned.case, customer)
        problem = add_customer(planned.desk.problem, planned.case, row)
        owner = np.append(planned.plan.owner, UNSERVED)
        return Desk(problem, Plan(owner)).suggest(customer["customer_id"], top)

    def _lay_out(self, room: Room, kept: KeptPlan) -> _Planned:
        problem, case = self.problem(room, kept.case_version_id), self.case(room, kept.case_version_id)
        with room.read() as view:
            rows = load_assignments(view, kept.id)
            made_of, asked = pose(view, kept, case, problem)
        if len(rows) != problem.n_customers:
            raise Missing("plan", kept.id)
        customers, reps = case.records.customers["customer_id"], case.records.reps["rep_id"]
        owner = np.full(len(customers), UNSERVED, dtype=np.int64)
        owner[positions_of(customers, rows["customer_id"])] = positions_of(reps, rows["rep_id"])
        plan = Plan(owner)
        return _Planned(case, made_of, asked, plan, Desk(problem, plan))
