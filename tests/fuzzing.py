"""One whole command over one broken input: how it may end, and what must stand in the output folder then."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
from pathlib import Path

from optimizer.cli import BAD_INPUT, run
from optimizer.folders import OUTPUT_FILES, SCHEDULE_FILES
from tests.reading.breaking import break_case

ENDINGS = {0: {"optimal", "feasible"}, 1: {"infeasible", "not_found"}}
JUDGED = {0: {"evaluated"}, 1: {"evaluated"}}


def plan_broken(seed: int, folder: Path) -> int:
    """Plan broken case ``seed`` inside an empty ``folder``; the exit code, after every check of it."""
    folder.mkdir()
    source = break_case(seed, folder)
    code = run_quietly("plan", str(source), "--out", str(folder / "out"), "--time-limit", "20")
    check_output(folder, code, ENDINGS, f"seed {seed}")
    shutil.rmtree(folder)
    return code


def run_quietly(*arguments: str) -> int:
    """Run a command in this process; its exit code. Nothing may reach the user but sentences."""
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = run(arguments)
    heard = said.getvalue() + complained.getvalue()
    assert code in (0, 1, BAD_INPUT), f"exit code {code}: {heard[-2000:]}"
    assert "Traceback" not in heard, heard[-2000:]
    assert code != BAD_INPUT or complained.getvalue(), "refused without a word"
    return code


def check_output(folder: Path, code: int, endings: dict[int, set[str]], what: str) -> None:
    """The folder ``out`` holds a whole answer, or the findings that stood in its way, and nothing lies around it."""
    out = folder / "out"
    present = {entry.name for entry in out.iterdir()}
    assert not [e.name for e in folder.iterdir() if ".optimizer-" in e.name], what
    if code == BAD_INPUT:
        assert present == {"findings.csv"}, (what, present)
        with (out / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
            assert any(row["severity"] == "error" for row in csv.DictReader(file)), what
        return
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["status"] in endings[code], (what, result["status"])
    scheduled = result["schedule"]
    expected = {*OUTPUT_FILES} if scheduled is None else {*OUTPUT_FILES, *SCHEDULE_FILES}
    assert present == expected, (what, present)
    assert (result["keeps_all"] and (scheduled is None or scheduled["keeps_all"])) == (code == 0), what
    total = round(sum(round(1000 * hours) for hours in result["terms"].values()))
    assert total == round(1000 * result["objective"]), what
    with (out / "assignments.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == result["customers"], what
