"""The least number: below it no team can be enough, and why, so that a planner can check it by hand where possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optimizer.messages import Joined, Phrase
from optimizer.problem import UNITS_PER_HOUR, Bools, Ints, Problem
from optimizer.solving.teams.headcount import Fewest, Rule, find_fewest
from optimizer.solving.teams.seats import Seats
from optimizer.solving.teams.whole_teams import WholeTeam, find_team, is_small

Why = Literal["rule", "together", "whole", "present", "stranded", "none"]
MOST_SEATS = 100_000  # that places together offer in a proof
SHOWN = 20  # names in a sentence
MOST_LINES = 30  # rules that are told beside the one that proves


@dataclass(frozen=True)
class RuleLine:
    """One rule in figures: who it speaks of, what they need, the fewest people for it, and what one fewer have."""

    what: str  # hours, customers or large
    who: Phrase
    customers: int
    need: float
    fewest: int | None
    reach: float
    above_hours: float = 0.0


@dataclass(frozen=True, eq=False)
class Least:
    """No team of fewer than ``people`` is enough; None: no team at all is, of these people and places.

    ``why``: a ``rule`` proves it alone (the first of ``rules``), all rules ``together`` do, or every way to give
    customers ``whole`` was tried; ``present``: nothing proves more than that somebody must be there; ``stranded``:
    there are customers nobody may serve, their ids in ``stranded``; ``none``: all there are do not suffice by a rule.
    ``team`` is one of that size that can have all customers, where every way was tried.
    """

    people: int | None
    why: Why
    rules: tuple[RuleLine, ...]
    stranded: tuple[str, ...] = ()
    team: WholeTeam | None = None

    def explain(self) -> Phrase:
        """The proof in words."""
        if self.why == "stranded":
            shown = Joined((*self.stranded[:SHOWN], *("…" for _ in self.stranded[SHOWN : SHOWN + 1])))
            return Phrase("size.why_stranded", {"count": len(self.stranded), "names": shown})
        fewer = 0 if self.people is None else self.people - 1
        if self.why in ("rule", "none"):
            line = self.rules[0]
            gaps: dict[str, Any] = {
                "who": line.who, "customers": line.customers, "fewer": fewer, "above": f"{line.above_hours:,.1f}"
            }  # fmt: skip
            digits = 1 if line.what == "hours" else 0
            gaps |= {"need": f"{line.need:,.{digits}f}", "reach": f"{line.reach:,.{digits}f}"}
            return Phrase(f"size.{'none' if self.people is None else 'why'}_{line.what}", gaps)
        if self.people is None:
            return Phrase(f"size.none_{self.why}")
        return Phrase(f"size.why_{self.why}", {"fewer": fewer})


def seat(problem: Problem, present: int, most: Ints, size: int | None = None) -> Seats:
    """The seats of teams: the first ``present`` are today's reps, on the others at most ``most`` [C] may come.

    ``size`` None or above ``present``: all present ones stay and new ones come; else some of the present ones.
    """
    people, places = np.ones(present, dtype=np.int64), np.zeros(len(most), dtype=np.int64)
    if size is not None and size <= present:
        return Seats(problem, np.zeros(present + len(most), dtype=np.int64), np.concatenate([people, places]))
    room = most if size is None else np.minimum(most, size - present)
    return Seats(problem, np.concatenate([people, places]), np.concatenate([people, room]))


def find_least(
    problem: Problem, present: int, most: Ints, should_stop: Callable[[], bool] = lambda: False
) -> Least:
    """The least number of people; ``problem`` is relaxed, its first ``present`` reps are there, the others may come."""
    if len(most):
        most = np.minimum(most, max(1, MOST_SEATS // len(most)))
    seats = seat(problem, present, most, present)
    found = find_fewest(seats)
    if found.people is None and len(most):
        seats = seat(problem, present, most)
        found = find_fewest(seats)
        if found.people is not None and found.people <= present:
            found = Fewest(present + 1, None, found.rules, found.stranded)
    if found.stranded.any():
        return Least(None, "stranded", (), tuple(problem.customer_ids[found.stranded].tolist()))
    if found.people is None:
        rules = (found.rule, *found.rules) if found.rule is not None else found.rules
        return Least(None, "none" if found.rule is not None else "together",
                     _write_rules(problem, seats, rules, int(seats.most.sum())))  # fmt: skip
    size, why, team = found.people, _find_why(found), None
    while is_small(seat(problem, present, most, size)) and not should_stop():
        answer = find_team(seat(problem, present, most, size), size, should_stop)
        if answer is not False:
            team = answer if isinstance(answer, WholeTeam) else None
            break
        size, why = size + 1, "whole"
        if size > present + int(most.sum()):
            return Least(None, "whole", ())
    rules = (found.rule, *found.rules) if found.rule is not None else found.rules
    return Least(size, why, _write_rules(problem, seats, rules, size - 1), team=team)


def _find_why(found: Fewest) -> Why:
    if found.rule is None:
        return "together"
    return "present" if not found.rule.need else "rule"


def _write_rules(problem: Problem, seats: Seats, rules: tuple[Rule, ...], fewer: int) -> tuple[RuleLine, ...]:
    """The first rule, then one for each set of customers and kind of need, most people first, if more than one."""
    lines: dict[tuple[str, bytes], tuple[int, RuleLine]] = {}
    for at, rule in enumerate(rules):
        fewest = rule.count(seats)
        unit = UNITS_PER_HOUR if rule.what == "hours" else 1
        line = RuleLine(
            rule.what,
            _describe(problem, rule.customers, rule.people),
            int(rule.customers.sum()),
            rule.need / unit,
            fewest,
            rule.reach(seats, fewer) / unit,
            rule.above / UNITS_PER_HOUR,
        )
        rank = -1 if not at else 10**9 - (10**9 if fewest is None else fewest)
        key = (rule.what, rule.customers.tobytes())
        if key not in lines or rank < lines[key][0]:
            lines[key] = (rank, line)
    ranked = [line for _, line in sorted(lines.values(), key=lambda one: one[0])]
    return tuple(ranked[:1] + [r for r in ranked[1:] if r.fewest is None or r.fewest > 1][:MOST_LINES])


def _describe(problem: Problem, customers: Bools, people: Bools) -> Phrase:
    """Who the customers of a rule are, by what they have in common."""
    if customers.all():
        return Phrase("size.who_all")
    levels = problem.requirements[np.unique(problem.requirement[customers])].min(axis=0, initial=100)
    skills = [f"{problem.skill_names[s]}:{levels[s]}" for s in np.flatnonzero((levels > 0) & (levels < 100))]
    if skills:
        return Phrase("size.who_skills", {"skills": Joined(tuple(skills))})
    tiers = np.unique(problem.tier[customers])
    if len(tiers) < len(np.unique(problem.tier)):
        return Phrase("size.who_tiers", {"tiers": Joined(tuple(problem.tier_names[t] for t in tiers))})
    return Phrase("size.who_few", {"count": int(people.sum())})
