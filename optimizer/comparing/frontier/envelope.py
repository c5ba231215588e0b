"""Envelope: what is proved of the best plan at rates nobody planned at, from what was proved at others.

What the best plan costs is a concave and growing function of the rates: each plan's cost is linear in them with factors
that are never negative, and the best is the least of all. So a mixture of rates, none above those asked for, costs at
least the mixture of what was proved (Geoffrion 1974; the outer side of a sandwich: Rennen, van Dam, den Hertog 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from optimizer.comparing.frontier.trading import Rates
from optimizer.problem import Floats

TINY = 1e-9


def mix_rates(known: Sequence[Rates], bounds: Sequence[float], at: Rates) -> tuple[float, Floats]:
    """The best bound of any mixture of known rates that is not above ``at``, and the shares in it [known].

    Minus infinity and no shares where there is none. At most three have a share: all triples are tried, of rates and of
    what may be left over of either.
    """
    best, shares = mix_many(known, bounds, [at])
    return float(best[0]), shares[0]


def mix_many(known: Sequence[Rates], bounds: Sequence[float], at: Sequence[Rates]) -> tuple[Floats, Floats]:
    """The same for several rates at once: bounds [at], and shares [at, known]."""
    count, many = len(known), np.arange(len(at))
    column = np.array([(r.balance, r.move, 1.0) for r in known] + [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
    wanted = np.array([(r.balance, r.move, 1.0) for r in at])
    triples = np.array(list(combinations(range(count + 2), 3)), dtype=np.int64).reshape(-1, 3)
    system = column[triples].transpose(0, 2, 1)
    regular = np.abs(np.linalg.det(system)) > TINY
    triples = triples[regular]
    part = np.linalg.inv(system[regular]) @ wanted.T  # [triples, 3, at]
    fits = (part >= -TINY).all(axis=1)
    part = np.maximum(part, 0.0) * (triples < count)[:, :, None]
    total = part.sum(axis=1)
    fits &= total > 0
    part /= np.where(fits, total, 1.0)[:, None, :]
    value = np.append(np.array(bounds, dtype=float), (0.0, 0.0))[triples][:, :, None]
    paid = np.multiply(
        part, value, out=np.zeros_like(part), where=part > 0
    )  # nothing may be proved of one without
    bound = np.where(fits, paid.sum(axis=1), -np.inf)
    if not len(triples):
        return np.full(len(at), -np.inf), np.zeros((len(at), count))
    chosen = bound.argmax(axis=0)
    best = bound[chosen, many]
    shares = np.zeros((len(at), count + 2))
    np.put_along_axis(shares, triples[chosen], part[chosen, :, many], axis=1)
    return best, np.where(np.isfinite(best)[:, None], shares[:, :count], 0.0)
