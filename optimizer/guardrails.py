"""Guardrails: what a plan must show before it is accepted, as the case's ``guardrails.toml`` says.

Every entry names a figure (a KPI, docs/reference/kpis.md) and the least or most of it that passes::

    gap = { max = 0.01 }
    moved_share = { max = 0.15 }
    unserved.A = { max = 0 }

They do not change a plan, as constraints do; they say whether it will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SLACK = 1e-9  # relative: a figure that is its limit but for the last bit passes


@dataclass(frozen=True)
class Guardrail:
    """The least and the most of a KPI, in its unit (shares of 1); None: no end on that side."""

    kpi: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Passed:
    """How a plan stands to a guardrail; ``value`` is None where the plan has no such figure: that does not pass."""

    guardrail: Guardrail
    value: float | None

    @property
    def ok(self) -> bool:
        """Whether the figure is known and within its ends."""
        if self.value is None:
            return False
        low, high = self.guardrail.min, self.guardrail.max
        above = low is None or self.value >= low - SLACK * max(1.0, abs(low))
        return above and (high is None or self.value <= high + SLACK * max(1.0, abs(high)))


def judge_guardrails(guardrails: Sequence[Guardrail], kpis: Mapping[str, float | None]) -> tuple[Passed, ...]:
    """Each guardrail against the plan's figures by name, in the order of the file."""
    return tuple(Passed(guardrail, kpis.get(guardrail.kpi)) for guardrail in guardrails)
