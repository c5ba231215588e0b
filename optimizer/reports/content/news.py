"""News: what a rebalance has to tell beside a plan: what happened, what it did to the balance, what changes and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from optimizer.building import build_problem
from optimizer.explaining import Asked, explain_asked_unserved
from optimizer.messages import load_catalogue
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints
from optimizer.progress import COLUMNS
from optimizer.rebalancing import Covering, Move, Rebalance, Recipe
from optimizer.records import positions_of
from optimizer.reports.content.tables import Column, Sheet, Table, corridor_tags, deviation
from optimizer.standing import Standing, stand


@dataclass(frozen=True, eq=False)
class News:
    """A rebalance and its tables: ``happened`` (events by kind), ``balance`` (a row a rep, as planned, doing nothing
    and proposed), ``changes`` (a row for each customer that changes hands, ``rebalance.csv``), ``curve``; of a recipe
    ``events`` (those it added) and ``cover`` (who stands in). ``before`` and ``after``: how things stand.
    """

    rebalance: Rebalance
    happened: Table
    balance: Table
    changes: Table
    curve: Table
    before: Standing
    after: Standing
    events: Table | None = None
    cover: Table | None = None

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that are files of their own."""
        more = [table for table in (self.cover, self.events) if table is not None]
        return (self.changes, self.curve, *more)

    @property
    def sheets(self) -> tuple[Table, ...]:
        """Those that are sheets of the workbook; of a cover the changes are who stands in."""
        if self.cover is not None:
            return (self.cover, self.happened, self.balance)
        return (self.happened, self.balance, self.changes, self.curve)


def build_news(found: Rebalance, lang: str = "") -> News:
    """Every table of a rebalance."""
    problem = found.problem
    before, after = stand(problem, problem.owner), stand(problem, found.plan.owner)
    return News(
        found,
        _list_happened(found, lang),
        _list_balance(found, before, after, lang),
        _list_changes(found, lang),
        _list_curve(found, lang),
        before,
        after,
        list_added(found) if found.added else None,
        None if found.covering is None else list_cover(found, lang),
    )


def asked_of(found: Rebalance) -> Asked:
    """What a rebalance asked of its moves."""
    return Asked(found.aim, found.hurdle, found.calm, by_recipe=found.recipe is not None)


def list_added(found: Rebalance) -> Table:
    """events.csv: what a recipe added to what happened, in the columns of progress."""
    rows = [event.model_dump(mode="json", exclude_none=True) for event in found.added]
    frame = pd.DataFrame(rows).fillna("").astype(str)
    frame = frame[[name for name in COLUMNS if name in frame.columns]]
    return Table("events", frame.astype(object), {name: Column("id", name, 0) for name in frame.columns})


def list_cover(found: Rebalance, lang: str) -> Table:
    """cover.csv: a row for each customer with work while its rep is away; who stands in, or why nobody does."""
    covering = found.covering
    assert covering is not None
    frame = covering.customers
    why = {
        name: reason.sentence(lang)
        for reason in explain_asked_unserved(found.problem, found.plan, asked_of(found))
        for name in reason.customer_ids
    }
    sheet = Sheet("cover", lang)
    sheet.add("customer_id", "id", frame["customer_id"].to_numpy(dtype=object))
    sheet.add("name", "text", frame["customer_id"].map(_names(found)).fillna("").to_numpy(dtype=object))
    sheet.add("owner_id", "id", frame["owner_id"].to_numpy(dtype=object))
    sheet.add("cover_rep_id", "id", frame["cover_rep_id"].fillna("").to_numpy(dtype=object))
    sheet.add("starts", "id", [covering.starts.isoformat()] * len(frame))
    sheet.add("ends", "id", [covering.ends.isoformat()] * len(frame))
    sheet.add("hours", "number", frame["hours"].to_numpy(dtype=float), 3)
    sheet.add("tasks", "number", frame["tasks"].to_numpy(dtype=float))
    sheet.add("reason", "text", [why.get(name, "") for name in frame["customer_id"]])
    return sheet.table()


def _names(found: Rebalance) -> dict[str, str]:
    """Names of customers by id."""
    customers = found.case.records.customers
    return dict(zip(customers["customer_id"], customers["name"], strict=True))


# Columns with ids of reps, which pages and workbook show with their names.
REP_COLUMNS = ("rep_id", "from_rep_id", "to_rep_id", "owner_id", "cover_rep_id")
# Columns that pages leave to the CSV files and the workbook, so that sentences have room.
ASIDE = (
    "reason_code", "travel_hours_before", "travel_hours_after", "needed_hours", "chain_gain_hours", "because_of"
)  # fmt: skip


def add_reasons(moves: Table, found: Sequence[Move], lang: str) -> Table:
    """The moves of a plan with why each is made, what it brings, and the chain it belongs to."""
    by_customer = {name: move for move in found for name in move.customer_ids}
    mine = [by_customer[name] for name in moves.frame["customer_id"]]
    sheet = Sheet(moves.name, lang)
    _add_why(sheet, mine, found, lang)
    frame = pd.DataFrame({**{name: moves.frame[name] for name in moves.columns}, **sheet.data})
    return replace(moves, frame=frame, columns={**moves.columns, **sheet.columns})


def _add_why(sheet: Sheet, moves: list[Move], found: Sequence[Move], lang: str) -> None:
    names = [move.customer_ids[0] for move in found]
    sheet.add("reason_code", "id", [move.code for move in moves], words=("move_name",))
    sheet.add("reason", "text", [move.sentence(lang) for move in moves])
    sheet.hours("gain_hours", np.array([move.gain for move in moves], dtype=np.int64))
    sheet.hours("needed_hours", np.array([move.needed for move in moves], dtype=np.int64))
    sheet.add("chain", "number", np.array([move.chain for move in moves], dtype=float))
    sheet.hours("chain_gain_hours", np.array([move.chain_gain for move in moves], dtype=np.int64))
    sheet.add("because_of", "id", ["" if m.because_of is None else names[m.because_of] for m in moves])


def _list_changes(found: Rebalance, lang: str) -> Table:
    changed = found.plan.owner != found.problem.owner  # of a group some may have been there
    rows = [(move, k) for move in found.moves for k in move.customers if changed[k]]
    moves, at = [move for move, _ in rows], np.array([k for _, k in rows], dtype=np.int64)
    problem, frame = found.problem, found.case.records.customers
    sheet = Sheet("rebalance", lang)
    sheet.add("customer_id", "id", problem.customer_ids[at])
    sheet.add("name", "text", frame["name"].fillna("").to_numpy(dtype=object)[at])
    sheet.add("tier", "id", np.array(problem.tier_names, dtype=object)[problem.tier[at]])
    givers = np.array(["" if move.is_move else move.giver or "" for move in moves], dtype=object)
    owned = np.append(problem.rep_ids, "")[problem.owner[at]]
    sheet.add("from_rep_id", "id", np.where(owned == "", givers, owned))
    sheet.add("to_rep_id", "id", np.append(problem.rep_ids, "")[found.plan.owner[at]])
    sheet.hours("hours", problem.hours[at])
    handover = found.result.score.by_customer["handover"][at]
    sheet.hours("handover_hours", handover)
    _add_why(sheet, moves, found.moves, lang)
    return sheet.table()


def _list_curve(found: Rebalance, lang: str) -> Table:
    points, sheet = found.curve, Sheet("curve", lang)
    sheet.add("allowed", "number", np.array([p.allowed for p in points], dtype=float))
    sheet.add("moves", "number", np.array([p.moves for p in points], dtype=float))
    sheet.add("objective", "number", np.array([p.objective_hours for p in points], dtype=float), 3)
    sheet.add("handover_hours", "number", np.array([p.handover_hours for p in points], dtype=float), 3)
    bounds = [np.nan if p.bound_hours is None else p.bound_hours for p in points]
    sheet.add("bound", "number", np.array(bounds, dtype=float), 3)
    hard = [len(p.score.hard_violations) for p in points]
    sheet.add("hard_broken", "number", np.array(hard, dtype=float))
    sheet.add("outside", "number", np.array([p.outside for p in points], dtype=float))
    sheet.add("deviation", "share", np.array([p.deviation for p in points], dtype=float), 4)
    sheet.add("knee", "id", ["true" if p.knee else "false" for p in points], words=("flag",))
    chosen = found.chosen
    sheet.add("proposed", "id", ["true" if p is chosen else "false" for p in points], words=("flag",))
    return sheet.table()


def stand_as_planned(found: Rebalance) -> tuple[Floats, Floats, Floats] | None:
    """Customers, hours and capacity (milli-hours) of each rep of the problem by the plan in force, before anything
    happened; NaN for reps who came later. None where that plan is a rebalance itself: it began in mid-quarter.
    """  # fmt: skip
    plan = found.state.plan
    if plan.since is not None:
        return None
    first = build_problem(found.state.given)
    named = plan.owners.reindex(pd.Index(first.customer_ids))
    reps = pd.Series(first.rep_ids, dtype="str")
    planned = stand(first, positions_of(reps, pd.Series(named.to_numpy(), dtype="str")))
    at = positions_of(reps, pd.Series(found.problem.rep_ids, dtype="str"))
    customers, hours, capacity = (
        np.append(amounts.astype(float), np.nan)[at]
        for amounts in (planned.customers, planned.rep_load, first.capacity)
    )
    return customers, hours, capacity


def _list_balance(found: Rebalance, before: Standing, after: Standing, lang: str) -> Table:
    problem, planned = found.problem, stand_as_planned(found)
    sheet = Sheet("balance", lang)
    sheet.add("rep_id", "id", problem.rep_ids)
    if planned is not None:
        customers, hours, capacity = planned
        sheet.add("planned_customers", "number", customers)
        sheet.hours("planned_hours", hours)
        sheet.add("planned_utilization", "share", share_of(hours, capacity), 4)
    sheet.add("previous_customers", "number", before.customers)
    sheet.add("customers", "number", after.customers)
    sheet.hours("capacity_hours", problem.capacity)
    sheet.hours("previous_hours", before.rep_load)
    sheet.hours("hours", after.rep_load)
    for name, load in (("previous_utilization", before.rep_load), ("utilization", after.rep_load)):
        sheet.add(name, "share", share_of(load, problem.capacity), 4)
    for tag, corridor in zip(corridor_tags(problem), problem.corridors, strict=True):
        measure = problem.measures[corridor.measure].name
        for when, standing in (("previous_", before), ("", after)):
            off = deviation(standing.sizes[corridor.measure], corridor.target)
            sheet.add(f"{when}{tag}_deviation", "share", off, 4, f"{when}measure_deviation", measure=measure)
    return sheet.table()


def share_of(load: Ints | Floats, capacity: Ints | Floats) -> Floats:
    """Hours as a share of what a rep has; NaN for whoever has none."""
    full: Floats = np.full(len(capacity), np.nan)
    np.divide(load, capacity, out=full, where=capacity > 0)
    return full


def _list_happened(found: Rebalance, lang: str) -> Table:
    """Events that count by kind: how many, their hours, the first and the last day."""
    events = found.state.events
    words = load_catalogue(lang)
    rows = [
        {
            "what": words.get(f"happened.{kind}", kind),
            "count": len(some),
            "hours": float(np.nansum(some["done_hours"].to_numpy(np.float64))),
            "first": some["at"].min().date().isoformat(),
            "last": some["at"].max().date().isoformat(),
        }
        for kind in map(str, events["kind"].drop_duplicates())
        for some in [events[events["kind"] == kind]]
    ]
    frame = pd.DataFrame(rows, columns=["what", "count", "hours", "first", "last"])
    sheet = Sheet("happened", lang)
    sheet.add("what", "text", frame["what"].to_list())
    sheet.add("count", "number", frame["count"].to_numpy(dtype=float))
    sheet.add("hours", "number", frame["hours"].to_numpy(dtype=float), 1)
    sheet.add("first", "id", frame["first"].to_list())
    sheet.add("last", "id", frame["last"].to_list())
    return sheet.table()


def describe_rebalance(news: News, lang: str = "") -> dict[str, Any]:
    """rebalance.json: the answer, its numbers, the curve and every change, for other programs."""
    found = news.rebalance
    names = [move.customer_ids[0] for move in found.moves]
    return {
        "as_of": found.state.as_of.isoformat(),
        "worthwhile": found.worthwhile,
        "sentence": found.sentence(lang),
        "certificate": found.certificate(lang),
        "plan_certificate": found.plan_certificate(lang),
        "moves": found.n_moves,
        "placed": found.n_placed,
        "max_moves": found.max_moves,
        "gain_hours": _hours(found.gain),
        "cost_hours": _hours(found.cost),
        "objective_before": _hours(found.before.objective),
        "objective": _hours(found.result.objective),
        "aimed": _hours(found.aimed),
        "hurdle": found.hurdle,
        "calm": found.calm,
        "hard_broken_before": len(found.before.hard_violations),
        "hard_broken": len(found.result.score.hard_violations),
        "local_bound": None if found.local_bound is None else _hours(found.local_bound),
        "taking_part": found.problem.rep_ids[found.taking_part].tolist(),
        "frozen": int(found.state.freezes["customer_id"].nunique()),
        "events": len(found.state.events),
        "seconds": round(found.seconds, 3),
        "curve": [
            {
                "allowed": point.allowed,
                "moves": point.moves,
                "objective": _hours(point.aimed),
                "handover_hours": round(point.handover_hours, 3),
                "bound": None if point.bound_hours is None else round(point.bound_hours, 3),
                "hard_broken": len(point.score.hard_violations),
                "outside": point.outside,
                "deviation": round(point.deviation, 6),
                "knee": point.knee,
                "proposed": point is found.chosen,
            }
            for point in found.curve
        ],
        "changes": [
            {
                "customers": list(move.customer_ids),
                "from": move.giver,
                "to": move.to_rep,
                "code": move.code,
                "sentence": move.sentence(lang),
                "gain_hours": _hours(move.gain),
                "needed_hours": _hours(move.needed),
                "handover_hours": _hours(move.handover),
                "chain": move.chain,
                "chain_gain_hours": _hours(move.chain_gain),
                "because_of": None if move.because_of is None else names[move.because_of],
            }
            for move in found.moves
        ],
        "recipe": None if found.recipe is None else _describe_recipe(found.recipe),
        "added": [event.model_dump(mode="json", exclude_none=True) for event in found.added],
        "cover": None if found.covering is None else _describe_cover(found.covering),
        "later_events": len(found.state.later),
        "state_hash": found.state.case.input_hash,
    }


def _describe_recipe(recipe: Recipe) -> dict[str, Any]:
    told = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in vars(recipe).items()
    }
    return {"kind": type(recipe).__name__.lower()} | told


def _describe_cover(covering: Covering) -> dict[str, Any]:
    """Who stands in from when to when, customer by customer and task by task."""
    customers = covering.customers.astype(object).where(covering.customers.notna(), None)
    return {
        "rep_id": covering.rep_id,
        "starts": covering.starts.isoformat(),
        "ends": covering.ends.isoformat(),
        "weeks": list(covering.weeks),
        "customers": customers.round({"hours": 3}).to_dict("records"),
        "tasks": covering.tasks[["task_id", "customer_id", "rep_id"]].to_dict("records"),
    }


def _hours(units: int) -> float:
    return int(units) / UNITS_PER_HOUR
