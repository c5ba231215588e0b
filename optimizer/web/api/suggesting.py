"""Suggesting: the best owners of one customer, old or new, at once and without a new plan."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from optimizer.messages import Phrase
from optimizer.problem import UNITS_PER_HOUR
from optimizer.records import Customer
from optimizer.store import Missing
from optimizer.web.access import Guarded
from optimizer.web.api.plans import PlanId
from optimizer.web.room import Body, Here, Id
from optimizer.web.warm import Warm

router = APIRouter(prefix="/workspaces/{workspace}/plans/{plan_id}", tags=["suggesting"], route_class=Guarded)


class SuggestBody(Body):
    """A customer of the plan's case by its id, or a new one as a row of customers has it."""

    customer_id: Id | None = Field(None, examples=["c1"])
    customer: Customer | None = Field(None, description="A new customer")
    top: int = Field(5, ge=1, le=1000, description="How many are named")

    @model_validator(mode="after")
    def _one_of_both(self) -> SuggestBody:
        if (self.customer_id is None) == (self.customer is None):
            raise ValueError(Phrase("problem_reason.one_of"))
        return self


class SuggestionAnswer(BaseModel):
    """One possible owner. ``difference_hours``: of the objective against no owner, ``dearer_hours``: against the best.

    ``breaks``: hours by which hard constraints would be broken more, by constraint.
    """

    rep_id: str
    difference_hours: float
    dearer_hours: float
    terms: dict[str, float]
    breaks: dict[str, float]
    is_present: bool


_EXAMPLES = {
    "new": {
        "summary": "A new customer",
        "value": {"customer": {"customer_id": "c-new", "tier": "B", "hours": 6, "lat": 31.2, "lon": 121.5}},
    },
    "known": {"summary": "A customer of the case", "value": {"customer_id": "c1", "top": 3}},
}


@router.post(
    "/suggestions", openapi_extra={"requestBody": {"content": {"application/json": {"examples": _EXAMPLES}}}}
)
def suggest_owners(
    request: Request, here: Here, plan_id: PlanId, body: SuggestBody
) -> list[SuggestionAnswer]:
    """The best owners of a customer when all others keep theirs: those that break nothing first, then by hours."""
    warm: Warm = request.app.state.warm
    if body.customer is not None:
        row = body.customer.model_dump(exclude_none=True)
        found = warm.suggest_new(here, plan_id, row, body.top)
    else:
        try:
            found = warm.planned(here, plan_id).desk.suggest(str(body.customer_id), body.top)
        except KeyError:
            raise Missing("customer", str(body.customer_id)) from None
    return [
        SuggestionAnswer(
            rep_id=one.rep_id,
            difference_hours=one.hours,
            dearer_hours=one.dearer / UNITS_PER_HOUR,
            terms={name: amount / UNITS_PER_HOUR for name, amount in one.terms.items()},
            breaks={name: amount / UNITS_PER_HOUR for name, amount in one.breaks.items()},
            is_present=one.is_present,
        )
        for one in found
    ]
