"""Which customers stay with their owner when the plan is changed, and why.

Published weeks, work in progress, an opportunity past a stage and protection freeze; an owner who leaves, and a lock
that asks for something else, do not let them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.findings import Finding
from optimizer.messages import say
from optimizer.rebalancing.replay.calendar import find_told, last_day
from optimizer.rebalancing.replay.people import beside, is_among
from optimizer.records import Records
from optimizer.scenario import Scenario
from optimizer.scheduling.weeks import Weeks

COLUMNS = ("customer_id", "rep_id", "reason", "what", "until")
REASONS = ("published", "in_progress", "opportunity", "protection")


def list_freezes(
    scenario: Scenario,
    records: Records,
    customers: pd.DataFrame,
    reps: pd.DataFrame,
    tasks: pd.DataFrame,
    events: pd.DataFrame,
    weeks: Weeks,
    as_of: dt.date,
) -> pd.DataFrame:
    """A row for each reason of each frozen customer: customer_id, rep_id, reason, what (a task, a stage), until.

    ``records`` are those after events; ``customers``, ``reps`` and ``tasks`` the tables of the state.
    """
    told = published_tasks(scenario, tasks, weeks, as_of)
    begun = tasks[(tasks["status"] == "open") & (tasks["used_hours"] > 0)]
    parts = [
        _row("published", told["customer_id"], told["task_id"]),
        _row("in_progress", begun["customer_id"], begun["task_id"]),
        _opportunities(scenario, events),
        _protected(scenario, customers, as_of),
    ]
    frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    frame = frame[frame["customer_id"].notna()].drop_duplicates(["customer_id", "reason"])
    frame["rep_id"] = beside(customers["customer_id"], customers["owner"], frame["customer_id"])
    stays = reps["rep_id"][reps["here"] & ~leaves_early(scenario, reps)]
    frame = frame[frame["rep_id"].isin(stays)]
    if len(frame):
        frame = frame[~is_among(frame["customer_id"], _promised_away(records, customers))]
    order = frame["reason"].map({name: k for k, name in enumerate(REASONS)})
    return (
        frame.assign(order=order).sort_values(["customer_id", "order"])[list(COLUMNS)].reset_index(drop=True)
    )


def published_tasks(scenario: Scenario, tasks: pd.DataFrame, weeks: Weeks, as_of: dt.date) -> pd.DataFrame:
    """Open tasks in weeks that reps have been told already: ``schedule.published_weeks`` ahead and the running one."""
    told = find_told(scenario, weeks, as_of)
    week = tasks["week"].to_numpy()
    chosen: pd.DataFrame = tasks[np.append(told, False)[week] & (tasks["status"] == "open").to_numpy()]
    return chosen


def leaves_early(scenario: Scenario, reps: pd.DataFrame) -> Any:
    """Which reps have a last day before the horizon ends, [R]."""
    return reps["ends"] < last_day(scenario)


def explain_freeze(reason: str, what: str, lang: str = "") -> str:
    """Why a customer stays, in a sentence."""
    return say(f"freeze.{reason}", lang, what=what)


def _row(reason: str, customers: pd.Series[Any], what: Any, until: Any = pd.NaT) -> pd.DataFrame:
    index = range(len(customers))
    frame = pd.DataFrame({"customer_id": pd.Series(customers.to_numpy(), index=index, dtype="str")})
    frame["reason"] = reason
    frame["what"] = pd.Series(np.asarray(what, dtype=object), index=index, dtype="str")
    frame["until"] = pd.Series(until, index=index).astype("datetime64[s]")
    return frame


def _opportunities(scenario: Scenario, events: pd.DataFrame) -> pd.DataFrame:
    """Customers with an open opportunity at ``freeze.from_stage`` or later."""
    wish = scenario.freeze
    told = events[events["kind"] == "opportunity_stage"]
    told = told.assign(deal=told["opportunity_id"].fillna("")).drop_duplicates(
        ["customer_id", "deal"], keep="last"
    )
    late = wish.stages[wish.stages.index(wish.from_stage) :] if wish.from_stage else ()
    told = told[told["stage"].isin(late)]
    return _row("opportunity", told["customer_id"], told["stage"])


def _protected(scenario: Scenario, customers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Customers that were won or got another owner a short while ago."""
    since = customers[["won_on", "moved_on"]].max(axis=1)
    until = since + pd.to_timedelta(7 * scenario.freeze.protect_weeks, unit="D")
    fresh = (since <= pd.Timestamp(as_of)) & (until > pd.Timestamp(as_of))
    won = (customers["won_on"] == since)[fresh]
    return _row(
        "protection", customers["customer_id"][fresh], np.where(won, "won", "moved"), until[fresh].to_numpy()
    )


def find_split_groups(records: Records, freezes: pd.DataFrame) -> pd.DataFrame:
    """Customers whose freeze parts them from their group: it has frozen customers of several owners.

    A row each: customer_id, group, rep_id (who keeps the customer) and main (who keeps the group: the owner of most of
    its frozen customers, the first by id where several have as many).
    """
    known = records.customers
    held = freezes.drop_duplicates("customer_id")[["customer_id", "rep_id"]]
    held = held.assign(group=beside(known["customer_id"], known["group"], held["customer_id"]))
    held = held[held["group"].notna()]
    count = held.groupby(["group", "rep_id"]).size().reset_index(name="count")
    count = count.sort_values(["group", "count", "rep_id"], ascending=[True, False, True])
    main = count.drop_duplicates("group").set_index("group")["rep_id"]
    held = held.assign(main=held["group"].map(main))
    return held[held["rep_id"] != held["main"]].reset_index(drop=True)


def tell_split_groups(records: Records, freezes: pd.DataFrame) -> list[Finding]:
    """Groups that freezes hold apart."""
    apart = find_split_groups(records, freezes)
    return [
        Finding(
            "freeze_group",
            "warning",
            "customers",
            None,
            "group",
            row["customer_id"],
            {"group": row["group"], "rep": row["rep_id"], "other": row["main"]},
        )
        for row in apart.to_dict("records")
    ]


def hold_frozen(records: Records, freezes: pd.DataFrame) -> Records:
    """The records with a lock on every frozen customer.

    Who is frozen apart from its group leaves the group; locks that say already who must own somebody are enough.
    """
    first = freezes.drop_duplicates("customer_id")
    if not len(first):
        return records
    own, known = records.customers, records.locks
    apart = is_among(own["customer_id"], find_split_groups(records, freezes)["customer_id"])
    if apart.any():
        records = replace(records, customers=own.assign(group=own["group"].mask(apart)))
    held = known["customer_id"][known["kind"].isin(["keep", "force"])]
    first = first[~is_among(first["customer_id"], held)]
    reasons = [explain_freeze(*pair) for pair in zip(first["reason"], first["what"], strict=True)]
    locks = first[["customer_id", "rep_id"]].assign(kind="keep", reason=reasons)
    locks = locks.reindex(columns=known.columns).astype(known.dtypes.to_dict())
    return replace(records, locks=pd.concat([known, locks], ignore_index=True))


def _promised_away(records: Records, customers: pd.DataFrame) -> pd.Series[Any]:
    """Customers whose locks, or those of their group, ask for somebody else than their owner."""
    known, locks = records.customers, records.locks
    if not len(locks):
        return locks["customer_id"]
    ids, owner = customers["customer_id"], customers["owner"]
    grouped = known[["customer_id", "group"]][known["group"].notna()]
    locks = locks.assign(
        group=beside(known["customer_id"], known["group"], locks["customer_id"]),
        lock_owner=beside(ids, owner, locks["customer_id"]),
    )
    told = locks[["customer_id", "rep_id", "kind", "lock_owner"]]
    mates = locks.drop(columns="customer_id").merge(grouped, on="group")[list(told.columns)]
    told = pd.concat([told, mates], ignore_index=True)
    mine = beside(ids, owner, told["customer_id"])
    meant = told["rep_id"].where(told["kind"] != "keep", told["lock_owner"])
    other = told["kind"].isin(["force", "keep"]) & meant.notna() & (meant != mine)
    barred = (told["kind"] == "forbid") & (told["rep_id"] == mine)
    return told["customer_id"][other | barred]
