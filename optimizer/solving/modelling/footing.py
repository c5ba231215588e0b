"""Footing: what one run leaves for the next, of a problem that differs from it only in what things cost.

The arcs and rows of the model are the same then, and so is what they add up to: only costs are written anew. And since
the bound of prices is a concave function of the prices and of all costs together, a mixture of prices that are good
for several problems is good for the problem with the mixture of their costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.plan import UNSERVED
from optimizer.problem import Floats, Ints, Problem
from optimizer.solving.modelling.model import Model, label_arcs, list_row_prices


@dataclass(frozen=True, eq=False)
class Footing:
    """The model of a problem, and prices ``dual`` [rows, as tightened] found for it; zero: none that would help."""

    problem: Problem
    model: Model
    dual: Floats


def mix(footings: Sequence[Footing], shares: Floats) -> Footing:
    """A footing between several of one family, by their ``shares``; of different models that of the largest."""
    most = footings[int(np.argmax(shares))]
    alike = [k for k, footing in enumerate(footings) if len(footing.dual) == len(most.dual)]
    if len(alike) < len(footings):
        return most
    dual = np.sum([share * footings[k].dual for k, share in zip(alike, shares, strict=True)], axis=0)
    return replace(most, dual=dual)


def reprice_model(footing: Footing, problem: Problem) -> Model:
    """The model of ``problem``, which differs from the footing's in hand-over, price of the unserved and of rows only.

    Exactly what ``build_model`` would make of it, in a fraction of the time.
    """
    model, before = footing.model, footing.problem
    unit, nobody = model.unit_of_customer, model.rep == UNSERVED
    handover, unserved = problem.handover - before.handover, problem.unserved - before.unserved
    owned = np.flatnonzero(problem.owner != UNSERVED)
    leaving, out = (_sum(unit[at], change[at], model.n_units) for at, change in (
        (owned, handover), (np.arange(problem.n_customers), unserved),
    ))  # fmt: skip
    cost = model.cost + np.where(nobody, out[model.unit], leaving[model.unit])
    # who stays is not handed over
    label = label_arcs(problem.n_reps, model.unit, model.rep)
    stays = label_arcs(problem.n_reps, unit[owned], problem.owner[owned])
    at = np.minimum(np.searchsorted(label, stays), len(label) - 1)
    here = label[at] == stays
    np.subtract.at(cost, at[here], handover[owned[here]])
    num, den = list_row_prices(problem, model.place)
    return replace(model, cost=cost, num=num, den=den)


def _sum(place: Ints, amount: Ints, size: int) -> Ints:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, place, amount)
    return total
