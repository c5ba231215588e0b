"""Repairs: ways out of a conflict, each tried by solving the problem with it, the cheapest first.

The price of a way is what the best plan found beyond it costs, with the hours it asks for; where the problem is large,
all ways are searched alike, with a fiftieth of the effort, and each says what it costs at least. Tried are, in this
order: what could be done about each limit alone, constraints at a price, two changes together, and in the end the last
resorts, which always exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product

import numpy as np

from optimizer.explaining.conflicts.conflict_sets import choose_release, list_setting
from optimizer.explaining.conflicts.giving_way import Offer, give_way
from optimizer.explaining.conflicts.holding import PLACES
from optimizer.explaining.conflicts.last_resorts import list_last_resorts
from optimizer.explaining.conflicts.offers import list_offers
from optimizer.explaining.conflicts.shrinking import FEW, Conflict
from optimizer.explaining.conflicts.sparing import Sparing
from optimizer.explaining.conflicts.trying import Ground, WayOut, apply_without, try_offer
from optimizer.explaining.limits import changes as change
from optimizer.explaining.limits.changes import Change
from optimizer.explaining.limits.lifting import Limit
from optimizer.plan import Plan
from optimizer.problem import Floats, Problem

ENOUGH = 3  # ways out, before the constraint itself is put up for a price
SOLVED = 24  # ways of conflicts that are searched where the problem is large
LARGE = 200_000  # pairs of customer and rep from which it is
ALWAYS_HARD = ("lock", "pair", "group")  # limits that have no price
TWOS = 6  # pairs of changes tried together
FIRST = {*change.DROPS, "excuse", "permit", "train"}  # after which limits of reps may have to give way, too
JOINT = 12  # sets of changes tried for several conflicts at once


def find_ways_out(
    problem: Problem,
    conflicts: Sequence[Conflict],
    plan: Plan,
    *,
    rates: Floats | None = None,
    most: int = 5,
) -> list[WayOut]:
    """Up to ``most`` ways out of all ``conflicts`` at once, the cheapest first; three at least.

    After the changes of any one of them everything holds. ``plan``: the best effort, from which the last resorts are
    made where others are fewer than three. ``rates`` [R] (``build_hour_rates``) let hours be told by the week.
    """
    found: list[list[WayOut]] = []
    for at, conflict in enumerate(conflicts):
        others = [
            limit
            for k, other in enumerate(conflicts)
            if k != at
            for limit in choose_release(problem, other, conflict.limits)
        ]
        ground = Ground(problem, conflict.limits, others, [plan])
        if ground.hopeless:  # more causes than were looked for: only what is done about all of them leads out
            found.append([])
            break
        found.append(_find_ways(ground, conflict, rates, most, SOLVED // len(conflicts)))
    whole = Ground(problem, plans=[plan])
    sparing = Sparing(problem)
    ways: list[WayOut] = found[0] if len(conflicts) == 1 else _join_ways(whole, sparing, found, most)
    known = {frozenset(way.changes) for way in ways}
    for offer in list_last_resorts(sparing, conflicts, plan, rates) if len(ways) < ENOUGH else ():
        if offer.changes and frozenset(offer.changes) not in known:
            known.add(frozenset(offer.changes))
            way = try_offer(whole, offer)
            ways += [] if way is None else [way]
        if len(ways) >= ENOUGH:
            break
    return sorted(ways, key=lambda way: (way.price, len(way.changes)))


def _join_ways(ground: Ground, sparing: Sparing, own: Sequence[Sequence[WayOut]], most: int) -> list[WayOut]:
    """Ways out of all conflicts at once: of each the cheapest of its own ways; then without one change after the other
    of those found so (as Lawler 1972 lists the best answers). None where a conflict has no way of its own.
    """  # fmt: skip
    found: dict[frozenset[Change], WayOut] = {}
    waiting: list[frozenset[Change]] = [frozenset()]
    for _ in range(JOINT):
        if not waiting or len(found) >= most:
            break
        banned = waiting.pop(0)
        chosen = [next((way for way in ways if not banned & set(way.changes)), None) for ways in own]
        if any(way is None for way in chosen):
            continue
        whole = list(dict.fromkeys(c for way in chosen if way for c in way.changes))
        fewer = sparing.spare(whole, plans=[way.plan for way in (*chosen, *found.values()) if way])
        way = found.get(frozenset(fewer.changes)) or try_offer(ground, fewer)
        if way is not None:
            found[frozenset(fewer.changes)] = way
            waiting += [banned | {one} for one in fewer.changes]
    return list(found.values())


def _find_ways(
    ground: Ground, conflict: Conflict, rates: Floats | None, most: int, work: int
) -> list[WayOut]:
    """Ways out of one conflict, the cheapest first; of a large problem ``work`` at most are searched."""
    problem = ground.problem
    found: dict[tuple[Change, ...], WayOut] = {}

    def offer(offers: Iterable[Offer], until: int) -> None:
        for some in offers:
            key = tuple(some.changes)
            if len(found) >= until:
                return
            if key and key not in found:
                way = try_offer(ground, some)
                if way is not None:
                    found[key] = way

    single = list(list_offers(ground, conflict, rates))
    large = problem.n_customers * problem.n_reps >= LARGE
    offer(_mix(single), until=min(work, len(single)) if large else len(single))
    offer(_list_prices(problem, conflict), until=ENOUGH)
    offer(_combine(problem, single, conflict, ground.others, rates), until=ENOUGH)
    return sorted(found.values(), key=lambda way: (way.price, len(way.changes)))[:most]


def _mix(offers: Sequence[Offer]) -> list[Offer]:
    """Offers so that each kind of change has its turn before one comes a second time."""
    met: dict[str, int] = {}
    turn = []
    for some in offers:
        code = some.changes[0].code if some.changes else ""
        met[code] = met.get(code, 0) + 1
        turn.append(met[code])
    return [offers[k] for k in sorted(range(len(offers)), key=lambda k: turn[k])]


def _list_prices(problem: Problem, conflict: Conflict) -> Iterator[Offer]:
    """Constraints put up for a price, corridors done without, customers let go with their locks."""
    seen = set()
    for limit in conflict.limits:
        if limit.kind in (*ALWAYS_HARD, "coverage"):
            continue
        one = change.put_price(problem, limit)
        if (one.code, one.number) not in seen:
            seen.add((one.code, one.number))
            yield Offer([one])
            if one.code == "price_corridor":
                yield Offer([change.drop_corridor(problem, limit.number)])
    held = [x for x in conflict.limits if x.kind == "lock" and problem.lock_forces[x.number]]
    if held:
        customers = np.unique(problem.lock_customer[[x.number for x in held]])
        yield Offer([*(change.drop(problem, x) for x in held), change.excuse(problem, customers)])


def _combine(
    problem: Problem,
    single: Sequence[Offer],
    conflict: Conflict,
    others: Sequence[Limit],
    rates: Floats | None,
) -> Iterator[Offer]:
    """Something that could be done, and what limits of reps must then give way besides: where neither is enough."""
    settings = dict.fromkeys((x.kind, x.number) for x in conflict.limits if x.kind in PLACES)
    firm = [some.changes for some in single if some.changes and all(c.code in FIRST for c in some.changes)]
    left_out = [i for x in conflict.limits for i in x.customers]
    if 0 < len(left_out) <= FEW:
        firm = [[change.excuse(problem, np.array(sorted(left_out)))], *firm]
    for changes, (kind, number) in islice(product(firm, settings), TWOS):
        after = apply_without(problem, changes, others)
        rows = [x for x in list_setting(after, Limit(kind, number)) if x.kind == kind]
        more = give_way(after, rows, (), rates) if rows else Offer([])
        if more.changes:
            yield Offer([*changes, *more.changes], more.plan)
