"""How cells look in every workbook: ink, lines, heads, and the heat of a full week."""

from __future__ import annotations

import math
from typing import Any

from optimizer.messages import width

INK, SOFT, LINE, HEAD = "#1c2430", "#5b6675", "#d5dae1", "#eef1f5"
HEAT_EMPTY, HEAT_FULL, HEAT_OVER = "#ffffff", "#7fa8cc", "#f2b8b1"
ASIDE = {"align": "left", "indent": 1}  # a text behind a number stands off it
LINE_HEIGHT = 15  # points
FILLED = 0.9  # of a line before the last, by whole words
OVER = 1.00005  # what is shown as 100.0 % is not over


FONTS = {"zh": "DengXian"}  # what Excel itself writes Chinese in


def choose_font(lang: str) -> str:
    """The font of a workbook; a spreadsheet takes its own where there is none of this name."""
    return FONTS.get(lang, "Calibri")


def count_lines(text: str, wide: float) -> int:
    """Lines that a text takes in a column so ``wide``."""
    return max(1, math.ceil(width(text) / (FILLED * wide)))


def style_head() -> dict[str, Any]:
    """The format of a head cell."""
    return {
        "bold": True,
        "bg_color": HEAD,
        "bottom": 1,
        "bottom_color": LINE,
        "text_wrap": True,
        "valign": "top",
        "font_color": INK,
    }


def list_heat_rules(over: Any) -> list[dict[str, Any]]:
    """Conditional formats of shares: the fuller the darker, and the format ``over`` beyond 100 %."""
    return [
        {"type": "cell", "criteria": ">", "value": OVER, "format": over, "stop_if_true": True},
        {
            "type": "2_color_scale",
            "min_type": "num",
            "min_value": 0,
            "min_color": HEAT_EMPTY,
            "max_type": "num",
            "max_value": 1,
            "max_color": HEAT_FULL,
        },
    ]
