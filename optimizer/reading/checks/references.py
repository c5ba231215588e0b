"""Every id that is mentioned must be the id of somebody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.messages import Phrase
from optimizer.reading.collecting import Findings, nearest
from optimizer.reading.columns import CONTRACT
from optimizer.records import Records, positions_of

_MOST_SUGGESTIONS = 20  # per column; a wrong column would ask for as many as it has rows
_MOST_COMPARED = 2000  # ids compared for likeness


def check_references(records: Records, findings: Findings) -> None:
    """Ids that no rep, customer or task has, with the id that was probably meant."""
    tables = records.tables()
    for table, columns in CONTRACT.items():
        for column in columns.values():
            if column.refers is None or not len(tables[table]):
                continue
            target = tables[column.refers]
            known = target[next(iter(CONTRACT[column.refers]))].dropna()
            said = tables[table][column.name]
            if column.kind == "names":
                said = said.str.split(";").explode()
            unknown = said[said.notna().to_numpy() & (positions_of(known, said) < 0)]
            if not len(unknown):
                continue
            hints = _hints(unknown, known, target)
            findings.add_all(
                "unknown_reference",
                "error",
                table,
                unknown.index.to_numpy(),
                column.name,
                unknown.to_list(),
                [{"hint": hints.get(value, "")} for value in unknown],
                refers=column.refers,
            )


def _hints(unknown: pd.Series[Any], known: pd.Series[Any], target: pd.DataFrame) -> dict[str, Phrase]:
    """For the first few unknown ids what was probably meant: by name, but for case and zeros, or alike."""
    names: dict[str, str] = {}
    if "name" in target.columns:
        named = target[target["name"].notna() & ~target["name"].duplicated(keep=False)]
        names = dict(zip(named["name"], named[target.columns[0]], strict=True))
    folded = {_fold(k): k for k in known}
    hints: dict[str, Phrase] = {}
    for value in unknown.drop_duplicates()[:_MOST_SUGGESTIONS]:
        if value in names:
            hints[value] = Phrase("hint.is_name", {"id": names[value]})
            continue
        near = folded.get(_fold(value)) or nearest(value, _like(value, known))
        if near is not None:
            hints[value] = Phrase("hint.is_near", {"near": near})
    return hints


def _fold(name: str) -> str:
    return name.casefold().replace(" ", "").lstrip("0")


def _like(value: str, known: pd.Series[Any]) -> list[str]:
    if len(known) <= _MOST_COMPARED:
        return list(known)
    lengths = known.str.len()
    close = known[np.abs(lengths - len(value)) <= 1]
    return list(close[close.str.startswith(value[:2])][:_MOST_COMPARED])
