"""Suspects: limits among which adding up says that there is a conflict, before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from optimizer.certain import Certain, find_certain
from optimizer.explaining.conflicts.breaking import find_touched
from optimizer.explaining.conflicts.holding import PLACES
from optimizer.explaining.limits.lifting import RECORDS, Limit
from optimizer.problem import Problem


def list_suspects(problem: Problem, every: Sequence[Limit]) -> Iterator[list[Limit]]:
    """Limits among which adding up says that there is a conflict; then with those that one customer may break alone."""
    high = [x for x in every if x.kind in ("capacity", "corridor_high", "count_high")]
    for found in find_certain(problem):
        if found.code == "nobody":
            continue
        places = set(found.reps.tolist())
        rows = [x for x in every if (x.kind, x.number) == (found.kind, found.number) and x.rep in places]
        rows = _drop_spare(problem, found, rows)
        others = _list_touching(problem, every, found)
        yield [*others, *rows]
        yield [*others, *dict.fromkeys([*rows, *high])]


def _drop_spare(problem: Problem, found: Certain, rows: list[Limit]) -> list[Limit]:
    """Without minimums that the others are too much without."""
    if found.code != "least":
        return rows
    ends = (problem.counts if found.kind == "count_low" else problem.corridors)[found.number].low
    spare, left = found.asked - found.there, []
    for row in sorted(rows, key=lambda row: int(ends[row.rep])):
        if int(ends[row.rep]) < spare:
            spare -= int(ends[row.rep])
        else:
            left.append(row)
    return sorted(left, key=lambda row: row.rep)


def _list_touching(problem: Problem, every: Sequence[Limit], found: Certain) -> list[Limit]:
    """The limits besides those of reps that have to do with what is certain."""
    inside = set(found.customers.tolist())
    whole = found.code == "least"  # whoever is not among the customers is kept away by a limit, too
    return [
        limit
        for limit in every
        if limit.kind not in PLACES
        and (limit.kind != "coverage" or inside & set(limit.customers))
        and (whole or limit.kind not in RECORDS or inside & set(find_touched(problem, limit).tolist()))
    ]
