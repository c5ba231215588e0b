"""What the planner wants: horizon, tiers, constraints, corridors and prices. One ``scenario.toml``.

Every price is in selling hours (the currency of the objective). A constraint whose ``price`` is left out is
hard; with a price it may be broken and pays. Every field has a default: an empty file plans.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from optimizer.messages import Phrase

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]

_SKILLS = (
    r"^\s*([^;:@\s][^;:@]*(:\s*(100|[1-9][0-9]?)\s*)?(;|$)\s*)*$"  # names with levels 1 to 100, ; between
)


class Section(BaseModel):
    """A table of the scenario; an unknown key is a mistake, not an extension."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Season(Section):
    """Days on which everybody has more or fewer selling hours than usual."""

    starts: dt.date = Field(description="First day")
    ends: dt.date = Field(description="Last day")
    share: Annotated[float, Field(ge=0, le=3)] = Field(description="Share of a usual day's selling hours")

    @model_validator(mode="after")
    def _ordered(self) -> Season:
        if self.ends < self.starts:
            raise ValueError(Phrase("setting.ends_before_starts", {"ends": self.ends, "starts": self.starts}))
        return self


class Horizon(Section):
    """The weeks that are planned and the hours in them."""

    start: dt.date | None = Field(
        None, description="First day. Without it dates in the records cannot be used"
    )
    weeks: Annotated[int, Field(ge=1, le=530)] = Field(13, description="Length in weeks")
    hours_per_week: Positive = Field(40.0, description="Working hours of a full week")
    field_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.6, description="Share of working time that is selling time (not meetings, administration, training)"
    )
    workdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field((1, 2, 3, 4, 5), description="1 = Monday")
    holidays: tuple[dt.date, ...] = Field((), description="Days off for all")
    extra_workdays: tuple[dt.date, ...] = Field((), description="Make-up working days on weekends")
    seasons: tuple[Season, ...] = Field((), description="Days with more or fewer selling hours than usual")


class Tier(Section):
    """How much service a customer of this tier gets, and what losing or moving it costs."""

    visits: NonNegative = Field(description="Visits per quarter of 13 weeks")
    hours_per_visit: NonNegative = Field(description="Selling hours of a visit, preparation included")
    handover_hours: NonNegative = Field(0.0, description="Hours lost when such a customer changes owner")
    unserved_price: NonNegative = Field(
        5.0, description="Price of leaving it unserved, a multiple of its hours"
    )
    roles: tuple[str, ...] = Field((), description="Only reps of these roles may serve it (empty: any)")
    gap_weeks: Positive | None = Field(
        None, description="Ideal weeks between visits (empty: the horizon's weeks / visits)"
    )
    min_gap_weeks: NonNegative | None = Field(
        None, description="Fewest weeks between visits; hard, whole weeks (empty: half of gap_weeks)"
    )


class Corridor(Section):
    """The allowed range of every territory's share of a measure around its target."""

    measure: str = Field(description="hours, customers, potential, revenue or any numeric customer column")
    tolerance: Share = Field(0.1, description="Allowed deviation from target, as a share of it")
    target: str = Field(
        "capacity",
        description="capacity, equal, or a numeric rep column (such as quota): how targets are shared",
    )
    price: NonNegative | None = Field(
        None,
        description="Hours per hour outside; other measures are converted at total hours : total measure. "
        "Empty: hard",
    )


class Priced(Section):
    """A constraint that is hard, or priced."""

    price: NonNegative | None = Field(None, description="Hours per unit outside; empty: hard")


class Coverage(Section):
    """Whether every customer must have an owner."""

    hard: bool = Field(False, description="true: nobody may be unserved; false: at the tier's unserved_price")


class Capacity(Priced):
    """Selling hours of a territory against the rep's. Unit of the price: an hour above."""

    limit: Positive = Field(1.0, description="Largest utilisation")
    count_travel: bool = Field(False, description="Travel hours use capacity too")
    spares_present: bool = Field(
        False,
        description="Where it is hard: who owns more than there is time for may keep it, and is given nothing on top",
    )
    slip_price: NonNegative = Field(
        1.0,
        description="Where it is hard, for the rest of a quarter that has begun: what an hour of work costs that "
        "slips, because its owner has no time left. Nobody loses an owner for that",
    )


class CountRange(Section):
    """Fewest and most customers of a rep."""

    min: Count | None = Field(None, description="Fewest customers of a rep")
    max: Count | None = Field(None, description="Most customers of a rep")

    @model_validator(mode="after")
    def _ordered(self) -> CountRange:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(Phrase("setting.min_above_max", {"min": self.min, "max": self.max}))
        return self


class Counts(Priced):
    """Customers per rep, in all and by tier. Unit of the price: a customer outside."""

    min: Count | None = Field(None, description="Fewest customers of a rep")
    max: Count | None = Field(None, description="Most customers of a rep (reps.max_customers overrides)")
    tiers: dict[str, CountRange] = Field({}, description="The same by tier")

    @model_validator(mode="after")
    def _ordered(self) -> Counts:
        CountRange(min=self.min, max=self.max)
        return self


class Distance(Priced):
    """How far a customer may be from the rep's home. Unit of the price: an hour of the customer's hours."""

    limit_km: Positive | None = Field(
        None, description="Largest distance in km, straight line; empty: no limit"
    )


class Skills(Priced):
    """Required skills. Unit of the price: an hour of the customer's hours."""

    misfit: NonNegative = Field(
        0.1, description="Share of the customer's hours lost for each preferred skill missing"
    )


class Budget(Section):
    """The most that may change hands."""

    measure: str = Field("customers", description="customers, hours, revenue or any numeric customer column")
    share: Share | None = Field(None, description="Of what the scope owns now")
    amount: NonNegative | None = Field(None, description="Absolute, in units of the measure")
    scope: Literal["all", "rep", "tier"] = Field("all", description="all together, each rep, or one tier")
    direction: Literal["out", "in"] = Field("out", description="For scope rep: what leaves or what arrives")
    tier: str | None = Field(None, description="For scope tier")
    price: NonNegative | None = Field(
        None,
        description="Hours per unit above (hours; other measures converted as corridors are); empty: hard",
    )

    @model_validator(mode="after")
    def _complete(self) -> Budget:
        if (self.share is None) == (self.amount is None):
            raise ValueError(Phrase("setting.share_or_amount"))
        if (self.scope == "tier") != (self.tier is not None):
            raise ValueError(Phrase("setting.tier_scope"))
        return self


class Disruption(Section):
    """What moves cost and how many there may be."""

    weight: NonNegative = Field(1.0, description="Multiplies all hand-over hours")
    relationship_weight: Share = Field(
        1.0, description="0: all relationships alike; 1: hand-over x (0.5 + relationship)"
    )
    hurdle: Annotated[float, Field(ge=1)] = Field(
        1.5, description="A rebalance asks of a move that it brings so many times its hand-over hours"
    )
    budgets: tuple[Budget, ...] = Field((), description="Limits on what may move; all of them hold")


class Travel(Section):
    """From distance to hours."""

    speed_kmh: Positive = Field(50.0, description="Average speed door to door")
    detour: Annotated[float, Field(ge=1, le=5)] = Field(1.3, description="Road distance : straight line")
    stops_per_day: Positive = Field(4.0, description="Visits that share one trip out and back")
    price: NonNegative = Field(1.0, description="Hours of objective per hour of travel")


class Kind(Section):
    """What work of this kind asks of who does it, beside what the task itself requires."""

    requires: Annotated[str, Field(pattern=_SKILLS)] = Field(
        "", description="Skills the doer must have: hunting;cardio:2"
    )


class Scheduling(Section):
    """Tasks into weeks: what lateness, crowded weeks, uneven visits and work that slips cost."""

    week_limit: Positive = Field(1.0, description="Largest utilisation of a rep's week")
    overtime_price: NonNegative | None = Field(None, description="Hours per hour above it; empty: hard")
    peak_tolerance: NonNegative = Field(
        0.15, description="A week may be so much fuller than the rep's average week, as a share of it"
    )
    peak_price: NonNegative = Field(0.05, description="Hours per hour of a week above that")
    late_price: NonNegative = Field(0.5, description="Hours per week a task is late, times its priority")
    spacing_price: NonNegative = Field(
        0.5, description="Hours per week by which two visits of a customer are too near or too far apart"
    )
    continuity_price: NonNegative = Field(
        1.0, description="Hours per person beyond the first who works for one customer"
    )
    slip_weight: NonNegative = Field(
        1.0, description="Leaving out a task costs this x the tier's unserved_price x its hours x priority"
    )
    slips: Literal["priority", "stretch"] = Field(
        "priority",
        description="Too much work: leave out what matters least, or stretch every interval between visits alike",
    )
    doers: Annotated[int, Field(ge=1, le=1000)] = Field(
        8, description="Qualified reps considered where the owner cannot do a task, the nearest first"
    )
    visit_kind: str = Field("visit", description="Kind of the visits that come from a cadence")
    published_weeks: Count = Field(
        0, description="Weeks at the beginning that reps have been told already; they stay as published"
    )
    publish_window: Annotated[int, Field(ge=1)] = Field(
        4, description="Weeks ahead that a rep is shown in the calendar"
    )
    gap: Annotated[float, Field(ge=0, le=1)] = Field(
        0.003, description="Stop when the proven gap of the schedule is this small"
    )


class Freeze(Section):
    """Customers that stay with their owner when a plan is changed, unless the owner leaves."""

    stages: tuple[str, ...] = Field(
        ("lead", "qualified", "proposal", "negotiation"), description="Stages of an open opportunity in order"
    )
    from_stage: str = Field(
        "proposal", description="From this stage on the customer stays with its owner (empty: never for that)"
    )
    closed_stages: tuple[str, ...] = Field(("won", "lost"), description="Stages in which nothing is open")
    protect_weeks: NonNegative = Field(
        4.0, description="Weeks for which a customer that was won or moved stays where it is"
    )

    @model_validator(mode="after")
    def _known_stage(self) -> Freeze:
        if self.from_stage and self.from_stage not in self.stages:
            known = ", ".join(self.stages)
            raise ValueError(Phrase("setting.from_stage", {"stage": self.from_stage, "known": known}))
        return self


class Watching(Section):
    """When progress calls for a rebalance. A trigger rings above its threshold and is quiet again well below it."""

    weeks: Annotated[int, Field(ge=1)] = Field(
        2, description="Week ends in a row above a threshold before a trigger rings"
    )
    corridor_weeks: Annotated[int, Field(ge=1)] = Field(
        3, description="Week ends in a row that a territory is outside a corridor before that rings"
    )
    calm: Share = Field(0.8, description="A trigger that rings is quiet again at this share of its threshold")
    rep_changes: bool = Field(True, description="Whether a rep who leaves or joins rings at once")
    notice_weeks: NonNegative = Field(
        6.0,
        description="Weeks before the last day of a rep who leaves from which on the customers change hands",
    )
    spread_points: NonNegative = Field(
        40.0, description="Attainment of the best rep less that of the last, in points of per cent"
    )
    overdue_share: Share = Field(0.15, description="Share of customers whose visit is overdue")
    due_gap: Positive = Field(1.0, description="A visit is due so many of its ideal gaps after the last one")
    overdue_gap: Positive = Field(1.5, description="A visit is overdue so many of its ideal gaps after it")
    demand: Positive = Field(1.05, description="Hours of work left : hours of capacity left, of all reps")
    quick_cost: NonNegative = Field(
        20.0, description="Hours by which quick assignments since the last plan are dearer than the best"
    )
    drift: Share = Field(
        0.05,
        description="Share of its cost by which the plan may get away from the bound of a fresh one (0: not looked at)",
    )


class Solve(Section):
    """How hard to search. Work, not clock: the same input gives the same plan on any machine."""

    seed: Count = Field(0, description="Another seed searches another way; the same one repeats")
    gap: Annotated[float, Field(ge=0, le=1)] = Field(
        0.001, description="Stop when the proven gap is this small"
    )
    candidates: Annotated[int, Field(ge=2, le=1000)] = Field(
        16, description="Reps considered at first, most of them the nearest"
    )
    effort: Positive = Field(
        1.0, description="Multiplies every limit of work; 1,000 reps are searched above 1 only"
    )


DEFAULT_TIERS = {
    "A": Tier(visits=6, hours_per_visit=2.0, handover_hours=6.0, unserved_price=10.0),
    "B": Tier(visits=3, hours_per_visit=1.5, handover_hours=3.0, unserved_price=6.0),
    "C": Tier(visits=1, hours_per_visit=1.0, handover_hours=1.0, unserved_price=4.0),
}


class Scenario(Section):
    """All wishes of a planner for one case."""

    name: str = Field("", description="Shown in reports (empty: the folder's name)")
    description: str = Field("", description="What this scenario is for")
    horizon: Horizon = Horizon()
    tiers: dict[str, Tier] = Field(
        DEFAULT_TIERS, min_length=1, description="Giving any replaces the default A, B, C"
    )
    default_tier: str | None = Field(
        None, description="Tier of customers without one (empty: the last of tiers)"
    )
    corridors: tuple[Corridor, ...] = (Corridor(measure="hours", tolerance=0.1, price=1.0),)
    coverage: Coverage = Coverage()
    capacity: Capacity = Capacity()
    counts: Counts = Counts()
    distance: Distance = Distance()
    skills: Skills = Skills()
    tier_rights: Priced = Field(
        Priced(),
        description="Reps serve the tiers they may (reps.tiers, roles). Unit of the price: a customer's hour",
    )
    apart: Priced = Field(Priced(), description="Rivals have different owners. Unit of the price: a pair")
    disruption: Disruption = Disruption()
    travel: Travel = Travel()
    kinds: dict[str, Kind] = Field({}, description="What kinds of tasks ask of who does them")
    schedule: Scheduling = Scheduling()
    freeze: Freeze = Freeze()
    watch: Watching = Watching()
    solve: Solve = Solve()

    @model_validator(mode="after")
    def _known_tiers(self) -> Scenario:
        named = {
            "default_tier": [self.default_tier] if self.default_tier is not None else [],
            "counts.tiers": list(self.counts.tiers),
            "disruption.budgets": [b.tier for b in self.disruption.budgets if b.tier is not None],
        }
        for place, names in named.items():
            for name in names:
                if name not in self.tiers:
                    gaps = {"place": place, "tier": name, "known": ", ".join(self.tiers)}
                    raise ValueError(Phrase("setting.no_tier", gaps))
        return self

    @property
    def blank_tier(self) -> str:
        """The tier of a customer that names none."""
        return self.default_tier if self.default_tier is not None else list(self.tiers)[-1]
