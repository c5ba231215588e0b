"""Which events count: known, possible on their day, not in contradiction with one another; the rest are findings."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from optimizer.case import Case
from optimizer.findings import Finding
from optimizer.messages import Phrase
from optimizer.problem import Bools
from optimizer.progress import ROW, TABLE
from optimizer.rebalancing.replay.calendar import first_day
from optimizer.rebalancing.replay.people import is_among
from optimizer.records import positions_of

MOST_TOLD = 1000  # findings of one code; the rest is counted
MOST_HINTS = 20  # looking for a name that is alike takes a moment
WORK = ("task_done", "task_hours", "customer_hours", "revenue_booked")
TASK_KINDS = ("task_done", "task_late", "task_skipped", "task_hours")
CLOSING = ("task_done", "task_skipped")


def take_events(events: pd.DataFrame, case: Case, tasks: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The events that count, in their order, with columns ``task`` (row of ``tasks``, -1: none) and ``customer_id``
    and ``rep_id`` filled for tasks; and a finding for each that does not.

    ``events`` are united and happened already. ``tasks``: every task known to the records or the plan, with
    task_id, customer_id and status.
    """  # fmt: skip
    taker = _Taker(events, case)
    taker.check_days()
    taker.check_tiers()
    taker.check_reps()
    taker.find_tasks(tasks)
    taker.check_customers()
    taker.check_closings(tasks)
    return taker.events, taker.listed()


class _Taker:
    """Sifts the events test by test; each test sees what the ones before it left."""

    def __init__(self, events: pd.DataFrame, case: Case) -> None:
        self.events, self.case = events, case
        self.found: list[Finding] = []
        self.counts: dict[tuple[str, str | None], int] = {}
        self.hinted = 0

    def refuse(self, where: Any, code: str, column: str | None, details: Any = None) -> None:
        """Leave out the events ``where`` says, each with a finding; ``details``: its gaps from an event."""
        self.warn(where, code, column, details)
        if np.any(where):
            self.events = self.events[~np.asarray(where, dtype=bool)].reset_index(drop=True)

    def warn(self, where: Any, code: str, column: str | None, details: Any = None) -> None:
        """A finding for each event ``where`` says; past ``MOST_TOLD`` of a code they are only counted."""
        if not np.any(where):
            return
        told = self.events[np.asarray(where, dtype=bool)]
        before = self.counts.get((code, column), 0)
        self.counts[code, column] = before + len(told)
        for event in told.head(max(MOST_TOLD - before, 0)).to_dict("records"):
            value = None if column is None else _plain(event[column])
            gaps = {} if details is None else details(event)
            value = gaps.pop("value", value)
            self.found.append(Finding(code, "warning", TABLE, int(event[ROW]), column, value, gaps))

    def listed(self) -> list[Finding]:
        """All findings, with the counts of those that are not told one by one."""
        more = [
            Finding("and_more", "warning", TABLE, None, column, None, {"count": n - MOST_TOLD, "of": code})
            for (code, column), n in self.counts.items()
            if n > MOST_TOLD
        ]
        return self.found + more

    def hint(self, value: Any, known: Any) -> str | Phrase:
        """For the first few unknown names what was probably meant."""
        self.hinted += 1
        listed = [str(name) for name in list(known[:2000])] if self.hinted <= MOST_HINTS else []
        found = get_close_matches(str(value), listed, n=1, cutoff=0.6)
        return Phrase("hint.is_near", {"near": found[0]}) if found else ""

    def of(self, *kinds: str) -> Bools:
        """Which events are of these kinds."""
        mine: Bools = self.events["kind"].isin(kinds).to_numpy(dtype=bool)
        return mine

    def check_days(self) -> None:
        """Work before the horizon belongs to another one; a span must not end before it begins."""
        start = first_day(self.case.scenario)
        early = self.of(*WORK) & (self.events["at"] < start).to_numpy()
        day = start.date().isoformat()
        self.refuse(early, "event_before_horizon", "at", lambda _: {"start": day})
        events = self.events
        first = events["starts"].where(events["starts"].notna(), events["at"])
        backwards = self.of("rep_absent") & (events["ends"] < first).to_numpy()
        self.refuse(
            backwards,
            "event_backwards",
            "ends",
            lambda e: {"start": _plain(e["starts"] if pd.notna(e["starts"]) else e["at"])},
        )

    def check_tiers(self) -> None:
        """Tiers must be the scenario's; stages too, else they freeze nothing."""
        scenario = self.case.scenario
        for kinds, column, known, code in (
            (("customer_won", "customer_retiered"), "tier", tuple(scenario.tiers), "event_tier"),
            (
                ("opportunity_stage",),
                "stage",
                scenario.freeze.stages + scenario.freeze.closed_stages,
                "event_stage",
            ),
        ):
            said = self.events[column]
            wrong = self.of(*kinds) & said.notna().to_numpy() & ~said.isin(known).to_numpy()

            def explain(event: Any, column: str = column, known: tuple[str, ...] = known) -> dict[str, Any]:
                return {"hint": self.hint(event[column], known), "choices": ", ".join(known)}

            if code == "event_tier":
                self.refuse(wrong, code, column, explain)
            else:
                self.warn(wrong, code, column, explain)

    def check_reps(self) -> None:
        """Whoever is spoken of is a rep: of the records, or joined by now; and has not left before."""
        here = self.case.records.reps["rep_id"]
        events = self.events
        moves = self.of("rep_joins", "rep_leaves")
        coming = events["kind"].eq("rep_joins").where(moves)
        before = _state_before(events["rep_id"], coming, here)
        again = self.of("rep_joins") & before
        self.refuse(
            again,
            "event_repeated",
            "rep_id",
            lambda e: {"how": "here", "day": _day(self.case.scenario.horizon.start)},
        )
        events = self.events
        joined = events["rep_id"][self.of("rep_joins")]
        named = events["rep_id"].notna().to_numpy()
        known = is_among(events["rep_id"], pd.concat([here, joined]))
        self.refuse(
            named & ~known, "event_unknown", "rep_id", lambda e: {"hint": self.hint(e["rep_id"], here)}
        )
        self.check_left()

    def check_left(self) -> None:
        """Work after somebody's last day."""
        events = self.events
        leaves = self.of("rep_leaves")
        last_day = events["ends"].where(events["ends"].notna(), events["at"] - pd.Timedelta(days=1))
        # The last word about each rep: leaving, unless a joining came after it.
        moves = events[leaves | self.of("rep_joins")].assign(last=last_day)
        final = moves.drop_duplicates("rep_id", keep="last")
        gone = final[final["kind"] == "rep_leaves"].set_index("rep_id")["last"]
        left = gone.reindex(pd.Index(events["rep_id"])).to_numpy()
        late = self.of(*WORK) & (events["at"].to_numpy() > left)

        def explain(event: Any) -> dict[str, str]:
            return {"how": "gone", "day": _plain(gone[event["rep_id"]])}

        self.refuse(late, "event_after_end", "rep_id", explain)

    def find_tasks(self, tasks: pd.DataFrame) -> None:
        """Look up every task, and whose it is."""
        events = self.events
        at = positions_of(tasks["task_id"], events["task_id"])
        unknown = self.of(*TASK_KINDS) & (at < 0)
        self.events = events.assign(task=at)
        self.refuse(
            unknown, "event_unknown", "task_id", lambda e: {"hint": self.hint(e["task_id"], tasks["task_id"])}
        )
        customer = np.append(tasks["customer_id"].to_numpy(dtype=object), [None])[self.events["task"]]
        mine = self.of(*TASK_KINDS)
        named = self.events["customer_id"].to_numpy(dtype=object)
        self.events["customer_id"] = pd.Series(np.where(mine, customer, named), dtype="str")

    def check_customers(self) -> None:
        """Whoever is spoken of is a customer on that day: not yet lost, and won if not of the records."""
        here = self.case.records.customers["customer_id"]
        events = self.events
        moves = self.of("customer_won", "customer_lost")
        coming = events["kind"].eq("customer_won").where(moves)
        before = _state_before(events["customer_id"], coming, here)
        absent = events["customer_id"].notna().to_numpy() & ~before & ~self.of("customer_won")
        if not absent.any():
            return
        losses = events[self.of("customer_lost") & before]
        lost = losses.drop_duplicates("customer_id").set_index("customer_id")["at"]
        was = events["customer_id"].isin(lost.index).to_numpy()
        day = lost.reindex(pd.Index(events["customer_id"])).to_numpy()
        after = absent & was & (day <= events["at"].to_numpy())
        unknown = absent & ~after
        repeated = after & self.of("customer_lost")

        def explain(event: Any) -> dict[str, str]:
            return {"how": "lost", "day": _plain(lost[event["customer_id"]])}

        self.warn(
            unknown, "event_unknown", "customer_id", lambda e: {"hint": self.hint(e["customer_id"], here)}
        )
        self.warn(repeated, "event_repeated", "customer_id", explain)
        self.warn(after & ~repeated, "event_after_end", "customer_id", explain)
        self.events = events[~absent].reset_index(drop=True)

    def check_closings(self, tasks: pd.DataFrame) -> None:
        """A task is done or skipped once, and nothing happens to it afterwards."""
        events = self.events
        mine = self.of(*TASK_KINDS)
        if not mine.any():
            return
        closed = np.append(tasks["status"].isin(["done", "cancelled"]).to_numpy(), False)[events["task"]]
        closing = pd.Series(self.of(*CLOSING).astype(np.int64))
        earlier = closing.groupby(events["task"].to_numpy()).cumsum() - closing
        over = mine & (closed | (earlier > 0).to_numpy())
        first = events[self.of(*CLOSING)].drop_duplicates("task").set_index("task_id")

        def explain(event: Any) -> dict[str, str]:
            known = event["task_id"] in first.index and not closed_ids[event["task_id"]]
            how = str(first.loc[event["task_id"], "kind"]).removeprefix("task_") if known else "closed"
            day = _plain(first.loc[event["task_id"], "at"]) if known else _day(start)
            return {"how": how, "day": day}

        start = self.case.scenario.horizon.start
        closed_ids = dict(zip(events["task_id"][over], closed[over], strict=True))
        self.refuse(over, "event_repeated", "task_id", explain)


def _state_before(ids: pd.Series[Any], coming: pd.Series[Any], here: pd.Series[Any]) -> Bools:
    """Whether whoever each event speaks of was there before it, [E].

    ``coming``: True where the event brings it, False where it takes it away, missing for other events; rows in order of
    time. ``here``: who is there at the beginning.
    """
    moves = coming.notna().to_numpy(dtype=bool)
    there = is_among(ids, here)
    if not moves.any():
        return there
    rows = np.flatnonzero(is_among(ids, ids[moves]))  # of all others nothing ever changes
    name, state = ids.iloc[rows].to_numpy(dtype=object), coming.iloc[rows].astype("float64")
    last = state.groupby(name, dropna=False).ffill()
    before = last.groupby(name, dropna=False).shift().to_numpy()
    there[rows] = np.where(np.isnan(before), there[rows], before > 0)
    return there


def _plain(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _day(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
