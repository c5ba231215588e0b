"""Finding: one thing that is wrong, or looks wrong, in what the planner handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from optimizer.messages import say

Severity = Literal["error", "warning"]
ROWS = 5  # rows named of findings that say the same
WORDINGS = 3  # findings told of one kind that say different things, such as the value that is wrong


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
        return self._name_place([self.row], ROWS)

    def _name_place(self, rows: Sequence[int | None], most: int | None) -> str:
        known = [row for row in rows if row is not None]
        left = len(known[most:]) if most is not None else 0
        gaps = {"rows": ", ".join(map(str, known[:most])), "count": left}
        if left:
            where = say("place.rows_and_more", **gaps)
        elif len(known) > 1:
            where = say("place.rows", **gaps)
        else:
            where = say("place.row", row=known[0]) if known else ""
        return self.table + where + (say("place.column", column=self.column) if self.column else "")


@dataclass(frozen=True)
class Alike:
    """Findings that say the same of several rows: ``first`` of them, where they are, and how many they are.

    ``untold``: findings of the same kind in other words, for which there is no room.
    """

    first: Finding
    place: str
    count: int
    untold: int = 0


def sum_up(findings: Iterable[Finding], wordings: int | None = WORDINGS) -> list[Alike]:
    """Each thing once, with the rows it is said of: errors first, kind by kind, at most ``wordings`` of a kind.

    Without a limit to ``wordings`` every row is named, too.
    """
    kinds: dict[tuple[str, str, str, str | None], dict[str, list[Finding]]] = {}
    for finding in sorted(findings, key=lambda f: f.severity != "error"):
        kind = kinds.setdefault((finding.severity, finding.code, finding.table, finding.column), {})
        kind.setdefault(finding.problem(), []).append(finding)
    told = []
    for kind in kinds.values():
        groups = list(kind.values())
        shown = groups[:wordings]
        untold = sum(map(len, groups)) - sum(map(len, shown))
        for group in shown:
            place = group[0]._name_place([f.row for f in group], ROWS if wordings is not None else None)
            told.append(Alike(group[0], place, len(group), untold if group is shown[-1] else 0))
    return told


class InputError(Exception):
    """The input cannot be planned; ``findings`` holds everything found, errors and warnings alike."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        errors = sum_up(f for f in self.findings if f.severity == "error")
        lines = [alike.place + say("cli.problem", problem=alike.first.problem()) for alike in errors[:20]]
        untold = sum(alike.untold for alike in errors[:20]) + sum(a.count + a.untold for a in errors[20:])
        if untold:
            lines.append(say("cli.more", count=untold))
        super().__init__("\n".join(lines))
