"""Whether customers are visited as their cadence asks: on track, due, overdue, never."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.rebalancing.replay.calendar import first_day
from optimizer.rebalancing.replay.state import Evening

STATUSES = ("on_track", "due", "overdue", "never")
LATE = ("overdue", "never")


def judge_coverage(state: Evening) -> pd.DataFrame:
    """A row for each customer who is here and has visits planned.

    Columns: customer_id, owner, tier, last_visit, days (since the last visit; without one since the horizon began or
    the customer was won), gap_days (the ideal gap: the tier's, else the horizon over the visits planned), visits_made,
    planned_visits, status: ``on_track``; ``due`` from ``watch.due_gap`` ideal gaps on; ``overdue`` from
    ``watch.overdue_gap`` on; ``never``: as long without any visit. Who has had all visits is on track.
    """
    scenario, customers = state.case.scenario, state.customers
    asked = customers[customers["here"] & (customers["planned_visits"] > 0)]
    start, length = first_day(scenario), 7 * scenario.horizon.weeks
    begin = asked["won_on"].where(asked["won_on"] > start, start)
    since = asked["last_visit"].where(asked["last_visit"].notna(), begin)
    days = np.asarray((pd.Timestamp(state.as_of) - since).dt.days, dtype=np.float64)
    first = np.asarray((begin - pd.Series(start, index=begin.index)).dt.days, dtype=np.float64)
    wished = {name: tier.gap_weeks for name, tier in scenario.tiers.items() if tier.gap_weeks is not None}
    own = 7 * asked["tier"].map(wished).to_numpy(np.float64)
    spread = np.maximum(length - first, 1.0) / np.maximum(asked["planned_visits"].to_numpy(), 1.0)
    gap = np.where(np.isnan(own), spread, own)
    late = np.where(asked["remaining_visits"] > 0, days / gap, 0.0)
    watch = scenario.watch
    status = np.select(
        [
            (late > watch.overdue_gap) & asked["last_visit"].isna().to_numpy(),
            late > watch.overdue_gap,
            late > watch.due_gap,
        ],
        ["never", "overdue", "due"],
        "on_track",
    )
    frame = asked[["customer_id", "owner", "tier", "last_visit"]].assign(days=days, gap_days=gap)
    frame = frame.assign(
        visits_made=asked["visits_made"], planned_visits=asked["planned_visits"], status=status
    )
    return frame.reset_index(drop=True)


def overdue_share(coverage: pd.DataFrame) -> float:
    """Share of customers that are overdue or were never visited when they should have been."""
    return float(coverage["status"].isin(LATE).mean()) if len(coverage) else 0.0
