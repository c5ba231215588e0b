"""Verdicts: what the checker finds in a plan as it is kept here. Nobody can hand one in.

``judge_plan`` reads the case and the owners back from the store, lets ``optimizer.evaluation`` judge them, and keeps
what it found together with the hash of what it judged. Whoever publishes asks for that row; a plan that was changed
since has none.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import optimizer
from optimizer.building import build_problem
from optimizer.evaluation import evaluate
from optimizer.plan import UNSERVED, Plan
from optimizer.records import positions_of
from optimizer.result import Score, Violation
from optimizer.store.assignments import hash_assignments, load_assignments
from optimizer.store.audit import dump_json
from optimizer.store.cases import load_case
from optimizer.store.plans import get_plan
from optimizer.store.refusals import Unavailable
from optimizer.store.schema import verdicts
from optimizer.store.store import Store
from optimizer.store.transactions import View

WORST = 100  # hard violations that are kept by name
_TOLD = ("code", "constraint", "amount", "unit", "customer_id", "rep_id", "tier", "measure")


@dataclass(frozen=True)
class Verdict:
    """What the checker found in a plan of this content. ``objective`` and ``terms`` are in milli-hours.

    ``worst``: the first hard violations, as dicts of code, constraint, amount, unit, place and details.
    ``judge``: the release of the checker.
    """

    plan_id: str
    content_hash: str
    objective: int
    terms: Mapping[str, int]
    hard_count: int
    priced_count: int
    worst: tuple[Mapping[str, Any], ...]
    judge: str
    judged_at: dt.datetime

    @property
    def keeps_all(self) -> bool:
        """True when every hard constraint is kept."""
        return self.hard_count == 0


def judge_plan(store: Store, workspace: str, actor: str, plan_id: str) -> Verdict:
    """Judge a plan as it is kept, and keep the verdict. Nothing is locked while the checker works.

    A plan that was judged by this release and is unchanged is not judged again.
    """
    with store.read(workspace) as view:
        plan = get_plan(view, plan_id)
        known = find_verdict(view, plan_id)
        if known is not None and known.judge == optimizer.__version__:
            return known
        rows, case = load_assignments(view, plan_id), load_case(view, plan.case_version_id)
    if hash_assignments(rows) != plan.content_hash:
        raise Unavailable("damaged", hash=plan.content_hash)
    customers, reps = case.records.customers["customer_id"], case.records.reps["rep_id"]
    owner = np.full(len(customers), UNSERVED, dtype=np.int64)
    owner[positions_of(customers, rows["customer_id"])] = positions_of(reps, rows["rep_id"])
    score = evaluate(build_problem(case), Plan(owner))

    def keep(write: Any) -> Verdict:
        values = _tell(score) | {"judge": optimizer.__version__, "judged_at": write.at}
        mine = (write.here(verdicts), verdicts.c.plan_id == plan_id)
        same = (*mine, verdicts.c.content_hash == plan.content_hash)
        write.connection.execute(verdicts.delete().where(*same))
        write.connection.execute(
            verdicts.insert().values(
                workspace_id=write.workspace, plan_id=plan_id, content_hash=plan.content_hash, **values
            )
        )
        write.tell(
            "judge",
            "plan",
            plan_id,
            content_hash=plan.content_hash,
            objective=score.objective,
            hard=values["hard_count"],
        )
        found = _find(write, plan_id, plan.content_hash)
        assert found is not None
        return found

    return store.perform(workspace, actor, keep)


def find_verdict(view: View, plan_id: str) -> Verdict | None:
    """The verdict on a plan as it is now; None when it was not judged, or changed since."""
    return _find(view, plan_id, get_plan(view, plan_id).content_hash)


def _find(view: View, plan_id: str, content_hash: str) -> Verdict | None:
    row = view.find(verdicts, plan_id=plan_id, content_hash=content_hash)
    if row is None:
        return None
    values = {name: getattr(row, name) for name in Verdict.__dataclass_fields__}
    return Verdict(**values | {"terms": json.loads(row.terms), "worst": tuple(json.loads(row.worst))})


def _tell(score: Score) -> dict[str, Any]:
    hard = score.hard_violations
    return {
        "objective": int(score.objective),
        "terms": dump_json({name: int(hours) for name, hours in score.terms.items()}),
        "hard_count": len(hard),
        "priced_count": len(score.violations) - len(hard),
        "worst": dump_json([_tell_violation(one) for one in hard[:WORST]]),
    }


def _tell_violation(one: Violation) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _TOLD}
    told["amount"] = float(one.amount)
    told["details"] = {name: _plain(value) for name, value in one.details.items()}
    return told


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | int | float | str | None) else str(value)
