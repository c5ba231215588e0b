"""Tightening: customers larger than a limit, said so that prices see what every whole plan pays for them.

A customer of three times the upper end of a corridor breaks it wherever it goes, by twice the end at least. Cut in
three it would fit three reps, and prices believe that it may be cut. So such an arc fills its row exactly, and what it
is beyond stands in its own cost; where everybody keeps a lower end, no arc counts for more than that end. For whole
units this says the same as before. The prices and the bound are found on it, plans are made and judged on the model as
it is. Why it holds: docs/explanation/bound-and-prices.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.modelling.model import Model

MOST = 2_000  # arcs of large customers that are worth a look of their own


@dataclass(frozen=True, eq=False)
class Tight:
    """A model that says another one tightly, arc by arc the same."""

    model: Model
    row: Ints  # [rows of the model] which row of the other each speaks for
    large: Ints  # arcs of units that are larger than an upper end with most reps, if they are few

    @staticmethod
    def of(model: Model) -> Tight:
        """A model as it is."""
        return Tight(model, np.arange(len(model.low)), np.empty(0, dtype=np.int64))

    def merge(self, dual: Floats, n_rows: int) -> Floats:
        """Prices of the other model's rows, [n_rows], from those of this one: both ends of a row in one number."""
        return np.bincount(self.row, dual, minlength=n_rows).astype(np.float64)


def tighten(model: Model) -> Tight:
    """The same model said tightly; itself where no arc is larger than an end of one of its rows.

    No choice of arcs costs more than in ``model``, and less by rounding alone: below a milli-hour for each arc that is
    larger than the upper end of a row. An arc larger than a hard upper end carries a breach.
    """
    largest, positive = _look_at_rows(model)
    may = positive & (model.low <= model.high)
    upper = may & (largest > model.high) & (model.high >= 0)
    lower = may & (largest > model.low) & (model.low > 0)
    itself = np.arange(len(model.low))
    if not upper.any() and not lower.any():
        return Tight.of(model)
    tight, charged = _charge_arcs(model, upper)
    split = np.flatnonzero(lower & np.isfinite(model.high))
    above, below = tight.by_arc.copy(), tight.by_arc[:, split]
    cut = np.where(upper, model.high, np.where(lower & ~np.isfinite(model.high), model.low, np.inf))
    np.minimum(above.data, cut[above.indices], out=above.data)
    np.minimum(below.data, model.low[split][below.indices], out=below.data)
    by_arc = sp.csr_array(sp.hstack([above, below], format="csr"))
    by_arc.eliminate_zeros()
    row = np.concatenate([itself, split])
    low, high = model.low[row], model.high[row]
    low[split] = -np.inf
    high[len(itself) :] = np.inf
    limits = {name: getattr(model, name)[row] for name in ("num", "den", "hard", "place")}
    return Tight(
        replace(tight, by_arc=by_arc, low=low, high=high, **limits), row, _find_large(model, charged)
    )


def _look_at_rows(model: Model) -> tuple[Floats, Bools]:
    """The largest entry of each row, and whether none is below zero."""
    largest, positive = np.zeros(len(model.low)), np.ones(len(model.low), dtype=np.bool_)
    np.maximum.at(largest, model.by_arc.indices, model.by_arc.data)
    positive[model.by_arc.indices[model.by_arc.data < 0]] = False
    return largest, positive


def _find_large(model: Model, charged: Ints) -> Ints:
    """All arcs of units that are too large for most of their reps, unless there are very many."""
    often = np.bincount(model.unit[charged], minlength=model.n_units)
    large = np.flatnonzero((2 * often > np.diff(model.first) - 1)[model.unit])
    return large if len(large) <= MOST else large[:0]


def _charge_arcs(model: Model, upper: Bools) -> tuple[Model, Ints]:
    """The model in which arcs pay by themselves for what they are beyond the ``upper`` ends of rows; these arcs."""
    row, data = model.by_arc.indices, model.by_arc.data
    entry = np.flatnonzero(upper[row] & (data > np.where(upper, model.high, np.inf)[row]))
    arc = np.searchsorted(model.by_arc.indptr, entry, side="right") - 1
    row = row[entry]
    beyond = np.rint(data[entry] - model.high[row]).astype(np.int64)
    charge = beyond * model.num[row] // model.den[row]
    hard = model.hard[row]
    cost, breach = model.cost.copy(), model.breach.copy()
    np.add.at(cost, arc[~hard], charge[~hard])
    np.add.at(breach, arc[hard], np.maximum(charge[hard], 1))
    return replace(model, cost=cost, breach=breach), np.unique(arc)
