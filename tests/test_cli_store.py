"""The command `store`: a database is made, backed up, restored, verified; what is wrong is told in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from optimizer.cli import run
from optimizer.store import SYSTEM, create_workspace, open_store
from optimizer.store.guards import lift_guards

ROOT = Path(__file__).parents[1]
BLOCKED = (
    "import sys; sys.modules['sqlalchemy'] = None; sys.modules['pyarrow'] = None; from optimizer.cli import run; "
    "print([run(['store', 'upgrade']), run(['check', sys.argv[1]])])"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no database named anywhere else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def test_a_store_is_made_backed_up_restored_and_verified(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["store", "upgrade"]) == 0
    assert (here / "optimizer-data" / "store.db").is_file()
    assert run(["store", "upgrade"]) == 0
    assert "up to date (0002)" in capsys.readouterr().out
    store = open_store()
    with store.write(SYSTEM, "root", "why not") as write:
        create_workspace(write, "north")
    store.close()
    assert run(["store", "backup", "all.backup"]) == 0
    assert run(["store", "restore", "all.backup", "--database", "other.db"]) == 0
    told = capsys.readouterr().out
    assert "rows of" in told and "every audit log holds" in told
    assert run(["store", "verify-audit", "--database", "other.db"]) == 0
    told = capsys.readouterr().out
    assert "the whole store: 1 entry holds; the last seal is" in told and "north: 0 entries hold" in told
    copy = open_store("other.db")
    with copy.engine.begin() as connection:
        lift_guards(connection)
        connection.exec_driver_sql("UPDATE audit SET actor = 'nobody'")
    copy.close()
    assert run(["store", "verify-audit", "--database", "other.db"]) == 1
    assert "entry 1 was changed" in capsys.readouterr().out
    assert run(["store", "verify-audit", "--database", "other.db", "--lang", "zh"]) == 1
    assert "第 1 条记录被改动过" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify-audit"], "There is no store at"),
        (["backup", "b"], "There is no store at"),
        (["backup"], "backup needs the name of a file"),
        (["upgrade", "b"], "upgrade takes no file"),
        (["restore", "nothing.backup"], "nothing.backup is no backup, or damaged"),
        (["restore", "text"], "text is no backup, or damaged"),
        (["upgrade", "--database", "text"], "cannot be used: file is not a database"),
        (["upgrade", "--database", "."], "cannot be used: unable to open"),
        (["upgrade", "--database", "text/deeper/store.db"], "cannot be used"),
        (["verify-audit", "--database", "text"], "cannot be used: file is not a database"),
        (["upgrade", "--database", "mysql://me:secret@host/db"], "mysql is no database that can be used"),
        (
            ["upgrade", "--database", "postgresql://me:secret@:x/db"],
            "postgresql is no database that can be used",
        ),
        (["upgrade", "--database", "sqlite://"], "sqlite is no database"),
        (["upgrade", "--database", "postgresql://me:secret@127.0.0.1:1/db"], "cannot be used: connection"),
        (["shrink"], "not one of 'upgrade'"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback_and_nothing_is_made(
    arguments: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "text").write_text("hello, this is no database at all" * 40, encoding="utf-8")
    assert run(["store", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err and "Traceback" not in told.err and "secret" not in told.err
    assert [p.name for p in here.iterdir()] == ["text"]
    assert (here / "text").read_text(encoding="utf-8").startswith("hello")


def test_a_backup_replaces_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "upgrade"]) == 0
    (here / "mine").write_text("mine", encoding="utf-8")
    assert run(["store", "backup", "mine"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (here / "mine").read_text(encoding="utf-8") == "mine"
    assert run(["store", "restore", "mine", "--database", "optimizer-data/store.db"]) == 2


def test_without_its_packages_the_store_says_what_to_install_and_the_rest_works(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(ROOT / "scenarios" / "quickstart")],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[2, 0]", done.stderr
    assert f'python -m pip install -e "{ROOT}[server]"' in done.stderr
