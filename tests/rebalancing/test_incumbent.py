"""The best plan so far: what it is worth is what adding it up anew says."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.building import build_problem
from optimizer.plan import UNSERVED
from optimizer.rebalancing.proposing.incumbent import Incumbent, overdraws
from optimizer.rebalancing.proposing.tally import Tally
from tests.cases import random_case


@pytest.mark.parametrize("seed", range(30))
def test_what_a_plan_is_worth_is_kept_up_to_date(seed):
    whole = build_problem(random_case(seed, customers=10, reps=4))
    aim = replace(whole, handover=2 * whole.handover)
    best, rng = Incumbent(aim, whole), np.random.default_rng(seed)
    for _ in range(6):
        owner = best.owner
        some = rng.integers(0, 10, 3)
        owner[some] = rng.integers(UNSERVED, 4, 3)
        worth, nothing = Tally(whole, owner).total(), Tally(whole, whole.owner).total()
        assert best.is_no_worse(owner) == (worth <= nothing)
        best.take(owner)
        np.testing.assert_array_equal(best.owner, owner)
        assert best.rank == Tally(aim, owner).total()
    before = best.rank
    best.place_lost()
    assert best.rank == Tally(aim, best.owner).total()
    assert best.rank <= before and (best.rank == before or not overdraws(aim, best.owner))
