"""rebalance.html: what it calls people, and what it says of moves and of balance."""

from optimizer.rebalancing import Move
from optimizer.reports.rebalance_files import name_rep


def test_a_rep_whose_id_is_in_the_name_is_named_once():
    assert name_rep("tom", "Tom Okafor") == "Tom Okafor"
    assert name_rep("Li Wei", "Li Wei") == "Li Wei"
    assert name_rep("R07", "Tom Okafor") == "R07 Tom Okafor"
    assert name_rep("to", "Tom Okafor") == "to Tom Okafor", "a part of a word is not the name"
    assert name_rep("R07", "") == "R07"


def test_who_makes_room_and_goes_to_nobody_is_said_to_be_left_without_an_owner():
    move = Move(
        customers=(1,), customer_ids=("C11",), from_rep="maya", to_rep="ines", code="travel", gain=1_000, needed=0,
        handover=0, chain=1, chain_gain=1_000, chain_needed=0, because_of=0,
        details={"share": 1.0, "other": "C10", "other_rep": ""},
    )  # fmt: skip
    assert (
        move.sentence("en") == "saves 1.0 h on the road; ines has room because C10 is left without an owner"
    )
    assert move.sentence("zh") == "路途节省 1.0 小时；C10 不再有负责代表，ines 因此有余量"
