"""The small language of filters: what it means, and that nothing else is understood."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.comparing.variants.filters import FilterError, compare, find_rows, read_filter

CELLS = pd.DataFrame(
    {
        "tier": ["A", "B", None, "A"],
        "区域": ["华东", "华东", "华南", None],
        "size": [1.0, 20.0, np.nan, 3.0],
        "skills": pd.Series(["food:2;export", "food", None, "export@2027-01-01"], dtype="str"),
    }
)


def _rows(text):
    answer = find_rows(read_filter(text), lambda t: compare(CELLS[t.column], t.how, t.values), len(CELLS))
    return np.flatnonzero(answer).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ('tier = "A"', [0, 3]),
        ("tier = 'A' and 区域 = \"华东\"", [0]),
        ("tier ＝ “A” and not （区域 is empty）", [0]),
        ('tier != "A"', [1, 2]),
        ('tier in ("A", "B") and size >= 3', [1, 3]),
        ("size < 3 or size > 3", [0, 1]),
        ('tier = "B" or tier = "A" and size = 1', [0, 1]),
        ('(tier = "B" or tier = "A") and size = 1', [0]),
        ("not size is empty and tier is not empty", [0, 1, 3]),
        ('skills has "export"', [0, 3]),
        ('skills has "food" and not skills has "export"', [1]),
        ("size <= -1", []),
    ],
)
def test_a_filter_means_these_rows(text, rows):
    assert _rows(text) == rows


@pytest.mark.parametrize(
    "text",
    ['tier = A', 'tier = "A', '"A" = tier', 'tier == "A"', 'tier "A"', 'tier = "A" region = "B"', 'tier in "A"',
     'tier in ("A"', '(tier = "A"', "and", 'tier = "A" and', "__import__('os')", "size > 1; size < 2", "tier is",
     "(" * 3000 + "size > 1" + ")" * 3000, "not " * 3000 + "size > 1", "size > 1e9999"],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_its_reason(text):
    with pytest.raises(FilterError) as refused:
        read_filter(text)
    assert str(refused.value.phrase)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab= <>!()\"',.0and ornotis\\`；", max_size=30))
def test_any_text_is_a_filter_or_is_refused(text):
    try:
        read_filter(text)
    except FilterError as refused:
        assert str(refused.phrase)
