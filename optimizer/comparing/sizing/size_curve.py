"""The curve of a sizing: each number of people with the best team found for it, and the number that is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.case import Case
from optimizer.comparing.sizing.candidates import Candidate
from optimizer.comparing.sizing.size_least import Least
from optimizer.comparing.sizing.size_teams import Tried, is_quick
from optimizer.problem import UNITS_PER_HOUR, Problem
from optimizer.result import find_gap


@dataclass(frozen=True)
class Headcount:
    """One number of people: the teams tried, the best first, and what every team of it costs at least, in hours.

    ``state``: enough, impossible (proved), or open. ``every`` team of this size was tried.
    """

    size: int
    tried: tuple[Tried, ...]
    bound_hours: float | None
    state: str
    every: bool = False

    @property
    def best(self) -> Tried:
        """The best team tried."""
        return self.tried[0]

    @property
    def gap(self) -> float | None:
        """How much cheaper any team of this size could be at most, as a share; None where no bound is known."""
        total = self.best.total_hours
        if total is None or self.bound_hours is None or self.best.kpis.get("hard"):
            return None
        return find_gap(total * UNITS_PER_HOUR, self.bound_hours * UNITS_PER_HOUR)


@dataclass(frozen=True, eq=False)
class Sizing:
    """A sizing as far as it came: headcounts in ascending order, and the number that is needed.

    ``least``: fewer are proved not to be enough, with the reason; ``smallest``: the smallest number with a team that is
    shown to be enough, None if there is none. Both the same: the smallest number, proved (``proved``).
    """

    case: Case
    headcounts: tuple[Headcount, ...]
    least: Least
    lower: int | None  # proved: no smaller number is enough; None: none is
    today: int
    problem: Problem = field(repr=False)  # of the case as it is
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)

    @property
    def smallest(self) -> Headcount | None:
        """The smallest headcount that is enough."""
        return next((one for one in self.headcounts if one.state == "enough"), None)

    @property
    def proved(self) -> bool:
        """Whether the smallest number is known, one fewer being impossible; or no number is enough, proved."""
        if self.smallest is None:
            return self.lower is None
        return self.lower is not None and self.smallest.size <= self.lower

    @property
    def quick(self) -> bool:
        """Whether the plans behind the figures are quick ones."""
        return is_quick(self.problem)

    @property
    def whole(self) -> bool:
        """True when every team asked for has an answer."""
        return all(tried.finished for one in self.headcounts for tried in one.tried)
