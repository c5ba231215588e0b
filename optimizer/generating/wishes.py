"""What the planner of a generated case wants: horizon, tiers, corridors and prices, as ``scenario.toml``."""

from __future__ import annotations

import datetime as dt

from optimizer.problem import Floats
from optimizer.scenario import Scenario

START, WEEKS, HOURS_PER_WEEK, FIELD_SHARE = dt.date(2027, 1, 4), 13, 40.0, 0.6
FULL_TIME = WEEKS * HOURS_PER_WEEK * FIELD_SHARE  # selling hours of a rep without holidays
HOLIDAYS = (dt.date(2027, 1, 18), dt.date(2027, 2, 15))
SCENARIO = Scenario.model_validate(
    {
        "horizon": {
            "start": START,
            "weeks": WEEKS,
            "hours_per_week": HOURS_PER_WEEK,
            "field_share": FIELD_SHARE,
            "holidays": HOLIDAYS,
        }
    }
)
UNSERVED_PRICES = {"A": 10, "B": 6, "C": 4}

HEAD = """\
# A generated case: {customers:,} customers, {reps:,} reps, seed {seed}. Prices are in selling hours.
name = "generated {customers} x {reps}"

[horizon]
start = {start}
weeks = {weeks}
hours_per_week = {hours_per_week}
field_share = {field_share}       # the rest is meetings, administration and training
holidays = [{holidays}]

# Cadences are scaled so that demand fills 87 % of the reps' capacity.
"""
TIER = """\
[tiers.{tier}]
visits = {visits}             # a quarter
hours_per_visit = {hours_per_visit}
handover_hours = {handover_hours}     # lost when such a customer changes owner
unserved_price = {unserved_price}
{roles}
"""
TAIL = """\
# Workload fair within 10 %; an hour outside costs an hour and a half.
[[corridors]]
measure = "hours"
tolerance = 0.1
target = "capacity"
price = 1.5

# Opportunity fair within 15 %; potential counts as many hours as its share of all potential.
[[corridors]]
measure = "potential"
tolerance = 0.15
target = "capacity"
price = 1.0

[capacity]
limit = 1.0               # hard: nobody works more than there is time for

[skills]
misfit = 0.1              # a missing preferred skill costs a tenth of the customer's hours

[travel]
speed_kmh = 50.0
stops_per_day = 4.0
"""


def write_scenario(customers: int, reps: int, seed: int, visits: Floats, hours_per_visit: Floats) -> str:
    """The text of the scenario; ``visits`` [3] a quarter and ``hours_per_visit`` [3] of tiers A, B and C."""
    text = HEAD.format(
        customers=customers,
        reps=reps,
        seed=seed,
        start=START,
        weeks=WEEKS,
        hours_per_week=HOURS_PER_WEEK,
        field_share=FIELD_SHARE,
        holidays=", ".join(map(str, HOLIDAYS)),
    )
    for index, (tier, price) in enumerate(UNSERVED_PRICES.items()):
        text += TIER.format(
            tier=tier,
            visits=float(visits[index]),
            hours_per_visit=float(hours_per_visit[index]),
            handover_hours=round(float(visits[index] * hours_per_visit[index]) / 2, 3),
            unserved_price=price,
            roles='roles = ["farmer"]        # key customers are not for hunters\n' if tier == "A" else "",
        )
    return text + TAIL
