"""The catalogue: sentences that count say one or many."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from optimizer.explaining.assignments.alternatives import say_terms
from optimizer.messages import Joined, Phrase, load_catalogue, say
from optimizer.reports.content.summary import say_small_share
from optimizer.result import Violation


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 rep has neither a home nor a present territory: its travel"),
        (2, "2 reps have neither a home nor a present territory: their travel"),
    ],
)
def test_one_is_not_many(count: int, sentence: str) -> None:
    assert say("note.no_home", count=count).startswith(sentence)


def test_what_fills_a_gap_is_never_read_as_a_form() -> None:
    given = say("cli.bad_case", errors=1, warnings=0, given="a|b{c:d|e}")
    assert given == "a|b{c:d|e} cannot be planned: 1 error, 0 warnings."


def test_every_choice_between_one_and_many_counts_something_the_sentence_is_given() -> None:
    for code, sentence in load_catalogue("en").items():
        gaps = [(name, spec or "") for _, name, spec, _ in Formatter().parse(sentence) if name is not None]
        for name, spec in gaps:
            if "|" in spec:
                assert spec.count("|") == 1, code
                assert re.search(
                    r"count|cells|width|length|columns|errors|warnings|customers|reps|moves|qualified", name
                ), code


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.00%"), (0.0125, "1.25%"), (0.0001, "0.01%"), (0.00003, "0.003%"), (0.000_000_4, "0.00004%")],
)
def test_a_gap_is_never_rounded_to_nothing(share: float, said: str) -> None:
    assert say_small_share(share) == said


def test_large_amounts_are_written_out() -> None:
    details = {"value": 37_800_000.0, "low": 72_635_770.0, "high": 98_271_930.0}
    broken = Violation(
        "below_corridor", "corridors", False, 34_835_770.0, "revenue", rep_id="282", details=details,
        measure="revenue",
    )  # fmt: skip
    assert broken.sentence() == (
        "282: revenue 37,800,000 is 34,835,770 below the corridor 72,635,770 to 98,271,930."
    )
    assert say("price_step.other", step=2_500_000.0, measure="revenue") == "2,500,000 more of revenue"
    assert say("violation.below_corridor", rep="a", measure="hours", amount="0.002", value=285.991, low=285.993,
               high=349.546).endswith("285.991 is 0.002 below the corridor 285.993 to 349.546.")  # fmt: skip


def test_lists_are_joined_as_their_language_does() -> None:
    some = Joined(("c1", Phrase("limit.and_more", {"first": Joined(("c2", "c3")), "count": 2})))
    assert some.sentence("en").startswith("c1, c2, c3")
    assert some.sentence("zh").startswith("c1、c2、c3")
    assert ", " not in say_terms({"travel": 2_000, "misfit": 1_000}, "zh")
