"""A command's wall time, processor time and peak memory, as the operating system counts them, and where it ran."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import optimizer

ROOT = Path(__file__).parents[2]
PARTS = ("ortools", "numpy", "scipy", "pandas", "pyarrow")
TITLE = """\
# Benchmarks

Whole commands on generated cases, each in a process of its own: wall and processor time and peak memory are the
operating system's count for that process. Every plan is judged by `tests/judge.py`, which reads only the tables and
the written plan. Times depend on the machine and on what else runs on it: where wall time is far above
processor time, the machine was busy or the run waited. Nothing here is asserted by a test.
"""


@dataclass(frozen=True)
class Usage:
    """What a command took: seconds on the wall, seconds of processor (all threads), peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float
    code: int
    output: str


def run_measured(arguments: Sequence[str | Path]) -> Usage:
    """Run ``python run.py ARGUMENTS`` and count what it takes. Linux and macOS: counted by ``wait4``."""
    command = [sys.executable, str(ROOT / "run.py"), *map(str, arguments)]
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes on Linux
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6, process.returncode, text)


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
