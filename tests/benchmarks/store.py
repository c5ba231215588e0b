"""Measured rows, kept one a line as they come, so that a run that is killed loses only the row it was at.

Each row carries a fingerprint of the optimizer's code: a row measured with other code is measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import ROOT

Row = dict[str, Any]


def fingerprint() -> str:
    """Ten letters that change when any module of the optimizer does."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "optimizer").rglob("*.py")):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:10]


def append_row(file: Path, row: Mapping[str, Any]) -> None:
    """Add a row at the end of a file of JSON lines; the file and its folder are made where they do not exist."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", newline="\n") as lines:
        lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_rows(file: Path) -> list[Row]:
    """All rows of a file, oldest first; none where there is no file. A line that was cut short is left out."""
    if not file.exists():
        return []
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:  # killed while writing it
            continue
    return rows
