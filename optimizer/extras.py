"""Extras: how a package that is missing is installed, wherever this comes from: checkout, address or index."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

NAME = "territory-optimizer"
HOME = Path(__file__).parents[1]


def find_install(extra: str, home: Path = HOME) -> str:
    """The command that installs an extra, such as ``server``, for a package that lies in ``home``."""
    if (home / "pyproject.toml").is_file():
        where = "." if home == Path.cwd() else str(home)
        return f'python -m pip install -e "{where}[{extra}]"'
    address = _find_address()
    return f'python -m pip install "{NAME}[{extra}]{address and f" @ {address}"}"'


def _find_address() -> str:
    """Where it was installed from, as pip noted it (PEP 610); empty for the index."""
    try:
        noted = distribution(NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    if noted is None:
        return ""
    told = json.loads(noted)
    system = told.get("vcs_info", {}).get("vcs", "")
    return f"{system}+{told['url']}" if system else str(told["url"])
