"""b2b-territory-optimization: customers dealt out within their region, the largest first to whoever has least.

The package cuts accounts into buckets by columns and gives them, bucket by bucket and largest first, to the
territory with the smallest sum of one metric (longest processing time first); there is no search, no place, travel,
skill, tier, capacity or cost in it, and every territory has the same target. Used here as well as it can be: the
buckets are regions, each with as many territories as reps work there, so that a territory is a rep; the metric is
hours; customers that a lock gives to a rep are locked accounts in that rep's region. Variant "owners" locks every
customer to its present owner too, so that only those without one are dealt out.
"""

from __future__ import annotations

import numpy as np

from tests.benchmarks.rivals.dialogue import NOBODY, Answer, Array, Question, reply

METRIC = "Estimated_TAM"


def solve(question: Question, seconds: float, variant: str = "locks") -> Answer:
    """Deal out; takes as long as it takes, which is little."""
    import pandas as pd
    from b2b_territory_optimization import TaxonomySchema, TerritoryAllocator

    number, region, locked = name_territories(question, variant)
    accounts = pd.DataFrame(
        {
            "Account_ID": [str(customer) for customer in range(question.n_customers)],
            "Region": region,
            METRIC: question.hours / 1000,
        }
    )
    teams, counts = np.unique(question.team, return_counts=True)
    dealt = TerritoryAllocator(METRIC).allocate_all_taxonomies(
        TaxonomySchema(accounts, ["Region"]),
        {(str(team),): int(count) for team, count in zip(teams, counts, strict=True)},
        {str(customer): number[locked[customer]] for customer in np.flatnonzero(locked != NOBODY)},
    )
    reps = {name: rep for rep, name in enumerate(number)}
    owner = np.full(question.n_customers, NOBODY)
    owner[dealt["Account_ID"].astype(int)] = [reps.get(name, NOBODY) for name in dealt["Territory_ID"]]
    return Answer(owner)


def name_territories(question: Question, variant: str) -> tuple[list[str], Array, Array]:
    """The package's name of each rep's territory, the region of each customer, and whom each is locked to.

    A locked customer counts to the region of its rep: the package would otherwise make that rep a second territory.
    """
    number = [
        f"{team}_Territory_{1 + int((question.team[:rep] == team).sum())}"
        for rep, team in enumerate(question.team)
    ]
    locked = question.forced
    if variant == "owners":
        locked = np.where(locked == NOBODY, question.owner, locked)
    region = np.where(locked == NOBODY, question.region, question.team[locked])
    return number, region, locked


if __name__ == "__main__":
    reply(solve)
