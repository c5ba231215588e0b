"""How much processor time the command line takes to answer, and to plan the smallest case.

python -m tests.benchmarks.startup --markdown docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measuring import ROOT, Usage, describe_machine, make_table, run_measured, write_section

# What is run, and how many seconds of processor it may take.
ASKED = {"--help": 0.5, "plan scenarios/quickstart": 3.0}
HEAD = ("`python run.py ...`", "processor s", "asked", "wall s", "peak MB")


def run_times(command: str, times: int) -> list[Usage]:
    """Run a command of ``ASKED`` several times; RuntimeError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        arguments: list[str | Path] = [command]
        if command.startswith("plan "):
            arguments = ["plan", ROOT / command.split()[1], "--out", Path(folder) / "out"]
        found = [run_measured(arguments) for _ in range(times)]
    for usage in found:
        if usage.code != 0:
            raise RuntimeError(f"{command}: exit code {usage.code}\n{usage.output}")
    return found


def show_page(found: dict[str, list[Usage]]) -> str:
    """The section of the page: medians."""
    rows = []
    for command, usages in found.items():
        cpu, wall, peak = (
            statistics.median(column)
            for column in zip(*((u.cpu, u.wall, u.peak_mb) for u in usages), strict=True)
        )
        rows.append([f"`{command}`", f"{cpu:.2f}", f"≤ {ASKED[command]:g}", f"{wall:.2f}", f"{peak:,.0f}"])
    times = max(map(len, found.values()))
    return "\n".join(
        [
            f"## Start-up\n\nMedians of {times} runs, files in the cache of the system.\n",
            make_table(HEAD, rows),
            describe_machine(),
            "\nMade by `python -m tests.benchmarks.startup`.",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> dict[str, list[Usage]]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.startup", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--markdown", type=Path, help="page whose section is replaced")
    given = parser.parse_args(arguments)
    found = {command: run_times(command, given.times) for command in ASKED}
    page = show_page(found)
    print(page)
    if given.markdown is not None:
        write_section(given.markdown, "start-up", page)
    return found


if __name__ == "__main__":
    main()
