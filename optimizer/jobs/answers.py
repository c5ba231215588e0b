"""Answers: what each kind of job gives when it is done, one model a kind.

Jobs write what they keep themselves, and nobody reads it through these models: what another release wrote is told as it
is. The API's document shows them, and tests hold every job to its own.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from optimizer.jobs.orders import Topic

Kpis = dict[str, float | str | None]


class Answer(BaseModel):
    """Part of what a job gives."""

    model_config = ConfigDict(extra="forbid")


class Spoken(Answer):
    """The same sentence in each language."""

    en: str
    zh: str


class PlanAnswer(Answer):
    """A plan was made, a draft. Hours; ``gap``: how far from the best possible it is at most, of 1."""

    plan_id: str
    case_version_id: str = Field(description="With a variant a version of its own")
    status: str = Field(examples=["optimal"])
    objective: float
    bound: float | None
    gap: float | None
    keeps_all: bool = Field(description="It breaks no hard constraint")
    accepted: bool = Field(description="And keeps the case's guardrails")


class RebalanceAnswer(Answer):
    """A proposal, or why there is none (``plan_id`` null). ``held_by``: why it was not applied by itself, as codes."""

    plan_id: str | None
    parent_id: str
    case_version_id: str
    as_of: dt.date
    worthwhile: bool
    moves: int
    placed: int = Field(description="Customers without an owner who get one")
    moved_tiers: list[str]
    gain_hours: float
    cost_hours: float
    saved_hours: float
    hard_before: int
    hard_after: int
    sentence: Spoken
    applied: bool
    publication: int | None
    held_by: list[str] = Field(examples=[["not_automatic"]])
    kpis: Kpis | None = None


class FrontierRates(Answer):
    """Hours of travel that an hour outside a corridor, and a customer who moves, is worth."""

    balance: float
    move: float


class FrontierPointAnswer(Answer):
    """One of the plans that nothing dominates, a draft. ``aims``: travel, balance and moves."""

    key: str
    name: Spoken
    plan_id: str
    aims: list[float]
    rates: FrontierRates
    objective: float
    bound: float | None
    gap: float | None
    keeps_all: bool
    kpis: Kpis


class FrontierAnswer(Answer):
    """Plans that nothing dominates, and where the owners of today stand beside them."""

    case_version_id: str
    points: list[FrontierPointAnswer]
    today_aims: list[float]
    today_kpis: Kpis
    broken: int | None


class SweepFailure(Answer):
    """A point without a plan."""

    values: dict[str, Any]
    seed: int
    failure: str | None


class SweepEffect(Answer):
    """What one value of a setting does to one figure, over all points with that value."""

    place: str = Field(examples=["travel.price"])
    value: Any
    kpi: str
    points: int
    mean: float
    least: float
    most: float


class SweepAnswer(Answer):
    """How many points were planned; their figures stand under ``/answers``."""

    points: int
    finished: int
    failed: list[SweepFailure]
    effects: list[SweepEffect]


class SweepPoint(Answer):
    """What one point of a sweep came to, told as soon as it is there."""

    values: dict[str, Any]
    seed: int
    status: str
    kpis: Kpis
    version: str = Field(description="Of the optimizer")


class SizeRule(Answer):
    """Customers who need so many reps whatever else is done."""

    what: str
    who: Spoken
    customers: int
    above_hours: float | None
    need: float
    reach: float
    fewest: int


class SizeProof(Answer):
    """Why fewer reps are not enough."""

    why: str
    sentence: Spoken
    least: int
    stranded: list[str]
    rules: list[SizeRule]


class SizeHeadcount(Answer):
    """What so many reps come to; hours."""

    reps: int
    state: str
    total_hours: float | None
    leaving_hours: float | None
    bound_hours: float | None
    gap: float | None
    status: str | None
    failure: str | None
    every_team_tried: bool
    leave: list[str]
    join: list[dict[str, Any]]
    newcomers: list[dict[str, Any]]
    kpis: Kpis
    variant: str | None


class SizeAnswer(Answer):
    """The fewest reps that are enough, what proves it, and every headcount that was tried."""

    smallest: int | None
    lower: int
    proved: bool
    today: int
    answer: Spoken
    proof: SizeProof
    headcounts: list[SizeHeadcount]
    version: str
    input_hash: str
    case: str


class CompareKpi(Answer):
    """One figure of every plan, in the order of the plans. ``best``: numbers of the plans whose it is."""

    name: str
    label: Spoken
    unit: str
    better: str | None
    values: list[float | None]
    differences: list[float | None]
    best: list[int]


class CompareAnswer(Answer):
    """Plans beside each other."""

    plan_ids: list[str]
    baseline: str
    kpis: list[CompareKpi]
    accepted: dict[str, bool | None]


class PricedAnswer(Answer):
    """Hours by the solver's prices, and as planning again with one and the same search, once so and once so, finds."""

    estimated_hours: float
    sampled: bool = Field(description="A part of the customers concerned was priced for all of them")
    tried: bool = Field(description="It was planned again")
    territories: int | None = Field(
        description="How many territories were planned again, because the plan is large; null: the whole, or nothing"
    )
    confirmed_hours: float | None
    proved: bool = Field(description="What is confirmed is exact; else it is what two searches found")


class LimitAnswer(PricedAnswer):
    """What a limit costs; ``step``: of what amount the estimate is, null: of doing without."""

    kind: str = Field(examples=["capacity"])
    sentence: Spoken
    step: float | None
    unit: str
    step_sentence: Spoken


class SkillAnswer(PricedAnswer):
    """An idea: to train, to allow or to hire somebody."""

    code: str = Field(examples=["train"])
    sentence: Spoken
    customers: int


class SkillsAnswer(Answer):
    """Skills and tier rights that bind, hours by region, and the best ideas."""

    binding: list[LimitAnswer]
    regions: dict[str, float]
    ideas: list[SkillAnswer]


class SpreadAnswer(Answer):
    """How far apart reps are in a measure, of their target, and in 5 % and 95 % of plans about as good."""

    measure: str
    value: float
    low: float
    high: float
    rank: float = Field(description="Share of those plans with a smaller one")


class ShareAnswer(Answer):
    """What a rep has of a measure, and 5 %, half and 95 % of what plans about as good give."""

    rep_id: str
    measure: str
    value: float
    low: float
    middle: float
    high: float
    rank: float


class FairnessAnswer(Answer):
    """Where the plan lies among ``plans`` that cost at most ``slack`` (of 1) more; without changes it stands alone."""

    plans: int
    changes: int
    slack: float
    seed: int
    spreads: list[SpreadAnswer]
    shares: list[ShareAnswer]


class ConflictLimit(Answer):
    """A limit that cannot hold with the others. ``needed``: it is shown that without it the others can."""

    kind: str
    sentence: Spoken
    needed: bool


class WayAnswer(Answer):
    """Changes after which everything holds, and what the best plan found then costs, with what they ask for."""

    sentence: Spoken
    hours: float
    least_hours: float | None = Field(description="No plan costs less with it; null where that is not known")
    objective_hours: float
    given_hours: float
    proved: bool = Field(description="No plan costs less then")
    unsettled: int = Field(description="Of how many of its changes no search settled whether they are needed")


class ConflictAnswer(Answer):
    """Limits that cannot all hold; not ``proved``: those that the best plan found breaks."""

    proved: bool
    limits: list[ConflictLimit]
    untried: int
    ways: list[WayAnswer]


class ExplainAnswer(Answer):
    """What was asked about; where not every hard constraint can hold, ``conflicts`` say why instead.

    Empty ``conflicts`` of a plan that breaks something: another plan keeps everything.
    """

    plan_id: str
    about: Topic
    broken: int = Field(description="How many hard constraints the plan breaks")
    limits: list[LimitAnswer] | None
    skills: SkillsAnswer | None
    fairness: FairnessAnswer | None
    conflicts: list[ConflictAnswer] | None
