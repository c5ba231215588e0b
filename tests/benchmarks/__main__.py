"""Everything that is measured, one part after the other, into one page.

    python -m tests.benchmarks --store FOLDER --pypi-python FOLDER/rivals/bin/python

Takes hours on two cores; every part keeps in FOLDER what it has measured and goes on from there when begun again.
``--parts plans,growth`` runs only those. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measuring import ROOT

PAGE, PICTURES = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "pictures"


def list_parts(store: Path, page: Path, pictures: Path, pypi_python: str) -> dict[str, list[str | Path]]:
    """The modules in the order of their running, each with its arguments."""
    write: list[str | Path] = ["--markdown", page]
    keep: list[str | Path] = ["--store", store]
    return {
        "startup": write,
        "reading": write,
        "keeping": write,
        "plans": [*keep, *write],
        "growth": [*keep, *write, "--picture", pictures / "growth.svg"],
        "side_by_side": [*keep, *write, "--pypi-python", pypi_python],
        "literature": [*keep, *write],
        "schedules": [*keep, *write],
        "explain": write,
        "hard_cases": [*keep, *write],
        "leaving": [*keep, *write],
        "suggesting": write,
        "comparing": write,
        "sizing": write,
        "frontiers": write,
        "sweeps": write,
        "quarter": [*keep, *write, "--picture", pictures / "quarter.svg"],
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True, help="folder where measured rows are kept")
    parser.add_argument("--parts", type=lambda text: text.split(","), help="which parts [all]")
    parser.add_argument("--markdown", type=Path, default=PAGE, help="page whose sections are replaced")
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="folder of the pictures")
    parser.add_argument("--pypi-python", default=sys.executable, help="Python that has the rivals from PyPI")
    given = parser.parse_args(arguments)
    parts = list_parts(given.store, given.markdown, given.pictures, given.pypi_python)
    unknown = set(given.parts or ()) - set(parts)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    failed = []
    for part in given.parts or parts:
        print(f"== {part}", flush=True)
        command = [sys.executable, "-m", f"tests.benchmarks.{part}", *map(str, parts[part])]
        if subprocess.run(command, check=False).returncode:
            failed.append(part)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
