"""Where every territory stands in every corridor, for the work and the days that are left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.building import build_balance
from optimizer.rebalancing.replay.state import Evening


def watch_corridors(state: Evening) -> pd.DataFrame:
    """A row for each corridor and rep of ``state.case`` with its present customers.

    Columns: corridor (its number in the scenario), measure, rep_id, value, target, low, high, strain (distance from the
    target : distance of the edge on that side from it; above 1 is outside), outside. A rep without a target has
    no strain as long as nothing is there.
    """
    balance, reps = build_balance(state.case), state.case.records.reps["rep_id"].to_numpy(dtype=object)
    parts = []
    for number, corridor in enumerate(balance.corridors):
        measure = balance.measures[corridor.measure]
        owned = balance.owner >= 0
        value = np.bincount(balance.owner[owned], measure.size[owned], minlength=len(reps))
        # The edges are rounded to whole units: half a unit is no strain.
        width = np.where(
            value > corridor.target, corridor.high - corridor.target, corridor.target - corridor.low
        )
        width = np.maximum(width, 0.5)
        outside = (value > corridor.high) | (value < corridor.low)
        if measure.name == "hours" and not balance.capacity.any():  # the horizon is over
            outside[:] = False
        strain = np.abs(value - corridor.target) / width
        strain = np.where(outside, np.maximum(strain, 1.0 + 1e-9), np.minimum(strain, 1.0))
        parts.append(
            pd.DataFrame(
                {
                    "corridor": number,
                    "measure": measure.name,
                    "rep_id": reps,
                    "value": value / measure.scale,
                    "target": corridor.target / measure.scale,
                    "low": corridor.low / measure.scale,
                    "high": corridor.high / measure.scale,
                    "strain": strain,
                    "outside": outside,
                }
            )
        )
    columns = ["corridor", "measure", "rep_id", "value", "target", "low", "high", "strain", "outside"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
