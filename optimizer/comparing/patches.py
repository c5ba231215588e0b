"""What a variant's file may say: a small change of a case, the words of one ``variants/NAME.toml``."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from optimizer.scenario import Section


class Patch(Section):
    """A small named change of a case. What is not named stays as it is in the case."""

    description: str = Field("", description="What this variant is for")
    scenario: dict[str, Any] = Field(
        {},
        description="Values of scenario.toml that are different, by their place: corridors.0.tolerance = 0.05. "
        'A corridor or budget is named by its number, from 0, or its measure; "" empties a value',
    )
