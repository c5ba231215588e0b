"""A command's wall time, processor time and peak memory, as the operating system counts them, and where it ran."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import optimizer

ROOT = Path(__file__).parents[2]
LAUNCHER = Path(__file__).with_name("launcher.py")
PARTS = ("ortools", "numpy", "scipy", "pandas", "pyarrow")
TITLE = """\
# Benchmarks

Whole commands, each in a process of its own: wall and processor time and peak memory are the operating system's
count for that process. No plan is judged by who made it: `tests/judge.py` reads only the tables and the written plan,
`evaluate` shares no code with any solver. Times depend on the machine and on what else runs on it: where wall time is
far above processor time, the machine was busy or the run waited. Nothing here is asserted by a test.
"""


@dataclass(frozen=True)
class Usage:
    """What a command took: seconds on the wall, seconds of processor (all processes), peak memory in MB.

    ``code`` is its exit code, ``killed`` whether it was ended from outside because its time was up.
    """

    wall: float
    cpu: float
    peak_mb: float
    code: int
    killed: bool
    output: str


def run_measured(arguments: Sequence[str | Path]) -> Usage:
    """Run ``python run.py ARGUMENTS`` and count what it takes."""
    return measure([sys.executable, ROOT / "run.py", *arguments])


def module_command(
    name: str, *arguments: str | Path, python: str | Path = sys.executable
) -> list[str | Path]:
    """The command that runs a module of this repository in a process of its own, from any folder."""
    start = (
        f"import runpy, sys; sys.path[0] = {str(ROOT)!r}; "
        f"runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
    )
    return [python, "-c", start, *arguments]


def measure(command: Sequence[str | Path], *, limit: float = 0.0) -> Usage:
    """Run a command and count what it takes; after ``limit`` seconds it is killed (0: never).

    Processor time is the operating system's count for the command and all processes it waited for. Memory is the
    peak of its largest process, or, looked at four times a second, of all its processes together (Linux only).
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        answer = Path(folder) / "usage.json"
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(answer), str(limit)]
        subprocess.run([*launcher, *map(str, command)], stdout=output, stderr=subprocess.STDOUT, check=True)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
        return Usage(**json.loads(answer.read_text(encoding="utf-8")), output=text)


def describe_machine() -> str:
    """A sentence on where and when this ran."""
    parts = ", ".join(f"{name} {version(name)}" for name in PARTS if _installed(name))
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()}, "
        f"{parts}; optimizer {optimizer.__version__}; {dt.date.today():%Y-%m-%d}; "
        f"load of the machine at the end {load:.1f}."
    )


def _installed(name: str) -> bool:
    try:
        version(name)
    except ModuleNotFoundError:
        return False
    return True


def make_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def write_part(page: Path | None, name: str, about: str, table: str) -> None:
    """The section of a part that is one table, if there is a page to write it on."""
    if page is not None:
        made = f"\nMade by `python -m tests.benchmarks.{name}`."
        write_section(page, name, "\n".join([about, table, describe_machine(), made]))


def write_section(page: Path, name: str, text: str) -> None:
    """Put ``text`` between the marks of section ``name`` of a page, which is made where it does not exist."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    whole = page.read_text(encoding="utf-8") if page.exists() else TITLE
    section = begin + text.strip() + "\n" + end
    if begin in whole:
        whole = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: section, whole, flags=re.S)
    else:
        whole = whole.rstrip() + "\n\n" + section
    page.write_text(whole, encoding="utf-8", newline="\n")
