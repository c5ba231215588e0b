"""Tests of ids and how they are looked up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimizer.records import positions_of

IDS = pd.Series(["a", "b", "c", "b", None], dtype="str")


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_a_reference_is_found_at_its_first_place_and_nothing_else_is(dtype: str) -> None:
    refs = pd.Series(["b", None, "x", "a", "b"], dtype=dtype)
    assert positions_of(IDS.astype(dtype), refs).tolist() == [1, -1, -1, 0, 1]


def test_a_few_references_among_many_ids_are_found_alike() -> None:
    rng = np.random.default_rng(1)
    ids = pd.Series([f"C{k}" for k in rng.integers(0, 3000, 5000)] + [None], dtype="str")
    refs = pd.Series(["C7", "nobody", None, "C2999", "C7"], dtype="str")
    first = {name: at for at, name in reversed(list(enumerate(ids.dropna())))}
    assert positions_of(ids, refs).tolist() == [first.get(name, -1) for name in refs]
    more = pd.Series([*(f"C{k}" for k in rng.integers(0, 4000, 400)), None], dtype="str")
    assert positions_of(ids, more).tolist() == [first.get(name, -1) for name in more]
    assert positions_of(ids, ids).tolist() == [first.get(name, -1) for name in ids]


def test_without_ids_or_references_there_is_nothing_to_find() -> None:
    none = pd.Series([], dtype="str")
    assert positions_of(none, IDS).tolist() == [-1] * 5
    assert positions_of(IDS, none).tolist() == []
