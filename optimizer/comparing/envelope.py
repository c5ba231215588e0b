"""Envelope: what is proved of the best plan at rates nobody planned at, from what was proved at others.

What the best plan costs is a concave and growing function of the rates: each plan's cost is linear in them with factors
that are never negative, and the best is the least of all. So a mixture of rates, none above those asked for, costs at
least the mixture of what was proved (Geoffrion 1974; the outer side of a sandwich: Rennen, van Dam, den Hertog 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from optimizer.comparing.trading import Rates
from optimizer.problem import Floats

TINY = 1e-9


def mix_rates(known: Sequence[Rates], bounds: Sequence[float], at: Rates) -> tuple[float, Floats]:
    """The best bound of any mixture of known rates that is not above ``at``, and the shares in it [known].

    Minus infinity and no shares where there is none. At most three have a share: all triples are tried, of rates and of
    what may be left over of either.
    """
    count = len(known)
    column = np.zeros((count + 2, 3))
    for k, rates in enumerate(known):
        column[k] = rates.balance, rates.move, 1.0
    column[count, 0] = column[count + 1, 1] = 1.0
    value = np.append(np.array(bounds, dtype=float), (0.0, 0.0))
    wanted = np.array([at.balance, at.move, 1.0])
    best, shares = -np.inf, np.zeros(count)
    triples = np.array(list(combinations(range(count + 2), 3)), dtype=np.int64).reshape(-1, 3)
    system = column[triples].transpose(0, 2, 1)
    regular = np.abs(np.linalg.det(system)) > TINY
    part = np.linalg.solve(system[regular], np.broadcast_to(wanted[:, None], (int(regular.sum()), 3, 1)))[
        ..., 0
    ]
    for triple, share in zip(triples[regular], part, strict=True):
        if (share < -TINY).any():
            continue
        mixed = np.zeros(count + 2)
        mixed[triple] = np.maximum(share, 0.0)
        if not mixed[:count].any():
            continue
        mixed[:count] /= mixed[:count].sum()
        if (bound := float(mixed @ value)) > best:
            best, shares = bound, mixed[:count]
    return best, shares
