"""The records as they are after events: who is there, with what tier, place, skills, absences and promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.progress import fields_of
from optimizer.rebalancing.replay.people import is_among, look_up
from optimizer.records import Records, Skill, parse_skills

_BY_PLAN = ("customer_id", "owner", "hours", "visits")  # columns that follow from the plan and the work done


def change_customers(records: Records, customers: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The customers table with a row for each of ``customers``, with what events say of it; owners are theirs.

    A column that several kinds of events speak of holds the last word; unknown columns of events are taken over where
    the table has them too.
    """
    frame = _extend(records.customers, customers["customer_id"])
    kind = events["kind"]  # hours spent say nothing of what a customer is like, and are many
    told = events[kind.str.startswith("customer_") & (kind != "customer_hours")]
    told = told.assign(relationship=told["relationship"].fillna(told["satisfaction"]))
    for column in frame.columns:
        if column in told.columns and column not in _BY_PLAN:
            _set(frame, column, told, column)
    frame["owner"] = customers["owner"]
    return frame


def change_reps(records: Records, reps: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The reps table with a row for each of ``reps``: hours, skills, first and last days as events say."""
    frame = _extend(records.reps, reps["rep_id"])
    joins = events[events["kind"] == "rep_joins"]
    for field in fields_of("rep_joins"):
        if field not in ("rep_id", "starts"):
            _set(frame, field, joins, field)
    fresh = (np.arange(len(frame)) >= len(records.reps)) & reps["joined_on"].notna()
    frame["starts"] = reps["joined_on"].astype("datetime64[s]").where(fresh, frame["starts"])
    frame["ends"] = reps["ends"]
    _set(frame, "hours_per_week", events[events["kind"].isin(["rep_joins", "rep_hours"])], "hours_per_week")
    _change_skills(frame, events[events["kind"].isin(["skill_gained", "skill_expired"])])
    return frame


def change_absences(records: Records, reps: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Absences with those told since, and the days between leaving and coming back."""
    told = events[events["kind"] == "rep_absent"]
    if not len(told) and not (events["kind"] == "rep_joins").any():
        return records.absences.drop_duplicates(["rep_id", "starts", "ends"]).reset_index(drop=True)
    first = told["starts"].where(told["starts"].notna(), told["at"])
    parts = [
        records.absences,
        pd.DataFrame({"rep_id": told["rep_id"], "starts": first, "ends": told["ends"]}),
        _gaps(events),
    ]
    return _together(parts).drop_duplicates(["rep_id", "starts", "ends"]).reset_index(drop=True)


def change_tasks(records: Records, tasks: pd.DataFrame, events: pd.DataFrame, here: Any) -> pd.DataFrame:
    """The tasks table: what is done is done, what is begun has fewer hours, what is late is due later.

    ``here``: ids of the customers that are left; tasks of others are cancelled.
    """
    frame = records.tasks.copy()
    mine = tasks.iloc[: len(frame)]  # tasks of the records come first
    closed = mine["status"].to_numpy() != tasks_status(frame)
    frame["status"] = frame["status"].mask(closed, mine["status"])
    begun = mine["used_hours"].to_numpy() > 0
    frame["hours"] = frame["hours"].mask(
        begun & (mine["status"] == "open").to_numpy(), mine["remaining_hours"]
    )
    late = events[(events["kind"] == "task_late") & events["due"].notna()].drop_duplicates(
        "task", keep="last"
    )
    due = pd.Series(late["due"].to_numpy(), index=late["task"].to_numpy()).reindex(frame.index)
    frame["due"] = frame["due"].mask(due.notna(), due.astype(frame["due"].dtype))
    gone = frame["customer_id"].notna() & ~is_among(frame["customer_id"], here)
    frame["customer_id"] = frame["customer_id"].mask(gone)
    return frame


def tasks_status(tasks: pd.DataFrame) -> Any:
    """Status of every task of the records, open where nothing is said."""
    return tasks["status"].fillna("open").to_numpy(dtype=object)


def keep_present(records: Records, customers: Any, reps: Any, owning: Any = None) -> Records:
    """The records without customers and reps who are not among these ids, wherever they are spoken of.

    A task whose doer is gone may be done by others; a promise to somebody who is gone holds no more. ``owning``: the
    reps who may own customers, where these are not all: others own nobody, and nothing is promised to them.
    """
    owning = reps if owning is None else owning
    tables = records.tables()
    for name, frame in tables.items():
        stays = np.ones(len(frame), dtype=bool)
        for column, ids in (("customer_id", customers), ("customer_a", customers), ("customer_b", customers)):
            if column in frame.columns and name != "tasks":
                stays &= is_among(frame[column], ids)
        if "rep_id" in frame.columns:
            among = owning if name in ("locks", "pairs") else reps
            stays &= frame["rep_id"].isna().to_numpy() | is_among(frame["rep_id"], among)
        tables[name] = frame if stays.all() else frame[stays].reset_index(drop=True)
    tasks = tables["tasks"]
    tables["tasks"] = tasks.assign(doer=tasks["doer"].where(is_among(tasks["doer"], reps)))
    owned = tables["customers"]
    tables["customers"] = owned.assign(owner=owned["owner"].where(is_among(owned["owner"], owning)))
    return replace(records, **tables)


def _extend(table: pd.DataFrame, ids: pd.Series[str]) -> pd.DataFrame:
    """The table with a blank row for each further id."""
    frame = table.reindex(range(len(ids)))
    for name in table.columns:  # a blank row must not change what a column holds
        if frame[name].dtype != table[name].dtype:
            frame[name] = frame[name].astype(table[name].dtype)
    frame[str(ids.name)] = ids
    return frame


def _set(frame: pd.DataFrame, column: str, events: pd.DataFrame, field: str) -> None:
    """Put what events say in ``field`` into the column, the last word of each."""
    key = "customer_id" if "customer_id" in frame.columns else "rep_id"
    if events[field].notna().any():
        said = look_up(frame[key], events, field)
        frame[column] = frame[column].mask(said.notna(), said.astype(frame[column].dtype))


def _change_skills(reps: pd.DataFrame, events: pd.DataFrame) -> None:
    """Skills gained and lost, in their order."""
    at = pd.Index(reps["rep_id"]).get_indexer(pd.Index(events["rep_id"]))
    texts = reps["skills"].to_list()
    for row, kind, text in zip(at, events["kind"], events["skills"], strict=True):
        held = {skill.name: skill for skill in parse_skills(texts[row])}
        for skill in parse_skills(text):
            if kind == "skill_gained":
                held[skill.name] = skill
            else:
                held.pop(skill.name, None)
        texts[row] = ";".join(_write(skill) for skill in held.values()) or None
    reps["skills"] = pd.Series(texts, index=reps.index, dtype=reps["skills"].dtype)


def _write(skill: Skill) -> str:
    level = f":{skill.level}" if skill.level != 1 else ""
    return skill.name + level + (f"@{skill.expires.isoformat()}" if skill.expires is not None else "")


def _gaps(events: pd.DataFrame) -> pd.DataFrame:
    """Days between the last day of a rep who left and the first after coming back."""
    moves = events[events["kind"].isin(["rep_leaves", "rep_joins"])]
    day = pd.Timedelta(days=1)
    last = moves["ends"].where(moves["ends"].notna(), moves["at"] - day)
    first = moves["starts"].where(moves["starts"].notna(), moves["at"])
    before = last.where(moves["kind"] == "rep_leaves").groupby(moves["rep_id"]).shift()
    back = (moves["kind"] == "rep_joins") & (before + day < first)
    return pd.DataFrame(
        {"rep_id": moves["rep_id"][back], "starts": before[back] + day, "ends": first[back] - day}
    )


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another, with the columns and the types of the first."""
    first, *more = parts
    more = [part.astype({name: first[name].dtype for name in part.columns}) for part in more if len(part)]
    return pd.concat([first, *more], ignore_index=True)[first.columns] if more else first
