"""A sizing on its way: teams chosen for each headcount, those that were planned, and what is still to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np

from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.comparing.running.keeping import read_answer, read_kpis
from optimizer.comparing.sizing.candidates import Candidate, name_newcomers, suggest_places
from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.comparing.sizing.size_least import find_least
from optimizer.comparing.sizing.size_teams import Job, Team, Tried
from optimizer.comparing.variants.variant import apply_variant, make_variant
from optimizer.problem import NO_LIMIT, UNITS_PER_HOUR, Ints
from optimizer.solving.teams.choosing import Choosing
from optimizer.solving.teams.coarse import coarsen
from optimizer.solving.teams.seats import Offers, are_few, list_offers, relax
from optimizer.solving.teams.team_bound import TeamBound

POINTS_AT_FIRST = 7  # headcounts of the curve up to today's, where none are asked for
MORE, LESS = 2, 2  # headcounts above today's, or above the least number; and below that, to show what is lost
MOST_TEAMS, MOST_PAIRS = (
    24,
    5_000,
)  # teams that are all planned, and pairs of each, where a case is that small


@dataclass(eq=False)
class SizeRun:
    """One sizing on its way: who may be on a team, what is planned next, and what came of it."""

    case: Case
    asked: tuple[int, int] | None
    places: Sequence[Candidate] | None
    keep_guardrails: bool
    keep: Path | None
    should_stop: Callable[[], bool]
    sizes: list[int] = field(default_factory=list)
    teams: dict[int, list[Team]] = field(default_factory=dict)
    tried: dict[int, list[Tried]] = field(default_factory=dict)

    def look(self) -> None:
        """Who may be on a team, and the fewest there can be."""
        case = self.case
        self.problem = build_problem(case)
        self.present = self.problem.n_reps
        self.candidates = suggest_places(case, self.problem) if self.places is None else list(self.places)
        self.most = np.array(
            [NO_LIMIT if c.most is None else c.most for c in self.candidates], dtype=np.int64
        )
        self.most = np.minimum(self.most, max(self.problem.n_customers, 1))
        rows = [{"rep_id": _name_seat(k)} | dict(c.row) for k, c in enumerate(self.candidates)]
        pool = case
        if rows:
            pool = apply_variant(
                case, make_variant("places", {"add": [{"table": "reps", "rows": rows}]})
            ).case
        self.pool = relax(build_problem(pool))
        self.least = find_least(self.pool, self.present, self.most, self.should_stop)
        if self.asked is not None:
            self.sizes = list(range(self.asked[0], self.asked[1] + 1))
        else:
            start = self.present if self.least.people is None else self.least.people
            top = min(max(start, self.present) + MORE, self.find_top())
            first = np.linspace(min(start, self.present), self.present, POINTS_AT_FIRST).round().astype(int)
            above = range(max(start, self.present + 1), top + 1)
            below = range(max(1, start - LESS), start)
            self.sizes = sorted({*below, *(int(s) for s in first if s >= 1), *above})

    def find_top(self) -> int:
        """The largest team there can be."""
        return find_largest(self.present, self.candidates, self.problem.n_customers)

    def find_teams(self, sizes: Iterable[int]) -> None:
        """A good team for each of these headcounts that has none yet."""
        wanted = [s for s in sizes if s not in self.teams]
        if not hasattr(self, "choosing"):
            offers = list_offers(coarsen(self.pool))
            extra = [0] * self.present + [candidate.skills for candidate in self.candidates]
            site = np.array(
                [*range(self.present), *(self.present + c.site for c in self.candidates)], dtype=np.int64
            )
            room = np.ones(int(site.max(initial=-1)) + 1, dtype=np.int64)
            room[site[self.present :]] = self.most
            self.choosing = Choosing(offers, np.array(extra, dtype=np.int64), site, room, self.should_stop)
        everybody = np.array([1] * self.present + [0] * len(self.candidates), dtype=np.int64)
        nobody = np.zeros_like(everybody)
        found = {self.present: everybody}
        found |= self.choosing.shrink(everybody, nobody, [s for s in wanted if s < self.present])
        found |= self.choosing.grow(
            everybody,
            everybody + np.concatenate([nobody[: self.present], self.most]),
            [s for s in wanted if s > self.present],
        )
        for size in wanted:
            self.teams[size] = [self.make_team(found[size])]
            whole = self.least.team
            if whole is not None and size == self.least.people and self.fits(whole.people):
                self.teams[size] = list(dict.fromkeys([*self.teams[size], self.make_team(whole.people)]))
            if self.has_few(size):
                ids = self.problem.rep_ids.tolist()
                gone = combinations(ids, self.present - size)
                self.teams[size] += [t for leave in gone if (t := Team(size, leave)) not in self.teams[size]]

    def fits(self, people: Ints) -> bool:
        """Whether no place has more people than may be hired there."""
        there = np.bincount(self.choosing.site, people, len(self.choosing.room_there))
        return bool((there <= self.choosing.room_there).all())

    def has_few(self, size: int) -> bool:
        """Whether every team of this size is planned: few of them, of a small case, that are not ruled out already."""
        low = self.least.people
        if low is None or not low <= size < self.present:
            return False
        return (
            self.problem.n_customers * self.present <= MOST_PAIRS and comb(self.present, size) <= MOST_TEAMS
        )

    def make_team(self, people: Ints) -> Team:
        """The team that sits on these seats."""
        present, places = people[: self.present], people[self.present :]
        chosen = [self.candidates[k] for k in np.repeat(np.arange(len(places)), places)]
        leave = tuple(self.problem.rep_ids[present == 0].tolist())
        return Team(
            int(people.sum()), leave, tuple(tuple(row.items()) for row in name_newcomers(self.case, chosen))
        )

    def list_jobs(self, size: int) -> list[Job]:
        """What there is to plan at a headcount."""
        ask_all = self.least.people is not None and size >= self.least.people
        return [Job(team, ask_all) for team in self.teams[size]]

    def read_kept(self, key: str, job: Job) -> Tried | None:
        """The answer that an earlier run kept."""
        content = None if self.keep is None else read_answer(self.keep, key)
        if content is not None:
            with suppress(KeyError, TypeError, ValueError, AttributeError):
                return understand(job.team, content, reused=True)
        return None

    def take(self, tried: Tried) -> None:
        """One more team that has been tried."""
        self.tried.setdefault(tried.team.size, []).append(tried)

    def is_enough(self, tried: Tried) -> bool:
        """Whether a team is enough, for all that is asked."""
        return tried.enough and (tried.accepted or not self.keep_guardrails)

    def list_open(self) -> list[int]:
        """Headcounts to plan next, below the smallest that is enough; none: settled as far as it can be.

        Where all teams of a size are few, each such size down to the least number. Else the middle of what is open:
        a number below one whose team was not enough is not tried, as what was there was chosen from the same people.
        """
        low = self.least.people
        enough = [s for s, tried in self.tried.items() if any(map(self.is_enough, tried))]
        if self.asked is not None or low is None or not enough or self.should_stop():
            return []
        few = [s for s in range(low, min(enough)) if s not in self.tried and self.has_few(s)]
        if few:
            return few
        tried = max((s for s in self.tried if s < min(enough)), default=0)
        middle = (max(tried, low - 1) + min(enough)) // 2
        return [middle] if middle not in self.tried and middle >= low else []

    def conclude(self) -> Sizing:
        """All that was found."""
        sizes = sorted(self.tried)
        bounds = self.find_bounds(sizes)
        headcounts = []
        for size in sizes:
            tried = tuple(sorted(self.tried[size], key=Tried.rank))
            every = all(t.finished for t in tried) and (size == self.present or self.has_few(size))
            low = self.least.people
            if any(map(self.is_enough, tried)):
                state = "enough"
            elif low is None or size < low or (every and all(t.impossible for t in tried)):
                state = "impossible"
            else:
                state = "open"
            bound = bounds.get(size)
            if every:
                own = [t.bound_hours for t in tried if not t.impossible or t.bound_hours is not None]
                known = [b for b in own if b is not None]
                if known and len(known) == len(own):
                    bound = max(min(known), -np.inf if bound is None else bound)
            headcounts.append(Headcount(size, tried, bound, state, every))
        lower = self.least.people
        states = {one.size: one.state for one in headcounts}
        while lower is not None and states.get(lower) == "impossible":
            lower += 1
        return Sizing(
            self.case,
            tuple(headcounts),
            self.least,
            lower,
            self.present,
            self.problem,
            tuple(self.candidates),
        )

    def find_bounds(self, sizes: Sequence[int]) -> dict[int, float]:
        """What every team of each size costs at least, in hours, where all pairs can be looked at."""
        if not are_few(self.pool) or self.should_stop():
            return {}
        offers = list_offers(self.pool)
        scenario = self.case.scenario
        known: dict[int, float] = {}
        for size in sizes:
            whole = [t.total_hours for t in self.tried[size] if not t.kpis.get("hard")]
            totals = [total * UNITS_PER_HOUR for total in whole if total is not None]
            if totals:
                known[size] = min(totals)
        if scenario.capacity.price is not None:  # hours above the limit have a price there
            offers = replace(offers, limit=np.full_like(offers.limit, NO_LIMIT // offers.n_units))
        found: dict[int, float] = {}
        people = np.array([1] * self.present + [0] * len(self.candidates), dtype=np.int64)
        nobody = np.zeros_like(people)
        places = np.concatenate([nobody[: self.present], self.most])
        for some, fixed, most in (
            ([s for s in sizes if s <= self.present], nobody, people),
            ([s for s in sizes if s > self.present], people, people + places),
        ):
            bound = TeamBound(_only(offers, most), fixed, most, scenario.coverage.hard)
            found |= bound.climb(some, known, self.should_stop)
        return {size: value / UNITS_PER_HOUR for size, value in found.items()}


def understand(team: Team, value: dict[str, object], reused: bool = False) -> Tried:
    """What a worker answered, or what was kept of it. KeyError and the like where it is something else."""
    told = dict(value)
    return Tried(
        team,
        str(told["status"]),
        read_kpis(told),
        bool(told["enough"]),
        bool(told["forced"]),
        bool(told["impossible"]),
        bool(told["accepted"]),
        float(str(told["leaving_hours"])),
        tuple(dict(row) for row in told["newcomers"]),  # type: ignore[attr-defined]
        reused=reused,
    )


def find_largest(present: int, candidates: Sequence[Candidate] | None, customers: int) -> int:
    """The largest team there can be; nobody is hired to have no customer. None: places as they are found."""
    if candidates is None:
        return present + customers
    room = {c.site: customers if c.most is None else min(c.most, customers) for c in candidates}
    return present + min(sum(room.values()), customers)


def _only(offers: Offers, most: Ints) -> Offers:
    """The offers of seats that somebody may sit on."""
    kept = most[offers.seat] > 0
    return replace(
        offers, unit=offers.unit[kept], seat=offers.seat[kept], cost=offers.cost[kept], load=offers.load[kept]
    )


def _name_seat(number: int) -> str:
    """The id of a candidate while teams are chosen; nobody sees it."""
    return f"\x1fplace-{number}"
