"""Comparing: variants of a case, their plans beside each other, and what a choice costs."""

from optimizer.comparing.touched import Touched
from optimizer.comparing.variants import (
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
    "Patched",
    "Touched",
    "Variant",
    "apply_variant",
    "compose",
    "make_variant",
    "pick_variant",
    "read_variants",
    "set_values",
]
