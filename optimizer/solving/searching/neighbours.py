"""Neighbours: reps that could take units from each other, and so are shaken or decided anew together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator

from optimizer.plan import UNSERVED
from optimizer.problem import Bools, Floats, Ints
from optimizer.solving.modelling.model import Model

SHAKEN = 4  # reps shaken together


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which reps are shaken together, and how much (``spread``, milli-hours)."""

    likely: sp.csr_array  # [R, R] how strongly reps share units they are near-equal candidates for
    spread: float

    @property
    def everybody(self) -> Ints:
        """All reps."""
        return np.arange(self.likely.shape[0])

    def pick(self, rng: Generator, centres: Ints, count: int = SHAKEN, without: Bools | None = None) -> Ints:
        """One of some reps and a few of those that share most with it, each as likely as it shares: ``count``.

        ``without`` [R]: reps that are not to be picked.
        """
        centre = int(rng.choice(centres))
        begin, end = self.likely.indptr[centre], self.likely.indptr[centre + 1]
        others, shared = self.likely.indices[begin:end], self.likely.data[begin:end]
        draw = 3 * np.log(shared) + rng.gumbel(size=len(shared))
        draw[others == centre] = -np.inf
        if without is not None:
            left = ~without[others]
            others, draw = others[left], draw[left]
        picked: Ints = np.append(centre, others[np.argsort(-draw, kind="stable")[: count - 1]]).astype(
            np.int64
        )
        picked = np.unique(picked)
        return picked


def find_neighbours(model: Model, regret: Floats) -> Neighbours:
    """Reps by the units they could take from each other."""
    served = model.rep != UNSERVED
    other = served & (regret > 0)
    mean = max(float(regret[other].mean()), 1.0) if other.any() else 1.0
    weight = 1.0 / (1.0 + regret[served] / (0.1 * mean))
    likes = sp.csr_array(
        (weight, (model.unit[served], model.rep[served])), shape=(model.n_units, model.n_reps)
    )
    return Neighbours(sp.csr_array(likes.T @ likes), 3 * mean)
