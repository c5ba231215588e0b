"""Every move has its gain, in any plan; one that brings nothing is found and could be taken back at no cost."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.evaluation import evaluate
from optimizer.explaining import find_idle_moves
from optimizer.explaining.assignments.codes import find_codes
from optimizer.messages import load_catalogue
from optimizer.plan import Plan
from optimizer.rebalancing.proposing.moves import explain_moves
from optimizer.rebalancing.proposing.tally import Tally
from tests.explaining.test_owners import random_plan


@pytest.mark.parametrize("seed", range(60))
def test_a_gain_is_what_taking_the_move_back_loses_and_an_idle_move_loses_nothing(seed: int) -> None:
    problem, plan, _ = random_plan(seed)
    now = evaluate(problem, plan)
    breach = Tally(problem, plan.owner).total()[0]
    moves = explain_moves(None, problem, plan.owner)
    assert {k for move in moves for k in move.customers} >= set(np.flatnonzero(plan.moved(problem)).tolist())
    chains: dict[int, list[int]] = {}
    for move in moves:
        back = plan.owner.copy()
        back[list(move.customers)] = problem.owner[list(move.customers)]
        assert evaluate(problem, Plan(back)).objective - now.objective == move.gain
        assert Tally(problem, back).total()[0] - breach == move.needed
        chains.setdefault(move.chain, []).extend(move.customers)
    for move in moves:
        back = plan.owner.copy()
        back[chains[move.chain]] = problem.owner[chains[move.chain]]
        assert evaluate(problem, Plan(back)).objective - now.objective == move.chain_gain
    idle = find_idle_moves(problem, plan)
    assert all((move.needed, move.gain) <= (0, 0) for move in idle)
    known = [move for move in moves if move.is_move and (move.needed, move.gain) <= (0, 0)]
    assert {m.customers for m in idle} == {
        m.customers for m in known if (m.chain_needed, m.chain_gain) <= (0, 0)
    }


def test_a_move_is_linked_to_one_that_made_room_and_the_dearest_chains_come_first() -> None:
    linked = 0
    for seed in range(60):
        problem, plan, _ = random_plan(seed)
        moves = explain_moves(None, problem, plan.owner)
        worth = [(move.chain_needed, move.chain_gain) for move in moves]
        assert worth == sorted(worth, reverse=True)
        now = Tally(problem, plan.owner).total()
        for move in moves:
            if move.because_of is None:
                continue
            other = moves[move.because_of]
            assert other.from_rep == move.to_rep and other.chain == move.chain
            back = plan.owner.copy()
            at = list(move.customers)
            back[at] = problem.owner[at]
            at = [k for k in other.customers if problem.owner[k] >= 0]
            back[at] = problem.owner[at]
            both = np.subtract(Tally(problem, back).total(), now)
            owed = np.add((move.needed, move.gain), (other.needed, other.gain)) - both
            assert tuple(owed) > (0, 0), "without the other the one would be worth less"
            linked += 1
    assert linked > 20


@pytest.mark.parametrize("seed", range(40))
def test_every_customer_has_a_code_that_the_catalogue_knows(seed: int) -> None:
    problem, plan, _ = random_plan(seed)
    moves = explain_moves(None, problem, plan.owner)
    codes = find_codes(problem, plan.owner, moves)
    words = load_catalogue("en")
    assert all(f"why.{code}" in words for code in codes)
    assert ((codes == "unserved") == (plan.owner < 0)).all()
    locked = np.zeros(problem.n_customers, dtype=bool)
    locked[problem.lock_customer[problem.lock_forces]] = True
    assert (codes[locked & (plan.owner >= 0)] == "locked").all()
    by_move = {k: move.code for move in moves for k in move.customers}
    for k in np.flatnonzero(codes == "stays").tolist():
        assert problem.owner[k] == plan.owner[k] or k in by_move
    for k in np.flatnonzero(plan.moved(problem) & (plan.owner >= 0)).tolist():
        assert codes[k] in (by_move[k], "locked", "only_one")
