"""Finding: one thing that is wrong, or looks wrong, in what the planner handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from optimizer.messages import say

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One problem in the input, precise enough to mend it without asking anybody.

    ``row`` counts as a spreadsheet does: the header is row 1, the first record row 2; None speaks of the
    whole table. ``code`` names an entry ``finding.<code>`` of the message catalogue; ``details`` fill its gaps.
    """

    code: str
    severity: Severity
    table: str
    row: int | None = None
    column: str | None = None
    value: Any = None
    details: dict[str, Any] = field(default_factory=dict)

    def _say(self, part: str, lang: str) -> str:
        known = {"table": self.table, "row": self.row, "column": self.column, "value": self.value}
        return say(f"finding.{self.code}.{part}", lang, **(known | self.details))

    def problem(self, lang: str = "") -> str:
        """What is wrong, as one sentence."""
        return self._say("problem", lang)

    def expected(self, lang: str = "") -> str:
        """What would have been right."""
        return self._say("expected", lang)

    def fix(self, lang: str = "") -> str:
        """What the planner can do about it."""
        return self._say("fix", lang)

    @property
    def place(self) -> str:
        """Where it is: ``customers row 17, column tier``."""
        row = "" if self.row is None else say("place.row", row=self.row)
        return self.table + row + (say("place.column", column=self.column) if self.column else "")


class InputError(Exception):
    """The input cannot be planned; ``findings`` holds everything found, errors and warnings alike."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        errors = [f for f in self.findings if f.severity == "error"]
        lines = [f.place + say("cli.problem", problem=f.problem()) for f in errors[:20]]
        if len(errors) > 20:
            lines.append(say("cli.more", count=len(errors) - 20))
        super().__init__("\n".join(lines))
