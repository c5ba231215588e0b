"""Explaining: what a plan is paid for, and why a customer, a rep or those without an owner are where they are."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from optimizer.explaining import Shift, explain_asked_owner, explain_asked_unserved, explain_score
from optimizer.explaining import explain_why_not as find_counterfactual
from optimizer.explaining.assignments.alternatives import Alternative
from optimizer.explaining.assignments.counterfactual import QUICK
from optimizer.explaining.ledger import to_hours
from optimizer.problem import UNITS_PER_HOUR
from optimizer.store import Missing
from optimizer.web.access import Guarded
from optimizer.web.api.plans import PlanId
from optimizer.web.room import Here, Id, Limit
from optimizer.web.warm import Warm

router = APIRouter(
    prefix="/workspaces/{workspace}/plans/{plan_id}/explanation", tags=["explaining"], route_class=Guarded
)


class PlanReason(BaseModel):
    """What the objective is made of, in hours; the sums are exact."""

    objective_hours: float
    terms: dict[str, float] = Field(examples=[{"travel": 412.0, "moves": 96.0}])
    reps: dict[str, float]
    nobody_hours: float
    team: dict[str, float]


class AlternativeAnswer(BaseModel):
    """Another owner, all else staying as it is. ``barrier``: the hard constraint in the way."""

    rep_id: str | None
    difference_hours: float
    barrier: str | None
    km: float | None
    sentence: str


class CustomerReason(BaseModel):
    """Why a customer is with its rep, or with nobody."""

    customer_id: str
    together_with: list[str]
    rep_id: str | None
    code: str
    sentence: str
    terms: dict[str, float]
    alternatives: list[AlternativeAnswer]


class RepReason(BaseModel):
    """What a rep costs by term, and the dearest customers."""

    rep_id: str
    hours: float
    terms: dict[str, float]
    customers_count: int
    customers: dict[str, float]


class WhyUnserved(BaseModel):
    """Why a customer, or a group that is decided as one, has no owner."""

    customer_ids: list[str]
    code: str
    rep_id: str | None
    sentence: str


class ShiftAnswer(BaseModel):
    """Other customers that change hands because of it. ``gain_hours``: what is lost if they stay."""

    customer_ids: list[str]
    from_rep: str | None
    to_rep: str | None
    gain_hours: float
    needed: bool = Field(description="Hard constraints are broken if they stay")
    sentence: str


class FigureAnswer(BaseModel):
    """A figure before and after. ``unit``: hours, share (of 1) or count."""

    name: str
    label: str
    unit: str
    before: float
    after: float


class BrokenAnswer(BaseModel):
    """A hard constraint that would be broken and is not now."""

    code: str
    customer_id: str | None
    rep_id: str | None
    amount: float
    sentence: str


class WhyNotAnswer(BaseModel):
    """What it would take to give a customer to a certain rep, the ``territories`` around being decided anew."""

    customer_id: str
    together_with: list[str]
    rep_id: str
    before_rep: str | None
    difference_hours: float = Field(description="By which the objective rises")
    alone_hours: float = Field(description="The same with all else as it is")
    barrier: str | None = Field(description="The hard constraint in the way of the pair itself")
    terms: dict[str, float]
    broken: list[BrokenAnswer]
    shifts: list[ShiftAnswer]
    figures: list[FigureAnswer]
    territories: int
    better_hours: float = Field(description="By which a short search without the pair makes the plan cheaper")
    sentence: str


@router.get("")
def explain_plan(request: Request, here: Here, plan_id: PlanId) -> PlanReason:
    """What the objective is made of, by term and by rep."""
    planned = _warm(request).planned(here, plan_id)
    ledger = explain_score(planned.problem, planned.plan)
    reps = (ledger.reps / UNITS_PER_HOUR).tolist()
    return PlanReason(
        objective_hours=ledger.objective / UNITS_PER_HOUR,
        terms=to_hours(ledger.terms),
        reps=dict(zip(ledger.rep_ids.tolist(), reps, strict=False)),
        nobody_hours=reps[-1],
        team=to_hours(ledger.team),
    )


@router.get("/customer")
def explain_customer(
    request: Request,
    here: Here,
    plan_id: PlanId,
    customer_id: Annotated[Id, Query(examples=["c1"])],
    limit: Limit = 20,
) -> CustomerReason:
    """Why a customer is where it is, and what every other rep would change."""
    planned = _warm(request).planned(here, plan_id)
    try:
        reason = explain_asked_owner(planned.problem, planned.plan, customer_id, planned.asked)
    except KeyError:
        raise Missing("customer", customer_id) from None
    return CustomerReason(
        customer_id=reason.customer_id,
        together_with=[str(name) for name in reason.customer_ids if name != reason.customer_id],
        rep_id=reason.rep_id,
        code=reason.code,
        sentence=reason.sentence(),
        terms=to_hours(reason.terms),
        alternatives=[_describe(one) for one in reason.alternatives[:limit]],
    )


@router.get("/why-not")
def explain_why_not(
    request: Request,
    here: Here,
    plan_id: PlanId,
    customer_id: Annotated[Id, Query(examples=["c1"])],
    rep_id: Annotated[Id, Query(examples=["r2"])],
    limit: Limit = 20,
) -> WhyNotAnswer:
    """Why a customer is not with a certain rep: what that would change, and who else would change hands."""
    planned = _warm(request).planned(here, plan_id)
    for kind, name, known in (
        ("customer", customer_id, planned.problem.customer_ids),
        ("rep", rep_id, planned.problem.rep_ids),
    ):
        if not (known == name).any():
            raise Missing(kind, name)
    found = find_counterfactual(planned.problem, planned.plan, customer_id, rep_id, effort=QUICK)
    return WhyNotAnswer(
        customer_id=customer_id,
        together_with=[str(name) for name in found.customer_ids if name != customer_id],
        rep_id=rep_id,
        before_rep=found.before_rep,
        difference_hours=found.hours,
        alone_hours=found.alone.hours,
        barrier=found.alone.barrier,
        terms=to_hours(found.terms),
        broken=[
            BrokenAnswer(
                code=one.code,
                customer_id=one.customer_id,
                rep_id=one.rep_id,
                amount=one.amount,
                sentence=one.sentence(),
            )
            for one in found.broken[:limit]
        ],
        shifts=[_tell_shift(one) for one in found.shifts[:limit]],
        figures=[
            FigureAnswer(name=one.name, label=one.label(), unit=one.unit, before=one.before, after=one.after)
            for one in found.figures
        ],
        territories=found.n_reps,
        better_hours=found.better_hours,
        sentence=found.sentence(),
    )


@router.get("/rep")
def explain_rep(
    request: Request,
    here: Here,
    plan_id: PlanId,
    rep_id: Annotated[Id, Query(examples=["r1"])],
    limit: Limit = 20,
) -> RepReason:
    """What a rep costs by term, and each of its customers, the dearest first."""
    planned = _warm(request).planned(here, plan_id)
    found = np.flatnonzero(planned.problem.rep_ids == rep_id)
    if not len(found):
        raise Missing("rep", rep_id)
    rep = int(found[0])
    ledger = explain_score(planned.problem, planned.plan)
    terms, mine = ledger.of_rep(rep), ledger.list_customers(rep)
    return RepReason(
        rep_id=rep_id,
        hours=sum(terms.values()) / UNITS_PER_HOUR,
        terms=to_hours(terms),
        customers_count=len(mine),
        customers={name: cost / UNITS_PER_HOUR for name, cost in mine[:limit]},
    )


@router.get("/unserved")
def explain_unserved(request: Request, here: Here, plan_id: PlanId, limit: Limit = 100) -> list[WhyUnserved]:
    """Why each customer without an owner has none."""
    planned = _warm(request).planned(here, plan_id)
    return [
        WhyUnserved(
            customer_ids=[str(name) for name in reason.customer_ids],
            code=reason.code,
            rep_id=reason.rep_id,
            sentence=reason.sentence(),
        )
        for reason in explain_asked_unserved(planned.problem, planned.plan, planned.asked)[:limit]
    ]


def _warm(request: Request) -> Warm:
    warm: Warm = request.app.state.warm
    return warm


def _tell_shift(one: Shift) -> ShiftAnswer:
    return ShiftAnswer(
        customer_ids=[str(name) for name in one.customer_ids],
        from_rep=one.from_rep,
        to_rep=one.to_rep,
        gain_hours=one.gain / UNITS_PER_HOUR,
        needed=one.needed > 0,
        sentence=one.sentence(),
    )


def _describe(one: Alternative) -> AlternativeAnswer:
    km = None if one.km is None or np.isnan(one.km) else float(one.km)
    return AlternativeAnswer(
        rep_id=one.rep_id, difference_hours=one.hours, barrier=one.barrier, km=km, sentence=one.sentence()
    )
