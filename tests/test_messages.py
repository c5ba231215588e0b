"""The catalogue: sentences that count say one or many."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from optimizer.messages import load_catalogue, say
from optimizer.reports.summary import say_small_share


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
                    r"count|cells|width|columns|errors|warnings|customers|reps|qualified", name
                ), code


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0.00%"), (0.0125, "1.25%"), (0.0001, "0.01%"), (0.00003, "0.003%"), (0.000_000_4, "0.00004%")],
)
def test_a_gap_is_never_rounded_to_nothing(share: float, said: str) -> None:
    assert say_small_share(share) == said
