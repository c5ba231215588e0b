"""Proposal: what a rebalance would change, why, what it brings and costs, and what is proved of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimizer.case import Case
from optimizer.messages import join_sentences, say
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR, Bools, Problem
from optimizer.progress import Event
from optimizer.rebalancing.proposing.curve import CurvePoint
from optimizer.rebalancing.proposing.moves import Move
from optimizer.rebalancing.recipes.covering import Covering
from optimizer.rebalancing.recipes.occasions import Recipe
from optimizer.rebalancing.replay.state import State
from optimizer.result import Result, Score


@dataclass(frozen=True, eq=False)
class Rebalance:
    """What to change after what happened.

    ``case`` is the state's with its freezes as locks, ``problem`` what it poses (with ``max_moves`` as a budget).
    ``before`` judges doing nothing; ``result`` holds the proposal, which is never worse. ``moves`` are the changes, the
    chains that gain most first. ``curve``: what other numbers of moves would bring. ``taking_part``: the reps whose
    territories were decided, [R]; others keep what they have, and may only be given a customer that had no owner.
    ``aim``: the problem in which it was sought, with more asked of a move and less width in corridors (``find_aim``),
    of a recipe with all else staying; ``aimed`` what the proposal costs there (milli-hours): gains of moves, curve and
    bound speak of it. ``local_bound``: no plan that has these others as the proposal has them costs less there (None:
    not known). ``idle_gain`` and ``idle_cost``: of the change that would pay most if handing over cost nothing, where
    no move is worth it.
    ``recipe``: the one that was followed, ``added``: the events it added to what happened. ``covering``: of a cover,
    who stands in; ``state`` and all else are then about its weeks alone.
    """

    state: State
    case: Case
    problem: Problem
    aim: Problem
    before: Score
    result: Result
    aimed: int
    moves: tuple[Move, ...]
    curve: tuple[CurvePoint, ...]
    taking_part: Bools
    local_bound: int | None
    max_moves: int | None
    idle_gain: int
    idle_cost: int
    seconds: float
    recipe: Recipe | None = None
    added: tuple[Event, ...] = ()
    covering: Covering | None = None

    @property
    def plan(self) -> Plan:
        """The proposal."""
        return self.result.plan

    @property
    def n_moves(self) -> int:
        """Customers that leave their owner."""
        return int(self.plan.moved(self.problem).sum())

    @property
    def n_placed(self) -> int:
        """Customers that had no owner and have one."""
        return int(((self.problem.owner < 0) & (self.plan.owner >= 0)).sum())

    @property
    def worthwhile(self) -> bool:
        """Whether there is anything to change."""
        return self.n_moves + self.n_placed > 0

    @property
    def chosen(self) -> CurvePoint | None:
        """The point of the curve that is proposed; None where none was drawn."""
        mine = [point for point in self.curve if (point.owner == self.plan.owner).all()]
        return mine[-1] if mine else None

    @property
    def without_moves(self) -> Score:
        """What it is worth when customers without an owner are placed and nobody moves; else doing nothing."""
        first = self.curve[0] if self.curve and self.curve[0].moves == 0 else None
        return self.before if first is None else first.score

    @property
    def gain(self) -> int:
        """Milli-hours that the moves bring, hand-over not yet taken off; where there are none, what some would."""
        if not self.n_moves:
            return self.idle_gain
        return self.without_moves.objective - self.result.objective + self.cost

    @property
    def cost(self) -> int:
        """Milli-hours of hand-over of the moves; where there are none, of those that would gain most."""
        return self.result.score.terms["handover"] if self.n_moves else self.idle_cost

    def sentence(self, lang: str = "") -> str:
        """The answer in a sentence, with its numbers."""
        gaps = {
            "move_count": self.n_moves,
            "placed_count": self.n_placed,
            "gain": self.gain / UNITS_PER_HOUR,
            "cost": self.cost / UNITS_PER_HOUR,
            "saved": (self.before.objective - self.result.objective) / UNITS_PER_HOUR,
            "before_count": len(self.before.hard_violations),
            "broken_count": len(self.result.score.hard_violations),
        }
        if self.covering is not None:
            return self.covering.sentence(lang)
        if not self.n_moves:
            code = "only_placed" if self.n_placed else "none"
            code += "_allowed" if self.max_moves == 0 else ""  # then nobody knows what some would gain
        elif gaps["before_count"] > gaps["broken_count"]:
            code = "mends"
        else:
            code = "some_placed" if self.n_placed else "some"
        followed = "" if self.recipe is None else self.recipe.sentence(lang)
        asks_more = not self.n_moves and self.idle_gain > self.idle_cost and self.hurdle > 1
        hurdle = say("rebalance.hurdle", lang, hurdle=self.hurdle) if asks_more else ""
        return join_sentences(followed, say(f"rebalance.{code}", lang, **gaps), hurdle, lang=lang)

    def certificate(self, lang: str = "") -> str:
        """What is proved of the choice of moves, in a sentence."""
        others = int((~self.taking_part).sum())
        if self.covering is not None:  # nobody's plan is changed
            return ""
        if self.local_bound is None or not self.result.score.keeps_all:
            return say("rebalance.no_bound", lang, reps=int(self.taking_part.sum()), others_count=others)
        bound, objective = self.local_bound, self.aimed
        gaps: dict[str, Any] = {
            "bound": bound / UNITS_PER_HOUR,
            "objective": objective / UNITS_PER_HOUR,
            "others_count": others,
        }
        gaps |= {"reps": int(self.taking_part.sum()), "gap": (objective - bound) / max(abs(objective), 1)}
        most = self.max_moves
        gaps["limit"] = "" if most is None else say("rebalance.limit", lang, move_count=most)
        if self.recipe is not None:
            return say("recipe.bound", lang, **gaps)
        told = say("rebalance.bound" if others else "rebalance.whole_bound", lang, **gaps)
        return told if self.aim is self.problem else join_sentences(told, self._tell_aim(lang), lang=lang)

    def plan_certificate(self, lang: str = "") -> str:
        """What is proved of the plan that comes of it, against every fresh one; empty where no bound is known."""
        result = self.result
        if self.covering is not None or result.bound is None or result.gap is None:
            return ""
        gaps = {"bound": result.bound / UNITS_PER_HOUR, "objective": result.objective / UNITS_PER_HOUR}
        return say("rebalance.fresh", lang, gap=result.gap, **gaps)

    def _tell_aim(self, lang: str) -> str:
        """What the numbers of the search count, in a sentence."""
        gaps = {"hurdle": self.hurdle, "calm": self.calm}
        return say("rebalance.aim_narrow" if self.calm < 1 else "rebalance.aim", lang, **gaps)

    @property
    def hurdle(self) -> float:
        """How many times its hand-over a move has to bring."""
        return 1.0 if self.recipe is not None else self.case.scenario.disruption.hurdle

    @property
    def calm(self) -> float:
        """The share of the width of corridors into which it was to bring territories; 1: within was enough."""
        pairs = zip(self.aim.corridors, self.problem.corridors, strict=True)
        narrow = any((a.high < c.high).any() or (a.low > c.low).any() for a, c in pairs)
        return self.case.scenario.watch.calm if narrow else 1.0
