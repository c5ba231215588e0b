"""Alternatives: what it would change, to the last milli-hour, if other reps had a customer and all else stayed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimizer import constraints
from optimizer.constraints import capacity, skills
from optimizer.messages import Joined, load_catalogue, say
from optimizer.plan import UNSERVED
from optimizer.problem import UNITS_PER_HOUR, Floats, Ints, Problem
from optimizer.rebalancing.proposing.tally import Options, Tally, every_rep

NO_BARRIER = -1
NOBODY_NEAR = -2  # no rep, where there is no geography
ORDER = tuple(constraint.NAME for constraint in constraints.ALL)  # in which hard constraints are asked
TOLD = 4  # terms of a difference that a sentence names


@dataclass(frozen=True)
class Alternative:
    """Another owner of a customer (with those it is decided with), all else staying as it is.

    ``rep_id`` is None for nobody. ``difference``: milli-hours that the objective would rise by, the sum of ``terms``.
    ``breaks``: hours by which hard constraints would be broken more. ``barrier``: the first of them in the order of
    the checker, None where the change keeps them as they are. ``lacks``: the required skills that the rep has not, or
    not at that level (``food:2``), where they are the barrier. ``km``: from home to customer, None where unknown.
    ``is_before``: the owner before the plan; ``is_nearest``: nobody lives nearer.
    """

    rep_id: str | None
    difference: int
    terms: dict[str, int] = field(default_factory=dict)
    breaks: dict[str, int] = field(default_factory=dict)
    barrier: str | None = None
    lacks: tuple[str, ...] = ()
    km: float | None = None
    is_before: bool = False
    is_nearest: bool = False

    @property
    def hours(self) -> float:
        """The difference in hours."""
        return self.difference / UNITS_PER_HOUR

    def sentence(self, lang: str = "") -> str:
        """What stands in the way, or what it would cost."""
        if self.lacks:
            return say("kept_out.skills", lang, skills=Joined(tuple(self.lacks)))
        if self.barrier == capacity.NAME:
            return say("kept_out.capacity", lang, hours=self.breaks[capacity.NAME] / UNITS_PER_HOUR)
        if self.barrier is not None:
            return say(f"barrier.{self.barrier}", lang)
        code = "dearer" if self.difference > 0 else "cheaper" if self.difference < 0 else "same"
        return say(f"alternative.{code}", lang, hours=abs(self.hours), terms=say_terms(self.terms, lang))


def say_terms(terms: dict[str, int], lang: str = "", signed: bool = True) -> str:
    """``+3.2 h Travel, -1.0 h Hand-over``: the largest parts of a difference or of a cost."""
    words = load_catalogue(lang)
    ordered = sorted(terms.items(), key=lambda item: (-abs(item[1]), item[0]))[:TOLD]
    code = "explain.change" if signed else "explain.part"
    parts = [
        say(code, lang, hours=amount / UNITS_PER_HOUR, term=words.get(f"term.{name}", name))
        for name, amount in ordered
        if amount
    ]
    return Joined(tuple(parts)).sentence(lang)


def weigh_everybody(tally: Tally, customer: int) -> tuple[Alternative, ...]:
    """Every other owner of a customer, nobody among them: those that break no more first, then by difference."""
    problem, mates = tally.problem, tally.mates(customer)
    reps = every_rep(problem)
    reps = reps[~((tally.owner[mates] == tally.owner[mates[0]]).all() & (reps == tally.owner[mates[0]]))]
    options = tally.weigh(mates, reps)
    km = measure_km(problem, customer)
    nearest = int(np.nanargmin(km)) if np.isfinite(km).any() else NOBODY_NEAR
    barrier = find_barriers(options)
    before = int(problem.owner[customer])
    order = np.lexsort((options.objective, options.breach))
    return tuple(
        make_alternative(problem, options, int(barrier[k]), k, mates, km, before, nearest)
        for k in order.tolist()
    )


def weigh_option(tally: Tally, customer: int, rep: int) -> Alternative:
    """One other owner of a customer, all else staying."""
    mates = tally.mates(customer)
    options = tally.weigh(mates, np.array([rep], dtype=np.int64))
    km = measure_km(tally.problem, customer)
    nearest = int(np.nanargmin(km)) if np.isfinite(km).any() else NOBODY_NEAR
    barrier = int(find_barriers(options)[0])
    return make_alternative(
        tally.problem, options, barrier, 0, mates, km, int(tally.problem.owner[customer]), nearest
    )


def make_alternative(
    problem: Problem,
    options: Options,
    barrier: int,
    k: int,
    mates: Ints,
    km: Floats,
    before: int,
    nearest: int,
) -> Alternative:
    """Option ``k`` of the customers ``mates`` as a value."""
    rep = int(options.reps[k])
    name = None if barrier == NO_BARRIER else ORDER[barrier]
    far = None if rep == UNSERVED or not np.isfinite(km[rep]) else float(km[rep])
    return Alternative(
        rep_id=None if rep == UNSERVED else str(problem.rep_ids[rep]),
        difference=int(options.objective[k]),
        terms={name: int(amount[k]) for name, amount in options.terms.items() if amount[k]},
        breaks={name: int(amount[k]) for name, amount in options.broken.items() if amount[k] > 0},
        barrier=name,
        lacks=_find_lacking(problem, mates, rep) if name == skills.NAME else (),
        km=far,
        is_before=rep == before and rep != UNSERVED,
        is_nearest=rep == nearest,
    )


def _find_lacking(problem: Problem, mates: Ints, rep: int) -> tuple[str, ...]:
    """Skills with their levels that one of ``mates`` requires and a rep does not have."""
    levels = problem.requirements[problem.requirement[mates]].max(axis=0)
    lacking = np.flatnonzero(levels > problem.skill[rep])
    return tuple(f"{problem.skill_names[s]}:{levels[s]}" for s in lacking)


def find_barriers(options: Options) -> Ints:
    """The first hard constraint that each option breaks more than now, as an index of ``ORDER``, [K]; -1: none."""
    found = np.full(len(options.reps), NO_BARRIER, dtype=np.int64)
    for k in range(len(ORDER) - 1, -1, -1):
        if ORDER[k] in options.broken:
            found[options.broken[ORDER[k]] > 0] = k
    return found


def measure_km(problem: Problem, customer: int) -> Floats:
    """Kilometres from every home to a customer, [R]; NaN where either has no point."""
    reps = np.arange(problem.n_reps)
    return problem.distance_km(np.full(problem.n_reps, customer), reps)
