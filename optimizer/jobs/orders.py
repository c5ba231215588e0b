"""Orders: what can be asked for as a job, one model a kind; ids and settings, no tables.

The models are what an API takes and what the database keeps, so that nothing can be asked for that nobody understands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from optimizer.comparing.frontier.frontiers import FEWEST, MOST, USUAL
from optimizer.comparing.sizing.size import MOST_SIZES

ReportKind = Literal["page", "workbook", "map"]
Lang = Literal["en", "zh"]
Topic = Literal["limits", "skills", "fairness", "conflicts"]


class Order(BaseModel):
    """What a job is to do. ``kind`` names it in the database."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]


class _OfCase(Order):
    case_version_id: str = Field(description="The version of a case")
    variant: str = Field("", description="A variant of the case that is laid on it first, or several: a+b")
    seed: int | None = Field(None, ge=0, description="Instead of the scenario's")


class PlanOrder(_OfCase):
    """Plan a case: who owns which customer, and who does which task in which week. Makes a draft."""

    kind: ClassVar[str] = "plan"
    name: str = Field("", max_length=200, description="What the plan is called")
    time_limit: float | None = Field(
        None, gt=0, description="Seconds; without it as much work as the scenario allows"
    )
    schedule: bool = Field(True, description="Put the tasks into weeks too")
    reports: tuple[ReportKind, ...] = Field(("page",), description="Files that are kept with the plan")
    lang: Lang = Field("en", description="The language of these files")


class RebalanceOrder(Order):
    """Propose the smallest change of a plan that is worth it after what happened, or say why none is.

    A proposal is a plan of its own, submitted for approval. With ``apply`` it is approved and published from
    ``starts`` on at once where it keeps to the limits of the workspace (``change_limits``) and the plan it changes
    is still in force.
    """

    kind: ClassVar[str] = "rebalance"
    plan_id: str = Field(description="The plan as it is now")
    as_of: dt.date | None = Field(None, description="The evening it looks from [the day of the last event]")
    max_moves: int | None = Field(None, ge=0, description="The most customers that may leave their owner")
    seed: int | None = Field(None, ge=0, description="Instead of the scenario's")
    name: str = Field("", max_length=200, description="What the proposal is called")
    time_limit: float | None = Field(None, gt=0, description="Seconds")
    schedule: bool = Field(True, description="Put what is left of the tasks into weeks too")
    reports: tuple[ReportKind, ...] = Field(("page",), description="Files that are kept with the proposal")
    lang: Lang = Field("en", description="The language of these files")
    apply: bool = Field(False, description="Publish it by itself where the workspace's limits allow it")
    starts: dt.date | None = Field(
        None, description="From when on, where it is applied [the day after as_of]"
    )


class FrontierOrder(_OfCase):
    """Find plans that nothing dominates over travel, balance and moves. Makes a draft of each."""

    kind: ClassVar[str] = "frontier"
    plan_id: str | None = Field(
        None, description="The plan that moves are counted from [the records' owners]"
    )
    points: int = Field(USUAL, ge=FEWEST, le=MOST, description="How many plans")


class SweepOrder(_OfCase):
    """Plan a case for many values of its scenario. Makes no plans: its answers are figures."""

    kind: ClassVar[str] = "sweep"
    values: dict[str, list[Any]] | list[dict[str, Any]] = Field(
        description="Values by the place of a setting, in every combination; or a list of points"
    )
    seeds: tuple[int, ...] = Field((), description="Each point once for each of them")


class SizeOrder(_OfCase):
    """Find how many reps a case needs, who of them, and where. Its answers are figures for each headcount."""

    kind: ClassVar[str] = "size"
    reps: tuple[int, int] | None = Field(
        None, description=f"The first and the last headcount, {MOST_SIZES} at most [found]"
    )
    keep_guardrails: bool = Field(False, description="Enough is only what keeps the case's guardrails")


class CompareOrder(Order):
    """Set plans beside each other: every figure of every plan."""

    kind: ClassVar[str] = "compare"
    plan_ids: tuple[str, ...] = Field(min_length=1, max_length=50, description="The plans")
    baseline: str | None = Field(None, description="The plan that the others are held against [the first]")


class ExplainOrder(Order):
    """Say what holds a plan back: what limits cost, whom to train or hire, how fair it is, what cannot hold.

    Limits and skills are confirmed by planning again many times.
    """

    kind: ClassVar[str] = "explain"
    plan_id: str = Field(description="The plan")
    about: Topic = Field(description="What is asked")


ORDERS: Mapping[str, type[Order]] = {
    model.kind: model
    for model in (
        PlanOrder,
        RebalanceOrder,
        FrontierOrder,
        SweepOrder,
        SizeOrder,
        CompareOrder,
        ExplainOrder,
    )
}
