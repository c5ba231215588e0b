"""Choosing: which people stay on a smaller team, and where a larger one takes new ones (a capacitated p-median).

The present homes and the candidate places are the sites. One is dropped, or added, after the other, and then people
who are on the team change places with people who are not, as long as it gets better (drop: Feldman, Lehrer & Ray 1966;
interchange: Teitz & Bart 1968; looking only at the promising exchanges: Resende & Werneck 2007). What a team is worth
is a minimum-cost flow of hours from customers to the people on it, within everybody's hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from optimizer.problem import Floats, Ints
from optimizer.solving.teams.seats import Offers

NEAREST = 24  # offers of a unit that a flow knows
COINS = 1_000_000  # of hours, all of a flow's supply
STEEP = 50.0  # a customer without anybody is dearer by this than its price: coverage comes first
SHORTLIST = 6  # people looked at closely for each who goes or comes
ROUNDS = 3  # of interchange at each size
WORK = 60_000_000  # arcs of all flows together
TIE = 0.01  # of two new people who save the same but for this share, the one with fewer skills comes


@dataclass(eq=False)
class Choosing:
    """A search for good teams.

    ``extra`` [S]: who is dearer to have where all else is equal (skills of a new rep). ``site`` [S]: the place of each
    seat, at which ``room_there`` people [places] may sit in all.
    """

    offers: Offers
    extra: Ints
    site: Ints
    room_there: Ints
    should_stop: Callable[[], bool] = lambda: False
    cost: Floats = field(init=False)  # [U, S] milli-hours, inf where it cannot be
    load: Ints = field(init=False)  # [U] coins
    room: Ints = field(init=False)  # [S] coins
    alone: Floats = field(init=False)
    work: int = 0

    def __post_init__(self) -> None:
        offers = self.offers
        self.cost = np.full((offers.n_units, offers.n_seats), np.inf)
        self.cost[offers.unit, offers.seat] = offers.cost
        load = np.full(offers.n_units, np.iinfo(np.int64).max)
        np.minimum.at(load, offers.unit, offers.load)
        load[load == np.iinfo(np.int64).max] = 0
        size = max(1.0, float(load.sum()) / COINS)
        self.load = np.ceil(load / size).astype(np.int64)
        self.room = np.floor(np.maximum(offers.limit, 0) / size).astype(np.int64)
        highest = float(offers.cost.max(initial=1.0))
        self.alone = STEEP * np.maximum(offers.alone, 1.0) + highest

    def shrink(self, team: Ints, fixed: Ints, sizes: Sequence[int]) -> dict[int, Ints]:
        """Teams of the given sizes, each found from the next larger one; ``team`` [S] counts people on each seat."""
        found: dict[int, Ints] = {}
        most, sent = team, self.send(team)[1]
        far = max(1, (int(team.sum()) - min(sizes, default=0)) // 60)  # steps where many go
        while sizes and team.sum() > min(sizes):
            target = max(s for s in sizes if s < team.sum())
            steps = min(far, int(team.sum()) - target)
            team, sent = self._drop(team, fixed, sent, steps)
            if int(team.sum()) in sizes:
                team, sent = self.interchange(team, fixed, most, sent)
                found[int(team.sum())] = team
        return found

    def grow(self, team: Ints, most: Ints, sizes: Sequence[int]) -> dict[int, Ints]:
        """Teams of the given sizes with everybody in ``team``, each found from the next smaller one."""
        found: dict[int, Ints] = {}
        fixed, sent = team, self.send(team)[1]
        while sizes and team.sum() < max(sizes) and len(self._rank_gains(team, most, sent)):
            team, sent = self._add(team, most, sent)
            if int(team.sum()) in sizes:
                team, sent = self.interchange(team, fixed, most, sent)
                found[int(team.sum())] = team
        return found

    def interchange(self, team: Ints, fixed: Ints, most: Ints, sent: Floats) -> tuple[Ints, Floats]:
        """Let people on the team change places with others while it gets better."""
        worth = self.send(team)[0]
        for _ in range(ROUNDS):
            gone = self._rank_losses(team, fixed, sent)[: SHORTLIST // 2]
            come = self._rank_gains(team, most, sent)[: SHORTLIST // 2]
            best: tuple[float, Ints, Floats] | None = None
            for out in gone:
                for into in come:
                    if out == into or self._is_over():
                        continue
                    other = team.copy()
                    other[out] -= 1
                    other[into] += 1
                    value, flow = self.send(other)
                    if value < (worth if best is None else best[0]) - 1e-6 * abs(worth):
                        best = value, other, flow
            if best is None:
                break
            worth, team, sent = best
        return team, sent

    def send(self, team: Ints) -> tuple[float, Floats]:
        """What a team costs in milli-hours, nobody's customers steeply, and the share of each unit with each seat."""
        seats = np.flatnonzero(team > 0)
        n_units, n_seats = self.cost.shape
        share = np.zeros((n_units, n_seats))
        price = self.cost[:, seats]
        loaded = np.flatnonzero(self.load > 0)
        light = np.setdiff1d(np.arange(n_units), loaded)
        base = float(np.minimum(price[light].min(axis=1, initial=np.inf), self.alone[light]).sum())
        if not len(loaded) or not len(seats):
            return base + float(self.alone[loaded].sum()), share
        near = min(NEAREST, len(seats))
        nearest = np.argpartition(price[loaded], near - 1, axis=1)[:, :near]
        row = np.repeat(np.arange(len(loaded)), near)
        column = nearest.ravel()
        possible = np.isfinite(price[loaded[row], column])
        row, column = row[possible], column[possible]
        unit, sink = loaded[row], len(loaded) + len(seats)
        # Milli-hours a coin; small whole numbers are enough to tell teams apart.
        per_coin = np.concatenate(
            [price[unit, column] / self.load[unit], (self.alone / np.maximum(self.load, 1))[loaded]]
        )
        unit_cost = np.rint(np.clip(per_coin * 100.0, -1e11, 1e11)).astype(np.int64)
        flow = SimpleMinCostFlow()
        flow.add_arcs_with_capacity_and_unit_cost(
            np.concatenate([row, np.arange(len(loaded)), len(loaded) + np.arange(len(seats))]),
            np.concatenate([len(loaded) + column, np.full(len(loaded), sink), np.full(len(seats), sink)]),
            np.concatenate([self.load[unit], self.load[loaded], self.room[seats] * team[seats]]),
            np.concatenate([unit_cost, np.zeros(len(seats), dtype=np.int64)]),
        )
        supply = np.concatenate(
            [self.load[loaded], np.zeros(len(seats), dtype=np.int64), [-self.load[loaded].sum()]]
        )
        flow.set_nodes_supplies(np.arange(len(supply)), supply)
        self.work += len(row) + len(loaded)
        if flow.solve() != flow.OPTIMAL:
            return base + float(self.alone[loaded].sum()), share
        sent = flow.flows(np.arange(len(row))).astype(np.float64)
        share[unit, seats[column]] = sent / self.load[unit]
        return base + flow.optimal_cost() / 100.0, share

    def _drop(self, team: Ints, fixed: Ints, sent: Floats, steps: int) -> tuple[Ints, Floats]:
        """Those whose going costs least leave, ``steps`` of them."""
        gone = self._rank_losses(team, fixed, sent)
        if steps > 1 or self._is_over():
            smaller = team.copy()
            smaller[gone[:steps]] -= 1
            return smaller, self.send(smaller)[1]
        tried = []
        for out in gone[:SHORTLIST]:
            smaller = team.copy()
            smaller[out] -= 1
            tried.append((*self.send(smaller), smaller))
        _, flow, smaller = min(tried, key=lambda one: one[0])
        return smaller, flow

    def _add(self, team: Ints, most: Ints, sent: Floats) -> tuple[Ints, Floats]:
        """Whoever saves most comes; of those who save the same, one with the fewest skills."""
        worth = self.send(team)[0]
        tried = []
        for into in self._rank_gains(team, most, sent)[: 1 if self._is_over() else SHORTLIST]:
            larger = team.copy()
            larger[into] += 1
            value, flow = self.send(larger)
            tried.append((value, int(into), larger, flow))
        best = min(value for value, *_ in tried)
        limit = best + TIE * max(worth - best, 0.0)
        _, _, larger, flow = min((t for t in tried if t[0] <= limit), key=lambda t: (self.extra[t[1]], t[0]))
        return larger, flow

    def _rank_losses(self, team: Ints, fixed: Ints, sent: Floats) -> Ints:
        """Who may go: in turns whose customers lose least by going to the next best, and who has the least time."""
        may = np.flatnonzero(team > fixed)
        if len(may) <= 1:
            return may
        on = self.cost[:, team > 0]
        two = np.partition(on, min(1, on.shape[1] - 1), axis=1)[:, : min(2, on.shape[1])]
        best, second = two[:, 0], two[:, -1]
        loss = np.empty(len(may))
        for k, seat in enumerate(may):
            mine = self.cost[:, seat]
            has = sent[:, seat] > 0
            other = np.where(mine[has] <= best[has], second[has], best[has])
            other = np.minimum(other, self.alone[has])
            loss[k] = float((sent[has, seat] * (other - mine[has])).sum()) / max(int(team[seat]), 1)
        by_loss = may[np.argsort(loss, kind="stable")]
        by_room = may[np.argsort(self.room[may], kind="stable")]
        return _deal(by_loss, by_room)

    def _rank_gains(self, team: Ints, most: Ints, sent: Floats) -> Ints:
        """Who may come, those first who save most with what their hours hold."""
        there = np.bincount(self.site, team, len(self.room_there))
        may = np.flatnonzero((team < most) & (there < self.room_there)[self.site])
        missing = np.maximum(1.0 - sent.sum(axis=1), 0.0)
        paid = (np.where(sent > 0, self.cost, 0.0) * sent).sum(axis=1) + missing * self.alone
        gain = np.empty(len(may))
        for k, seat in enumerate(may):
            better = paid - self.cost[:, seat]
            some = np.flatnonzero(better > 0)
            order = some[np.argsort(-better[some] / np.maximum(self.load[some], 1), kind="stable")]
            before = np.cumsum(self.load[order]) - self.load[order]
            part = np.clip((self.room[seat] - before) / np.maximum(self.load[order], 1), 0.0, 1.0)
            gain[k] = float((part * better[order]).sum())
        # Those who ask for less come first among equals.
        return may[np.lexsort((self.extra[may], -np.round(gain, 3)))]

    def _is_over(self) -> bool:
        return self.work > WORK or self.should_stop()


def _deal(first: Ints, second: Ints) -> Ints:
    """Two orders of the same people as one, taken in turns."""
    both = np.column_stack([first, second]).ravel()
    _, at = np.unique(both, return_index=True)
    return both[np.sort(at)]
