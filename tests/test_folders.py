"""The output folder is replaced whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer.folders import (
    OutputError,
    check_replaceable,
    choose_findings_folder,
    new_file,
    new_folder,
    replace_folder,
)


def fill(folder: Path, text: str = "new") -> None:
    (folder / "result.json").write_text(text)
    (folder / "moves.csv").write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_fresh_folder_and_its_parents_are_made(tmp_path: Path) -> None:
    with replace_folder(tmp_path / "a" / "out") as folder:
        fill(folder)
    assert names(tmp_path / "a") == ["out"]
    assert names(tmp_path / "a" / "out") == ["moves.csv", "result.json"]


def test_an_earlier_output_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "old")
    (out / "plan.xlsx").write_text("old")
    with replace_folder(out) as folder:
        fill(folder)
        assert (out / "moves.csv").read_text() == "old"
    assert names(tmp_path) == ["out"]
    assert names(out) == ["moves.csv", "result.json"]
    assert (out / "moves.csv").read_text() == "new"


def test_a_failure_while_writing_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "old")
    with pytest.raises(ZeroDivisionError), replace_folder(out) as folder:
        fill(folder)
        raise ZeroDivisionError
    assert names(tmp_path) == ["out"]
    assert (out / "result.json").read_text() == "old"


def test_a_failing_rename_puts_the_old_output_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "old")
    rename = Path.rename

    def fail_for_new(self: Path, target: Path) -> Path:
        if "optimizer-new" in self.name:
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(OutputError, match="in use") as caught, replace_folder(out) as folder:
        fill(folder)
    assert caught.value.code == "cannot_write"
    assert names(tmp_path) == ["out"]
    assert (out / "result.json").read_text() == "old"


@pytest.mark.parametrize("present", [["notes.txt"], ["tasks.csv"], ["result.json", "notes.txt"], [".git"]])
def test_a_folder_with_anything_of_somebody_else_is_refused(tmp_path: Path, present: list[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in present:
        (out / name).write_text("mine")
    with pytest.raises(OutputError) as caught, replace_folder(out) as folder:
        fill(folder)
    assert caught.value.code == "not_ours"
    assert present[-1] in str(caught.value)
    assert names(out) == sorted(present)
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    "present", [[], [".DS_Store"], ["result.json", ".~lock.plan.xlsx#"], ["findings.csv"]]
)
def test_an_empty_folder_an_earlier_output_and_findings_alone_are_ours(
    tmp_path: Path, present: list[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in present:
        (out / name).write_text("")
    with replace_folder(out) as folder:
        fill(folder)
    assert names(out) == ["moves.csv", "result.json"]


def test_findings_stand_beside_a_plan_until_the_next_plan(tmp_path: Path) -> None:
    out, beside = tmp_path / "out", tmp_path / "out-findings"
    assert choose_findings_folder(out) == out
    with replace_folder(out) as folder:
        (folder / "findings.csv").write_text("bad")
    assert choose_findings_folder(out) == out, "findings alone may be replaced by findings"
    with replace_folder(out) as folder:
        fill(folder, "plan")
    assert choose_findings_folder(out) == beside
    for _ in range(2):
        with replace_folder(choose_findings_folder(out)) as folder:
            (folder / "findings.csv").write_text("worse")
    assert names(tmp_path) == ["out", "out-findings"]
    assert (out / "moves.csv").read_text() == "plan"
    check_replaceable(out)
    assert beside.exists(), "a trial leaves it where it is"
    with replace_folder(out) as folder:
        fill(folder, "next")
    assert names(tmp_path) == ["out"]


def test_findings_never_take_the_place_of_another_plan_or_of_anything_else(tmp_path: Path) -> None:
    for name in ("out", "out-findings"):
        with replace_folder(tmp_path / name) as folder:
            fill(folder, name)
    assert choose_findings_folder(tmp_path / "out") == tmp_path / "out-findings-findings"
    with replace_folder(tmp_path / "out") as folder:
        fill(folder)
    assert (tmp_path / "out-findings" / "moves.csv").read_text() == "out-findings"


def test_a_folder_with_more_than_findings_is_not_cleared(tmp_path: Path) -> None:
    beside = tmp_path / "out-findings"
    beside.mkdir()
    (beside / "findings.csv").write_text("mine")
    (beside / "notes.txt").write_text("mine")
    with replace_folder(tmp_path / "out") as folder:
        fill(folder)
    assert names(beside) == ["findings.csv", "notes.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_findings_stand_beside_the_plan_not_beside_a_link_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replace_folder(tmp_path / "plans" / "may") as folder:
        fill(folder)
    (tmp_path / "latest").symlink_to(tmp_path / "plans" / "may")
    monkeypatch.chdir(tmp_path / "plans")
    assert choose_findings_folder(tmp_path / "latest") == tmp_path / "plans" / "may-findings"
    assert choose_findings_folder("../plans/may") == tmp_path / "plans" / "may-findings"
    assert choose_findings_folder("may") == Path("may-findings")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError) as caught, replace_folder(tmp_path / "out"):
        pass
    assert caught.value.code == "not_a_folder"
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_of_somebody_else_that_appears_while_writing_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(OutputError), replace_folder(out) as folder:
        fill(folder)
        out.mkdir()
        (out / "notes.txt").write_text("mine")
    assert names(out) == ["notes.txt"]


def test_an_output_caught_between_two_renames_comes_back(tmp_path: Path) -> None:
    aside = tmp_path / ".out.optimizer-old-0badcafe"
    aside.mkdir()
    fill(aside, "old")
    with pytest.raises(ZeroDivisionError), replace_folder(tmp_path / "out"):
        raise ZeroDivisionError
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "result.json").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9 and flock")
def test_a_killed_run_leaves_the_old_output_and_its_leftover_is_swept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "old")
    script = (
        "import sys, time\n"
        "from optimizer.folders import replace_folder\n"
        "with replace_folder(sys.argv[1]) as folder:\n"
        "    (folder / 'moves.csv').write_text('half')\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", script, str(out)], stdout=subprocess.PIPE)
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == b"writing\n"
        with replace_folder(out) as folder:  # a second run beside a living one
            fill(folder, "second")
        assert len(names(tmp_path)) == 2, "the living run keeps its folder"
    finally:
        run.kill()
        run.wait()
        assert run.stdout is not None
        run.stdout.close()
    assert (out / "result.json").read_text() == "second"
    time.sleep(0.01)
    with replace_folder(out) as folder:
        fill(folder, "third")
    assert names(tmp_path) == ["out"]


def test_a_trial_of_the_output_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    check_replaceable(out)
    assert names(tmp_path) == []
    out.mkdir()
    fill(out, "old")
    check_replaceable(out)
    assert names(tmp_path) == ["out"]
    assert (out / "moves.csv").read_text() == "old"
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        check_replaceable(out)
    assert caught.value.code == "not_ours"


def test_the_current_folder_is_never_pulled_from_under_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for make in (replace_folder, new_folder):
        with pytest.raises(OutputError) as caught, make("."):
            pass
        assert caught.value.code == "current_folder"


def test_a_new_folder_takes_its_name_only_when_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "a" / "case") as folder:
        fill(folder)
        assert not (tmp_path / "a" / "case").exists()
    assert names(tmp_path / "a") == ["case"]
    with pytest.raises(OutputError) as caught, new_folder(tmp_path / "a" / "case"):
        pass
    assert caught.value.code == "not_empty"
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "b"):
        raise ZeroDivisionError
    assert names(tmp_path) == ["a"]


def test_a_new_file_takes_its_name_only_when_whole(tmp_path: Path) -> None:
    with new_file(tmp_path / "a" / "case.xlsx") as partial:
        partial.write_text("new")
    with pytest.raises(OutputError) as caught, new_file(tmp_path / "a" / "case.xlsx"):
        pass
    assert caught.value.code == "file_exists"
    with pytest.raises(ZeroDivisionError), new_file(tmp_path / "a" / "other") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert names(tmp_path / "a") == ["case.xlsx"]
    assert (tmp_path / "a" / "case.xlsx").read_text() == "new"
