"""Assignments: the rows of a plan, a customer each, whole or by the page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, and_, not_, or_, select

from optimizer.records import positions_of
from optimizer.store.bulk import fetch_frame
from optimizer.store.pages import Page, cut
from optimizer.store.refusals import Missing, Unfit
from optimizer.store.schema import assignments, plans
from optimizer.store.transactions import View

COLUMNS = ("customer_id", "rep_id", "previous_rep_id", "tier", "hours", "travel_hours")
LAST_LETTER = "\U0010ffff"  # sorts behind every other
_COLUMNS = [assignments.c[name] for name in COLUMNS]
_LEAVES = and_(
    assignments.c.previous_rep_id.is_not(None),
    or_(assignments.c.rep_id.is_(None), assignments.c.rep_id != assignments.c.previous_rep_id),
)


@dataclass(frozen=True)
class Assignment:
    """Who owns a customer under a plan (``rep_id`` None: nobody), and who did before."""

    customer_id: str
    rep_id: str | None
    previous_rep_id: str | None
    tier: str | None
    hours: float | None
    travel_hours: float | None


def fill_assignments(owners: pd.DataFrame, customers: pd.DataFrame, reps: pd.DataFrame) -> pd.DataFrame:
    """``COLUMNS`` for each of ``customers``, in the order of their ids.

    Unfit unless ``owners`` names each of them once, and nobody else, and only reps that there are.
    """
    at = positions_of(customers["customer_id"], owners["customer_id"])
    unknown, twice = at < 0, owners["customer_id"].duplicated().to_numpy(dtype=bool)
    missing = positions_of(owners["customer_id"], customers["customer_id"]) < 0
    for code, ids, where in (
        ("unknown_customers", owners, unknown),
        ("repeated_customers", owners, twice),
        ("missing_customers", customers, missing),
    ):
        if where.any():
            raise Unfit(code, count=int(where.sum()), first=str(ids["customer_id"][where].iloc[0]))
    rep = owners["rep_id"].astype("str")
    nobody = rep.isna().to_numpy(dtype=bool) | (positions_of(reps["rep_id"], rep) >= 0)
    if not nobody.all():
        raise Unfit("unknown_reps", count=int((~nobody).sum()), first=str(rep[~nobody].iloc[0]))
    frame = pd.DataFrame({"customer_id": owners["customer_id"].astype("str"), "rep_id": rep})
    for name, theirs in (("previous_rep_id", "owner"), ("tier", "tier")):
        given = owners[name] if name in owners.columns else customers[theirs].iloc[at]
        frame[name] = given.astype("str").to_numpy()
    for name in ("hours", "travel_hours"):
        known = name in owners.columns
        frame[name] = owners[name].astype("float64").to_numpy() if known else np.nan
    order = np.argsort(frame["customer_id"].to_numpy(dtype=object), kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def hash_assignments(rows: pd.DataFrame) -> str:
    """SHA-256 of who owns whom; ``rows`` in the order of customer ids."""
    digest = hashlib.sha256()
    # No id holds a NUL (bulk.py sees to it), so that no two lists of ids run together alike.
    for name in ("customer_id", "rep_id"):
        values = rows[name].to_numpy(dtype=object)
        cells = np.where(pd.isna(values), "\x00", values).tolist()
        digest.update("\x00\x00".join(cells).encode("utf-8", "surrogatepass") + b"\x00\x00\x00\x00")
    return digest.hexdigest()


def load_assignments(view: View, plan_id: str) -> pd.DataFrame:
    """Every row of a plan as a frame with ``COLUMNS``, in the order of customer ids."""
    query = select(*_COLUMNS).where(assignments.c.plan_key == find_key(view, plan_id))
    return fetch_frame(view.connection, query.order_by(assignments.c.customer_id))


def no_assignments() -> pd.DataFrame:
    """As ``load_assignments``, of no plan: no rows."""
    kinds = dict.fromkeys(COLUMNS[:4], "str") | dict.fromkeys(COLUMNS[4:], "float64")
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()})


def list_moved(view: View, plan_id: str) -> list[str]:
    """The customers who had an owner and leave it under a plan."""
    mine = select(assignments.c.customer_id).where(assignments.c.plan_key == find_key(view, plan_id), _LEAVES)
    return list(view.connection.execute(mine).scalars())


def list_assignments(
    view: View,
    plan_id: str,
    *,
    rep_id: str | None = None,
    tier: str | None = None,
    moved: bool | None = None,
    unserved: bool | None = None,
    begins: str = "",
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Assignment]:
    """Rows in the order of customer ids, those that meet every condition given.

    ``moved``: whether the customer had an owner and leaves it; ``unserved``: whether it has none; ``begins``: what its
    id begins with. ``cursor`` is the ``next`` of the page before.
    """
    mine = assignments.c
    wanted: list[ColumnElement[bool]] = [mine.plan_key == find_key(view, plan_id)]
    if rep_id is not None:
        wanted.append(mine.rep_id == rep_id)
    if tier is not None:
        wanted.append(mine.tier == tier)
    if moved is not None:
        wanted.append(_LEAVES if moved else not_(_LEAVES))
    if unserved is not None:
        wanted.append(mine.rep_id.is_(None) if unserved else mine.rep_id.is_not(None))
    if begins:
        wanted += [mine.customer_id >= begins, mine.customer_id < begins + LAST_LETTER]
    if cursor is not None:
        wanted.append(mine.customer_id > cursor)
    query = select(*_COLUMNS).where(*wanted).order_by(mine.customer_id).limit(limit + 1)
    found = [Assignment(*row) for row in view.connection.execute(query)]
    return cut(found, limit, lambda row: row.customer_id)


def get_assignment(view: View, plan_id: str, customer_id: str) -> Assignment | None:
    """The row of one customer; None when the plan does not know it."""
    mine = assignments.c
    query = select(*_COLUMNS).where(mine.plan_key == find_key(view, plan_id), mine.customer_id == customer_id)
    row: Any = view.connection.execute(query).one_or_none()
    return None if row is None else Assignment(*row)


def find_key(view: View, plan_id: str) -> int:
    """The short key of a plan's rows. Missing when this workspace has no such plan."""
    query = select(plans.c.key).where(view.here(plans), plans.c.id == plan_id)
    key = view.connection.execute(query).scalar()
    if key is None:
        raise Missing("plan", plan_id)
    return int(key)
