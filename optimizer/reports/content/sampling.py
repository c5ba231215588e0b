"""Which customers are drawn on a map that cannot hold them all: a fixed draw, the same for the same plan."""

from __future__ import annotations

import numpy as np

from optimizer.problem import Ints

SEED = 0


def draw_sample(candidates: Ints, most: int) -> Ints:
    """At most ``most`` of the ``candidates``, in their order; every one has the same chance."""
    if len(candidates) <= most:
        return candidates
    chosen: Ints = np.sort(np.random.default_rng(SEED).choice(candidates, most, replace=False))
    return chosen
