"""explain --limits, --conflicts, --skills, --fairness: what holds a plan back, and what could be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.case import Case
    from optimizer.explaining import Impasse, LimitCost, SkillGap
    from optimizer.plan import Plan
    from optimizer.problem import Problem
    from optimizer.result import Result
    from optimizer.terminal import Screen

MOST = 20  # rows of a list
FEW = 20  # limits of a conflict that are named each


def tell_limits(screen: Screen, case: Case, problem: Problem, plan: Plan) -> None:
    """What the dearest limits cost, estimated and confirmed; where not everything can hold, why not."""
    from optimizer.explaining import explain_limits
    from optimizer.terminal import show_grid

    result = solve_again(problem, plan)
    if not result.ok:
        tell_conflicts(screen, case, problem, result.plan)
        return
    costs = explain_limits(problem, result, on_progress=tell_progress)
    screen.tell(say("cost.title"), "bold")
    if not costs:
        screen.tell(f"  {say('cost.none')}")
        return
    rows = [
        (cost.sentence(), cost.step_sentence(), say_estimated(cost), say_confirmed(cost)) for cost in costs
    ]
    heads = [say(f"cost.{head}") for head in ("limit", "step", "estimated", "confirmed")]
    show_grid(screen, heads, rows, numbers={2, 3})
    screen.tell(say("cost.note"))
    tell_work(screen, costs)


def say_estimated(priced: LimitCost | SkillGap) -> str:
    """What prices say a limit costs or an idea brings; marked where a sample says it."""
    hours = priced.estimated
    return say("cost.found", hours=hours) if priced.sampled else f"{hours:,.3f}"


def say_confirmed(priced: LimitCost | SkillGap) -> str:
    """What planning without a limit, or with an idea, saved; marked where neither plan is proved best."""
    hours = priced.confirmed_hours
    if hours is None:
        return say("cost.untried")
    return f"{hours:,.3f}" if priced.proved else say("cost.found", hours=hours)


def tell_work(screen: Screen, priced: Sequence[LimitCost | SkillGap]) -> None:
    """What was done less than whole: samples, territories around, limits that were not tried."""
    parts = [answer.reps for one in priced if (answer := one.answer) is not None and answer.reps is not None]
    untried = sum(one.answer is None for one in priced)
    if any(one.sampled for one in priced):
        screen.tell(say("cost.sampled"))
    if parts:
        screen.tell(say("cost.around", count=len(parts), reps=max(parts)))
    if untried:
        screen.tell(say("cost.left", count=untried))


def tell_conflicts(screen: Screen, case: Case, problem: Problem, plan: Plan) -> None:
    """What cannot hold together, and the ways out."""
    from optimizer.building import build_hour_rates
    from optimizer.evaluation import evaluate
    from optimizer.explaining import explain_conflicts

    screen.tell(say("conflict.title"), "bold")
    impasses = explain_conflicts(problem, plan, rates=build_hour_rates(case))
    if not impasses:
        broken = len(evaluate(problem, plan).hard_violations)
        screen.tell(say("conflict.plan_breaks", count=broken) if broken else say("conflict.kept"), "green")
        return
    for impasse in impasses:
        screen.tell(say(f"conflict.{_judge(impasse)}"))
        for name, needed in list(zip(impasse.limits, impasse.needed, strict=True))[:FEW]:
            mark = " *" if impasse.proved and not needed else ""
            screen.tell(f"  - {name.sentence()}{mark}")
        if len(impasse.limits) > FEW:
            screen.tell(f"  {say('cli.more', count=len(impasse.limits) - FEW)}")
        if impasse.untried:
            screen.tell(f"  {say('conflict.untried', count=impasse.untried, all=len(impasse.limits))}")
    ways = impasses[0].ways
    screen.tell(say("conflict.ways" if ways else "conflict.no_way"))
    for way in ways:
        given = say("conflict.given", given=way.given / 1000) if way.given else ""
        gaps = {"changes": way.sentence(), "objective": way.objective / 1000, "given": given}
        code = "way" if way.proved else "way_about" if way.least_hours is None else "way_between"
        least = way.least_hours or 0.0
        screen.tell(f"  {say(f'conflict.{code}', hours=way.hours, least=least, **gaps)}")
        if way.unsettled:
            screen.tell(f"    {say('conflict.unsettled', count=way.unsettled, all=len(way.changes))}")


def _judge(impasse: Impasse) -> str:
    return "suspected" if not impasse.proved else "proved" if impasse.minimal else "needed"


def tell_skills(screen: Screen, case: Case, problem: Problem, plan: Plan) -> None:
    """What binds in skills, rights and regions, and whom to train, allow or hire."""
    from optimizer.explaining import explain_skills
    from optimizer.terminal import show_grid

    result = solve_again(problem, plan)
    if not result.ok:
        tell_conflicts(screen, case, problem, result.plan)
        return
    brief = explain_skills(case, problem, result, on_progress=tell_progress)
    screen.tell(say("skills.title"), "bold")
    if not (brief.binding or brief.regions or brief.gaps):
        screen.tell(f"  {say('skills.none')}")
        return
    if brief.binding or brief.regions:
        screen.tell(say("skills.binds"))
        binds = [(cost.sentence(), say_estimated(cost)) for cost in brief.binding[:MOST]]
        binds += [
            (say("skills.region", region=name), f"{hours:,.3f}") for name, hours in brief.regions[:MOST]
        ]
        show_grid(screen, (say("cost.limit"), say("cost.estimated")), binds, numbers={1})
    if brief.gaps:
        screen.tell(say("skills.brief"))
        rows = [
            (
                gap.sentence(),
                str(gap.customers),
                say_estimated(gap),
                say_confirmed(gap),
            )
            for gap in brief.gaps
        ]
        heads = (say("skills.change"), say("skills.customers"), say("cost.estimated"), say("cost.confirmed"))
        show_grid(screen, heads, rows, numbers={1, 2, 3})
        tell_work(screen, brief.gaps)


def tell_fairness(screen: Screen, problem: Problem, plan: Plan) -> None:
    """Where a plan and each rep's share lie among plans as good."""
    from optimizer.explaining import explain_fairness
    from optimizer.terminal import show_grid

    found = explain_fairness(problem, plan, seed=problem.seed)
    screen.tell(say("fairness.title"), "bold")
    if not found.spreads:
        screen.tell(f"  {say('fairness.stuck')}")
        return
    gaps = {"count": len(found.plans), "slack": found.slack, "seed": found.seed, "steps": found.changes}
    screen.tell(f"  {say('fairness.sample', **gaps)}")
    for spread in found.spreads:
        known = {"measure": spread.measure, "value": spread.value, "low": spread.low, "high": spread.high}
        screen.tell(f"  {say('fairness.spread', **known, below=spread.rank)}")
    hours = [share for share in found.shares if share.measure == "hours"]
    # whoever has much for a plan of this cost comes first
    rows = [
        (s.rep_id, f"{s.value:,.1f}", f"{s.low:,.1f}", f"{s.middle:,.1f}", f"{s.high:,.1f}", f"{s.rank:.0%}")
        for s in sorted(hours, key=lambda s: (-s.rank, s.rep_id))[:MOST]
    ]
    heads = [say(f"fairness.{head}") for head in ("rep", "value", "low", "middle", "high", "rank")]
    show_grid(screen, heads, rows, numbers={1, 2, 3, 4, 5})
    screen.tell(say("fairness.more"))


def solve_again(problem: Problem, plan: Plan) -> Result:
    """Plan again from a plan on, for the prices; what is confirmed is measured against the same search."""
    from optimizer.explaining.limits.confirming import solve_for_prices
    from optimizer.terminal import Screen

    Screen(stderr=True).tell(say("cost.solving"))
    return solve_for_prices(problem, plan)


def tell_progress(done: int, count: int) -> None:
    """How many plans without a limit, or with an idea, are made."""
    from optimizer.terminal import Screen

    if done % 5 == 0 or done == count:
        Screen(stderr=True).tell(say("cost.progress", done=done, all=count))
