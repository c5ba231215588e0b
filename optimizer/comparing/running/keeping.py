"""What is finished is kept, a file an answer, so that whoever stops half-way goes on from there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optimizer

POINTS = "points"  # the folder of what is finished, within an output


def keep_answer(folder: Path, key: str, content: Mapping[str, Any]) -> None:
    """Keep an answer under its key, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {**content, "version": optimizer.__version__}
    text = json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False, default=str)
    partial = folder / f".{key}.{os.getpid()}"
    partial.write_text(text + "\n", encoding="utf-8", newline="\n")
    partial.replace(folder / f"{key}.json")


def read_answer(folder: Path, key: str) -> dict[str, Any] | None:
    """What was kept under a key; None where nothing is, or nothing that can be understood."""
    try:
        content = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def read_kpis(content: Mapping[str, Any]) -> dict[str, float | None]:
    """The figures in a kept answer. KeyError, TypeError, ValueError or AttributeError where they are none."""
    return {str(k): None if v is None else float(v) for k, v in content["kpis"].items()}
