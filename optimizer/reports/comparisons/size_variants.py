"""The teams of a sizing as variants, ready for ``plan --variant``: one small TOML file a headcount."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.comparing.variants.variant import FOLDER
from optimizer.folders import OutputError
from optimizer.messages import Joined, say
from optimizer.reports.comparisons.size_tables import name_variant
from optimizer.reports.files.kept_folder import write_text

MARK = "# Made by size"  # how a file is known that may be replaced


def list_variants(sizing: Sizing, lang: str = "") -> dict[str, str]:
    """The text of each variant's file by its name, for every headcount whose team is not today's."""
    return {
        f"{name}.toml": _write_variant(sizing, one, lang)
        for one in sizing.headcounts
        if one.best.finished and (name := name_variant(one))
    }


def write_variants(sizing: Sizing, folder: Path, lang: str = "") -> None:
    """Write the files into ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in list_variants(sizing, lang).items():
        write_text(folder / name, text)


def find_home(case: str | Path) -> Path:
    """The folder of a case's variants."""
    path = Path(case)
    return (path if path.is_dir() else path.parent) / FOLDER


def save_variants(sizing: Sizing, case: str | Path, lang: str = "") -> list[Path]:
    """Put the files among the variants of the case; OutputError before one that size did not write is replaced."""
    home, files = find_home(case), list_variants(sizing, lang)
    try:
        for name in files:
            if (home / name).exists() and not (home / name).read_text(
                encoding="utf-8", errors="replace"
            ).startswith(MARK):
                raise OutputError("not_a_size_variant", path=str(home / name))
        home.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_text(home / name, text)
    except OSError as error:
        raise OutputError("cannot_write", path=str(home), reason=error.strerror or str(error)) from error
    return [home / name for name in files]


def _write_variant(sizing: Sizing, headcount: Headcount, lang: str) -> str:
    best = headcount.best
    team = best.team
    told = say(
        "size.variant", lang, reps=team.size, leave=Joined(team.leave or ("-",)),
        join=Joined(tuple(str(row.get("name") or row["rep_id"]) for row in team.rows) or ("-",)),
    )  # fmt: skip
    patch = team.write_patch(sizing.case, best.forced)
    lines = [f"{MARK}: {say('size.variant_note', lang)}", f"description = {_value(told)}"]
    for table, values in patch.pop("scenario", {}).items():
        lines += ["", f"[scenario.{table}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    for name, entries in patch.items():
        for entry in entries:
            lines += ["", f"[[{name}]]", *(f"{key} = {_value(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A value as TOML writes it; rows stand on a line each."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[\n" + "".join(f"    {_value(v)},\n" for v in value) + "]"
    return repr(value)


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)
