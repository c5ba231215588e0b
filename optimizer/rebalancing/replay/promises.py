"""Locks as they are after events: added, lifted, and never in contradiction with one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.findings import Finding
from optimizer.progress import ROW, TABLE
from optimizer.records import Records

_Lock = dict[str, Any]


def change_locks(
    records: Records, customers: pd.DataFrame, events: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """The locks table after locks were added and lifted, and a finding for each that cannot be kept.

    A lock that says who it must be takes the place of an earlier one for the same customer. One that contradicts what
    is forbidden, or what the customer's group is promised, is not taken in. ``customers``: the table after events.
    """
    told = events[events["kind"].isin(["lock_added", "lock_lifted"])]
    if not len(told):
        return records.locks, []
    ledger = _Ledger(records.locks, customers, set(told["customer_id"]))
    for event in told.to_dict("records"):
        ledger.enter({str(name): value for name, value in event.items()})
    untouched = records.locks[~records.locks["customer_id"].isin(ledger.touched)]
    rows = pd.DataFrame(ledger.locks(), columns=list(records.locks.columns))
    parts = [untouched, rows.astype(records.locks.dtypes.to_dict())] if len(rows) else [untouched]
    return pd.concat(parts, ignore_index=True), ledger.found


class _Ledger:
    """The locks of every customer that events speak of, and of the others of its group."""

    def __init__(self, locks: pd.DataFrame, customers: pd.DataFrame, named: set[str]) -> None:
        group = customers["group"].to_numpy(dtype=object)
        ids = customers["customer_id"].to_numpy(dtype=object)
        groups = set(group[customers["customer_id"].isin(named).to_numpy()]) - {None, np.nan}
        near = customers["customer_id"].isin(named) | customers["group"].isin(list(groups))
        at = np.flatnonzero(near)
        self.unit = {ids[k]: group[k] if isinstance(group[k], str) else ("", ids[k]) for k in at}
        owner = customers["owner"].to_numpy(dtype=object)
        self.owner = {ids[k]: owner[k] if isinstance(owner[k], str) else None for k in at}
        mine = locks[locks["customer_id"].isin(list(self.unit))]
        self.held: list[_Lock] = [
            {str(name): None if pd.isna(value) else value for name, value in row.items()}
            for row in mine.to_dict("records")
        ]
        self.touched = set(mine["customer_id"])
        self.found: list[Finding] = []

    def locks(self) -> list[_Lock]:
        """What holds in the end."""
        return self.held

    def enter(self, event: _Lock) -> None:
        """One event, in its turn."""
        customer, rep = event["customer_id"], _text(event["rep_id"])
        lock, is_added = _text(event["lock"]), event["kind"] == "lock_added"
        if not is_added:
            self.held = [
                held
                for held in self.held
                if held["customer_id"] != customer
                or (lock is not None and held["kind"] != lock)
                or (rep is not None and held["rep_id"] != rep)
            ]
            return
        new: _Lock = {"customer_id": customer, "rep_id": rep, "kind": lock}
        new |= {
            "reason": _text(event["reason"]),
            "until": None if pd.isna(event["until"]) else event["until"],
        }
        meant = self.owner.get(customer) if lock == "keep" else rep
        if meant is None:
            column = "customer_id" if lock == "keep" else "rep_id"
            code = "keep_without_owner" if lock == "keep" else "lock_without_rep"
            self.found.append(Finding(code, "warning", TABLE, int(event[ROW]), column, customer))
            return
        other = next((held for held in self.held if self._contradicts(held, new, meant)), None)
        if other is not None:
            told = f"{other['kind']} {other['rep_id'] or self.owner.get(other['customer_id'])}"
            gaps = {"other": f"{other['customer_id']}: {told}"}
            self.found.append(Finding("event_lock", "warning", TABLE, int(event[ROW]), None, customer, gaps))
            return
        self.held = [held for held in self.held if not self._replaces(held, new)] + [new]

    def _replaces(self, held: _Lock, new: _Lock) -> bool:
        if held["customer_id"] != new["customer_id"]:
            return False
        if new["kind"] == "forbid":
            return bool(held["kind"] == "forbid" and held["rep_id"] == new["rep_id"])
        return bool(held["kind"] != "forbid")

    def _contradicts(self, held: _Lock, new: _Lock, meant: str) -> bool:
        if self.unit.get(held["customer_id"]) != self.unit.get(new["customer_id"]):
            return False
        other = self.owner.get(held["customer_id"]) if held["kind"] == "keep" else held["rep_id"]
        if "forbid" in (held["kind"], new["kind"]):
            return bool(held["kind"] != new["kind"] and other == meant)
        return bool(held["customer_id"] != new["customer_id"] and other != meant)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
