"""What is missing is installed from where everything else came from."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.extras import HOME, find_install


def test_in_a_checkout_it_is_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(HOME)
    assert find_install("server") == 'python -m pip install -e ".[server]"'
    monkeypatch.chdir(tmp_path)
    assert find_install("server") == f'python -m pip install -e "{HOME}[server]"'


@pytest.mark.parametrize(
    ("noted", "what"),
    [
        (None, "territory-optimizer[cluster]"),
        ({"url": "file:///srv/it", "dir_info": {}}, "territory-optimizer[cluster] @ file:///srv/it"),
        (
            {"url": "https://example.org/it", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "territory-optimizer[cluster] @ git+https://example.org/it",
        ),
    ],
)
def test_elsewhere_it_is_where_pip_found_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, noted: Any, what: str
) -> None:
    told = SimpleNamespace(read_text=lambda name: None if noted is None else json.dumps(noted))
    monkeypatch.setattr("optimizer.extras.distribution", lambda name: told)
    assert find_install("cluster", tmp_path) == f'python -m pip install "{what}"'
