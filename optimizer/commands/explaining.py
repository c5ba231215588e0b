"""explain: why a plan is as it is, for the whole, a rep, a customer, and those who have no owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.limiting import tell_conflicts, tell_fairness, tell_limits, tell_skills
from optimizer.commands.options import PLANNED, CaseArgument, MadeWithOption, PlanOption, deny, refuse
from optimizer.commands.task_reasons import tell_task
from optimizer.commands.variants import VariantOption, read_varied
from optimizer.messages import Joined, load_catalogue, say

if TYPE_CHECKING:
    from optimizer.case import Case
    from optimizer.explaining import Alternative, Asked, Ledger, OwnerReason
    from optimizer.plan import Plan
    from optimizer.problem import Problem
    from optimizer.rebalancing import State
    from optimizer.terminal import Screen

# OR-Tools, pandas and the rest are imported inside the command: `--help` answers at once.

MOST = 20  # rows of a list


CustomerOption = Annotated[
    str | None, typer.Option("--customer", "-c", metavar="ID", help="Why this customer is where it is.")
]
TaskOption = Annotated[
    str | None, typer.Option("--task", metavar="ID", help="Why this task has its doer and its week.")
]
RepOption = Annotated[
    str | None, typer.Option("--rep", metavar="ID", help="What this rep costs, customer by customer.")
]
WhyNotOption = Annotated[
    str | None,
    typer.Option(
        "--why-not", metavar="REP", help="With --customer: what it would take to give it to this rep."
    ),
]
UnservedOption = Annotated[
    bool, typer.Option("--unserved", help="Why each customer without an owner has none.")
]
LimitsOption = Annotated[
    bool,
    typer.Option(
        "--limits", help="What each limit costs: the 20 dearest, each confirmed by planning without it."
    ),
]
ConflictsOption = Annotated[
    bool, typer.Option("--conflicts", help="What cannot hold together, and the ways out with their prices.")
]
SkillsOption = Annotated[
    bool, typer.Option("--skills", help="Which skills and rights bind; whom to train, allow or hire.")
]
FairnessOption = Annotated[
    bool, typer.Option("--fairness", help="Where the plan lies among plans about as good.")
]


def explain(
    case: CaseArgument,
    plan: PlanOption,
    customer: CustomerOption = None,
    task: TaskOption = None,
    rep: RepOption = None,
    why_not: WhyNotOption = None,
    unserved: UnservedOption = False,
    limits: LimitsOption = False,
    conflicts: ConflictsOption = False,
    skills: SkillsOption = False,
    fairness: FairnessOption = False,
    progress: MadeWithOption = None,
    variant: VariantOption = None,
) -> None:
    """Say why a plan is as it is: without options what the objective is made of, by term and by rep.

    Nothing is changed. --why-not solves the territories around anew; --limits, --conflicts and --skills plan again many
    times; everything else is looked up.
    """
    from optimizer.terminal import Screen

    if why_not is not None and customer is None:
        raise typer.BadParameter(say("explain.whose"), param_hint="--why-not")
    screen = Screen()
    planned = read_planned(case, plan, progress, variant)
    given, problem, made = planned.given, planned.problem, planned.made
    if customer is not None and why_not is not None:
        tell_why_not(screen, case, problem, made, customer, why_not)
    elif customer is not None:
        tell_owner(screen, case, planned, customer)
    if task is not None:
        tell_task(screen, case, plan, planned, task)
    if rep is not None:
        tell_rep(screen, case, problem, made, rep)
    if unserved:
        tell_unserved(screen, planned)
    for asked, tell in ((limits, tell_limits), (conflicts, tell_conflicts), (skills, tell_skills)):
        if asked:
            tell(screen, given, problem, made)
    if fairness:
        tell_fairness(screen, problem, made)
    if (customer, task, rep) == (None, None, None) and not (
        unserved or limits or conflicts or skills or fairness
    ):
        tell_score(screen, problem, made)
    raise typer.Exit(PLANNED)


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan that was ``made`` of ``problem``, which the case ``given`` poses.

    Of a rebalance ``state`` is the one it was made of and ``asked`` what it asked of its moves; else None.
    """

    given: Case
    problem: Problem
    made: Plan
    state: State | None = None
    asked: Asked | None = None


def read_planned(case: Path, plan: Path, progress: Path | None, variant: str | None = None) -> Planned:
    """The plan in the folder and what it was made of: the case, or a variant of it, as it was before the plan; of a
    rebalance as it was on its evening. Or the end, with their findings.
    """  # fmt: skip
    from optimizer.building import build_problem
    from optimizer.findings import InputError
    from optimizer.in_force import restore_owners
    from optimizer.plan import Plan
    from optimizer.reading import read_assignments, read_plan
    from optimizer.reading.in_force import read_since
    from optimizer.terminal import Screen, show_findings

    if read_since(plan) is not None:
        return restate_planned(case, plan, progress, variant)
    if progress is not None:
        Screen().tell(say("cli.progress_unused", plan=plan), "yellow")
    given = read_varied(case, variant, None)
    try:
        owner, findings = read_assignments(plan / "assignments.csv", given)
        given = restore_owners(given, read_plan(plan, with_tasks=False)[0])
    except InputError as error:
        refuse("bad_plan", plan, error.findings, None)
    if findings and (owner < 0).all():  # the plan of another case: there is nothing to explain
        refuse("bad_plan", plan, findings, None)
    show_findings(Screen(stderr=True), findings)
    return Planned(given, build_problem(given), Plan(owner))


def restate_planned(case: Path, plan: Path, progress: Path | None, variant: str | None) -> Planned:
    """The same for a rebalance: what is frozen is locked, and no more moves are allowed than were."""
    from optimizer.building import build_problem
    from optimizer.commands.in_force import read_rebalanced
    from optimizer.explaining import pose_asked
    from optimizer.reading.in_force import read_rebalance
    from optimizer.rebalancing import find_owners, recall_scope

    state, in_force = read_rebalanced(case, plan, progress, variant)
    given, told = state.held_case(), read_rebalance(plan)
    scope = None if told.recipe is None else recall_scope(told.recipe, state)
    posed = build_problem(given)
    problem, asked = pose_asked(posed, given.scenario, told.hurdle, told.calm, told.max_moves, scope)
    return Planned(given, problem, find_owners(problem, in_force), state, asked)


def tell_owner(screen: Screen, case: Path, planned: Planned, customer: str) -> None:
    """Why one customer is where it is, and what every other rep would change."""
    import numpy as np

    from optimizer.explaining import explain_asked_owner
    from optimizer.explaining.assignments.promises import list_promises

    problem = planned.problem
    try:
        reason = explain_asked_owner(problem, planned.made, customer, planned.asked)
    except KeyError:
        deny("explain.no_such_customer", customer, problem.customer_ids, case)
    title = "explain.title_unserved" if reason.rep_id is None else "explain.title_owner"
    screen.tell(say(title, customer=customer, rep=reason.rep_id), "bold")
    mates = np.flatnonzero(np.isin(problem.customer_ids, reason.customer_ids))
    promises = list_promises(planned.given, problem, mates)
    for line in (*describe_owner(reason), *(promise.sentence(problem) for promise in promises)):
        screen.tell(f"  {line}")
    rows = [
        (
            a.rep_id or say("explain.nobody_rep"),
            "" if a.km is None else f"{a.km:,.1f}",
            f"{a.hours:+,.3f}",
            a.sentence(),
        )
        for a in reason.alternatives[:MOST]
    ]
    show_list(screen, "explain.reps", ("rep", "km", "difference", "what"), rows, len(reason.alternatives))


def describe_owner(reason: OwnerReason) -> list[str]:
    """Why one customer is where it is, in a few sentences."""
    lines = [reason.sentence()]
    if len(reason.customer_ids) > 1:
        others = [name for name in reason.customer_ids if name != reason.customer_id]
        lines.append(say("explain.group", count=len(others), names=Joined(tuple(others[:MOST]))))
    if reason.rival is not None:
        lines.append(reason.rival.sentence())
    if reason.rep_id is not None:
        best = reason.runner_up
        lines.append(say("explain.no_runner_up") if best is None else _name("runner_up", best))
    if reason.nearest is not None:
        lines.append(_name("nearest", reason.nearest))
    if reason.before is not None:
        lines.append(_name("before", reason.before))
    return lines


def _name(role: str, alternative: Alternative) -> str:
    gaps = {"rep": alternative.rep_id, "what": alternative.sentence(), "km": alternative.km or 0.0}
    return say(f"explain.{role}", **gaps)


def tell_why_not(screen: Screen, case: Path, problem: Problem, plan: Plan, customer: str, rep: str) -> None:
    """What it would take to give a customer to a certain rep."""
    from optimizer.explaining import explain_why_not
    from optimizer.explaining.figures import list_changed

    if customer not in set(problem.customer_ids.tolist()):
        deny("explain.no_such_customer", customer, problem.customer_ids, case)
    if rep not in set(problem.rep_ids.tolist()):
        deny("explain.no_such_rep", rep, problem.rep_ids, case)
    found = explain_why_not(problem, plan, customer, rep)
    screen.tell(found.sentence(), "bold")
    rows = [
        (
            f.label(),
            *(show_figure(value, f.unit) for value in (f.before, f.after)),
            show_figure(f.change, f.unit, "+"),
        )
        for f in list_changed(found.figures)
    ]
    show_list(screen, "explain.figures", ("figure", "now", "then", "change_head"), rows, len(rows))
    if found.shifts:
        screen.tell(say("explain.shifts"))
    for shift in found.shifts[:MOST]:
        screen.tell(f"  {shift.sentence()}")
    if len(found.shifts) > MOST:
        screen.tell(f"  {say('cli.more', count=len(found.shifts) - MOST)}")


def show_figure(value: float, unit: str, sign: str = "") -> str:
    """A figure in its unit: hours with three decimals, shares as percentages, counts whole."""
    spec = {"hours": ",.3f", "share": ".1%"}.get(unit, ",.0f")
    return format(value, sign + spec)


def tell_rep(screen: Screen, case: Path, problem: Problem, plan: Plan, rep: str) -> None:
    """What one rep costs by term, and each of its customers."""
    from optimizer.explaining import explain_score

    numbers = {name: k for k, name in enumerate(problem.rep_ids.tolist())}
    if rep not in numbers:
        deny("explain.no_such_rep", rep, problem.rep_ids, case)
    ledger = explain_score(problem, plan)
    mine, terms = ledger.list_customers(numbers[rep]), ledger.of_rep(numbers[rep])
    total = sum(terms.values())
    screen.tell(say("explain.title_rep", rep=rep, count=len(mine), hours=total / 1000), "bold")
    show_terms(screen, terms, total)
    show_list(
        screen,
        "explain.of_customers",
        ("customer", "hours"),
        [(name, f"{cost / 1000:,.3f}") for name, cost in mine[:MOST]],
        len(mine),
    )


def tell_score(screen: Screen, problem: Problem, plan: Plan) -> None:
    """What the objective is made of, by term and by rep."""
    from optimizer.explaining import explain_score

    ledger = explain_score(problem, plan)
    screen.tell(say("explain.title_score", hours=ledger.objective / 1000), "bold")
    show_terms(screen, ledger.terms, ledger.objective)
    rows = list_reps(ledger)
    show_list(screen, "explain.of_reps", ("rep", "hours"), rows[:MOST], len(rows))
    screen.tell(say("explain.others"))


def list_reps(ledger: Ledger) -> list[tuple[str, str]]:
    """Reps, nobody and the team with what each costs, the dearest first."""
    names = [*ledger.rep_ids.tolist(), say("explain.nobody_rep"), say("explain.team")]
    costs = [*ledger.reps.tolist(), sum(ledger.team.values())]
    order = sorted((k for k in range(len(names)) if costs[k]), key=lambda k: -costs[k])
    return [(names[k], f"{costs[k] / 1000:,.3f}") for k in order]


def tell_unserved(screen: Screen, planned: Planned) -> None:
    """Why each customer without an owner has none."""
    from optimizer.explaining import explain_asked_unserved

    reasons = explain_asked_unserved(planned.problem, planned.made, planned.asked)
    if not reasons:
        screen.tell(say("explain.none_unserved"), "green")
        return
    screen.tell(say("explain.count_unserved", count=sum(len(r.customers) for r in reasons)), "bold")
    for reason in reasons[:MOST]:
        names = Joined(tuple(reason.customer_ids))
        screen.tell(
            f"  {say('explain.line_unserved', customer=names, code=reason.code, reason=reason.sentence())}"
        )
    if len(reasons) > MOST:
        screen.tell(f"  {say('cli.more', count=len(reasons) - MOST)}")


def show_terms(screen: Screen, terms: dict[str, int], total: int) -> None:
    """The parts of a cost, the largest first, and their sum."""
    from optimizer.terminal import show_grid

    words = load_catalogue()
    ordered = sorted((item for item in terms.items() if item[1]), key=lambda item: -abs(item[1]))
    rows = [(words.get(f"term.{name}", name), f"{amount / 1000:,.3f}") for name, amount in ordered]
    rows.append((say("explain.total"), f"{total / 1000:,.3f}"))
    show_grid(screen, (say("explain.term"), say("explain.hours")), rows, numbers={1})


def show_list(
    screen: Screen, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], count: int
) -> None:
    """A list with its title; of a long one how many more there are."""
    from optimizer.terminal import show_grid

    if not rows:
        return
    screen.tell(say(title))
    numbers = {
        k
        for k, head in enumerate(heads)
        if head in ("km", "hours", "difference", "now", "then", "change_head")
    }
    show_grid(screen, [say(f"explain.{head}") for head in heads], rows, numbers=numbers)
    if count > len(rows):
        screen.tell(f"  {say('cli.more', count=count - len(rows))}")
