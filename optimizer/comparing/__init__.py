"""Comparing: variants of a case, their plans beside each other, and what a choice costs.

- ``variants``: a small named change of a case;
- ``comparison`` (every KPI), ``differences`` (customer by customer), ``folders`` (plans from disk): plans
  beside each other;
- ``running``: many plans at once; ``sweep``: one case for many values of its scenario;
- ``frontier``: plans that trade travel, balance and moves; ``sizing``: how many people.
"""

from optimizer.comparing.comparison import Compared, Comparison, Entry, compare_plans
from optimizer.comparing.differences import Change, Differences, diff_plans
from optimizer.comparing.folders import read_entries
from optimizer.comparing.variants.touched import Touched
from optimizer.comparing.variants.variant import (
    Patched,
    Variant,
    apply_variant,
    compose,
    make_variant,
    pick_variant,
    read_variants,
    set_values,
)

__all__ = [
    "Change",
    "Compared",
    "Comparison",
    "Differences",
    "Entry",
    "Patched",
    "Touched",
    "Variant",
    "apply_variant",
    "compare_plans",
    "compose",
    "diff_plans",
    "make_variant",
    "pick_variant",
    "read_entries",
    "read_variants",
    "set_values",
]
