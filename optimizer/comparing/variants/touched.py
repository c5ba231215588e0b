"""What a variant touched: the table, the rows, the column, and what stood there before and stands there now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.messages import Joined, say
from optimizer.reading.tables import is_number

SHOWN = 5  # rows named in a sentence
VARIOUS = "…"  # what stood there differs from row to row


@dataclass(frozen=True)
class Touched:
    """What one entry of a variant changed in one column, or the rows it added or took away.

    ``part`` and ``entry`` say which entry of which variant; ``table`` is a table of the case or ``scenario``;
    ``action`` is set, add or remove. ``ids`` are the rows, by their first column (of the scenario: none).
    ``before`` and ``after`` are the value where it is one in all rows, else, of numbers, the sum (``summed``),
    else ``VARIOUS``.
    """

    part: str
    entry: str
    table: str
    action: str
    column: str | None
    count: int
    ids: tuple[str, ...] = field(default=(), repr=False)
    before: Any = None
    after: Any = None
    summed: bool = False

    def sentence(self, lang: str = "") -> str:
        """What was touched, in a line."""
        gaps = {"table": self.table, "column": self.column, "count": self.count}
        if self.action != "set":
            return say(f"variant.{self.action}", lang, rows=self._name_rows(), **gaps)
        values = {"before": _show(self.before, lang), "after": _show(self.after, lang)}
        if self.table == "scenario":
            return say("variant.setting", lang, **gaps, **values)
        return say(
            "variant.sum" if self.summed else "variant.cell", lang, rows=self._name_rows(), **gaps, **values
        )

    def _name_rows(self) -> Joined:
        more = ("…",) if self.count > SHOWN else ()
        return Joined((*map(str, self.ids[:SHOWN]), *more))


def describe_change(before: pd.Series[Any], after: pd.Series[Any]) -> tuple[Any, Any, bool]:
    """What stood in some cells, what stands there now, and whether these are sums."""
    one = [len(cells.unique()) == 1 for cells in (before, after)]
    if not all(one) and is_number(before) and before.notna().all() and after.notna().all():
        return float(before.sum()), float(after.sum()), True
    first, last = (
        _plain(cells.iloc[0]) if same else VARIOUS for cells, same in zip((before, after), one, strict=True)
    )
    return first, last, False


def _plain(cell: Any) -> Any:
    if cell is None or pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return cell.item() if hasattr(cell, "item") else cell


def _show(value: Any, lang: str) -> str:
    if value is None or value == "" or value == ():
        return say("variant.nothing", lang)
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, list | tuple):
        return Joined(tuple(map(str, value))).sentence(lang)
    return str(value)
