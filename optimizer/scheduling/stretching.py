"""Too much work, shared by all: every interval between visits gets longer in the same proportion."""

from __future__ import annotations

import numpy as np

from optimizer.problem import Bools, Floats, Ints

FILL = 0.97  # of the hours left for visits: whole tasks never fill every week to the brim


def stretch_cadences(
    series: Ints, in_series: Ints, work: Ints, rep: Ints, capacity: Ints, tier: Ints, gap: Floats
) -> tuple[Bools, Floats]:
    """Visits to leave out, [T], and the longer ideal gaps, [S].

    ``series`` [T] ascending, ``in_series`` [T] visits asked for (0: a task given), ``work`` [T] milli-hours (0 where
    it is out of question), ``rep`` [S] who does it or -1, ``capacity`` [R], ``tier`` [S], ``gap`` [S].
    Tasks given stay. Where a rep's visits take more than the hours left, n visits become the share of n that fits,
    rounded so that shares add up along the rep's customers tier by tier; the last visits of a series are left out.
    """
    n_series, n_reps = len(gap), len(capacity)
    doer = rep[series]
    known, visits = doer >= 0, in_series > 0
    given = np.bincount(doer[known & ~visits], work[known & ~visits], n_reps)
    asked = np.bincount(doer[known & visits], work[known & visits], n_reps)
    share = np.clip((capacity * FILL - given) / np.maximum(asked, 1), 0, 1)
    share[asked == 0] = 1.0
    count = np.bincount(series[visits & (work > 0)], minlength=n_series)
    order = np.lexsort((np.arange(n_series), tier, rep))
    order = order[(count[order] > 0) & (rep[order] >= 0)]
    wanted = count[order] * share[rep[order]]
    total = np.cumsum(wanted)
    starts = np.flatnonzero(np.diff(rep[order], prepend=-1))
    before = np.repeat(total[starts] - wanted[starts], np.diff(np.append(starts, len(order))))
    total -= before
    kept = np.floor(total + 0.5) - np.floor(total - wanted + 0.5)
    keep = np.zeros(n_series, dtype=np.int64)
    keep[order] = np.where(share[rep[order]] < 1, kept, count[order]).astype(np.int64)
    first = np.searchsorted(series, np.arange(n_series))
    number = np.arange(len(series)) - first[series]
    stretched = np.where((keep > 0) & (keep < count), gap * count / np.maximum(keep, 1), gap)
    dropped: Bools = visits & known & (number >= keep[series])
    return dropped, stretched
