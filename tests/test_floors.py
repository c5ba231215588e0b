"""The floors of the house: the import contracts of pyproject.toml, run with the tests."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv[0] = 'lint-imports'; lint()"


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # In a process of its own, because it takes the package from the folder it stands in.
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", LINT, "--no-cache"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_arrows_between_modules_point_down():
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


MISTAKES = {
    "a constraint speaks to the solver": (
        "constraints/capacity.py",
        "from optimizer.solving.modelling import model",
    ),
    "OR-Tools outside solving": ("building.py", "import ortools"),
    "tables in the thinking": ("solving/modelling/model.py", "import pandas"),
    "reading looks at reports": ("reading/cases.py", "from optimizer.reports import folder"),
    "a module outside the floors": ("helpers.py", "import math"),
    "SQL outside the store": ("commands/storing.py", "import sqlalchemy.exc"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_contract_fails_when(mistake, tmp_path):
    file, line = MISTAKES[mistake]
    shutil.copytree(
        ROOT / "optimizer", tmp_path / "optimizer", ignore=shutil.ignore_patterns("__pycache__", "*.toml")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "optimizer" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")
    done = _lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout or "not listed" in done.stdout


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def test_the_second_opinion_shares_no_code_with_what_it_judges():
    for judge in ("judge.py", "week_judge.py"):
        assert "optimizer" not in _imports(ROOT / "tests" / judge)
