"""Ctrl-C and kill -9 at any moment: the best plan so far, or nothing; an old output or a new one, never half."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from optimizer.cli import run
from tests.plan_folders import write_plan
from tests.test_cli import HOME, WHOLE, names, write_case

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of POSIX")

# Hard enough to be searched for many seconds.
SIZE = ["--customers", "3000", "--reps", "40", "--seed", "1"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = tmp_path_factory.mktemp("large") / "case"
    assert run(["generate", str(case), *SIZE]) == 0
    return case


def begin(case: Path, out: Path) -> subprocess.Popen[str]:
    return start("plan", str(case), "--out", str(out))


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HOME / "run.py"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], word: str) -> str:
    """Read stderr until a line holds ``word``; all that was read."""
    assert process.stderr is not None
    heard = ""
    for line in process.stderr:
        heard += line
        if word in line:
            return heard
    pytest.fail(f"ended before {word!r}: {heard}")


def end(process: subprocess.Popen[str]) -> str:
    """Wait for the end; all it said. Ten minutes only tell a run that hangs from a busy machine."""
    try:
        said, complained = process.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("went on for ten minutes")
    assert "Traceback" not in said + complained, complained
    return said + complained


@pytest.mark.parametrize("word", ["customers,", "first plan", "improving"])
def test_one_ctrl_c_while_solving_writes_the_best_plan_so_far(word: str, large: Path, tmp_path: Path) -> None:
    process = begin(large, tmp_path / "out")
    wait_for(process, word)
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert process.returncode in (0, 1), said  # so early a plan may still break hard constraints
    assert "Stopping" in said
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == WHOLE
    assert json.loads((tmp_path / "out" / "result.json").read_text())["stopped"] == "interrupted"


@pytest.mark.parametrize("word", ["tasks into", "first schedule"])
def test_one_ctrl_c_while_tasks_are_put_into_weeks_writes_the_best_schedule_so_far(
    word: str, large: Path, tmp_path: Path
) -> None:
    owners = tmp_path / "owners.csv"
    lines = (large / "customers.csv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    at = head.index("customer_id"), head.index("owner")
    rows = [[row[k] for k in at] for row in csv.reader(lines[1:])]
    owners.write_text("customer_id,rep_id\n" + "".join(f"{c},{r}\n" for c, r in rows), encoding="utf-8")
    out = tmp_path / "work" / "out"
    command = ["schedule", str(large), "--assignments", str(owners), "--out", str(out), "--reports", "none"]
    process = start(*command)
    wait_for(process, word)
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert process.returncode == 0, said
    assert "Stopping" in said
    assert names(tmp_path / "work") == ["out"]
    assert names(out) == sorted({*WHOLE} - {"plan.xlsx", "report.html", "territories.geojson", "reps"})
    schedule = json.loads((out / "result.json").read_text(encoding="utf-8"))["schedule"]
    assert schedule["stopped"] == "interrupted" and schedule["bound"] <= schedule["objective"]
    assert "Stopped on request" in said


@pytest.mark.parametrize(("word", "limit"), [("first plan", None), ("tasks into", "2")])
def test_a_rebalance_that_is_stopped_or_runs_out_of_time_writes_the_best_so_far(
    word: str, limit: str | None, large: Path, tmp_path: Path
) -> None:
    plan, events, out = (
        write_plan(tmp_path / "plan", large),
        tmp_path / "events.csv",
        tmp_path / "work" / "out",
    )
    rep = (large / "reps.csv").read_text(encoding="utf-8-sig").splitlines()[7].split(",")[0]
    first = tomllib.loads((large / "scenario.toml").read_text(encoding="utf-8"))["horizon"]["start"]
    events.write_text(f"event_id,at,kind,rep_id\nE1,{first},rep_leaves,{rep}\n", encoding="utf-8")
    command = ["rebalance", str(large), "--plan", str(plan), "--progress", str(events), "--out", str(out)]
    process = start(*command, "--reports", "none", *([] if limit is None else ["--time-limit", limit]))
    wait_for(process, word)
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert process.returncode in (0, 1), said
    assert names(tmp_path / "work") == ["out"]
    answer = json.loads((out / "rebalance.json").read_text(encoding="utf-8"))
    assert (
        answer["objective"] <= answer["objective_before"]
        or answer["hard_broken"] < answer["hard_broken_before"]
    )
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert "Stopping" in said
    assert "interrupted" in (result["stopped"], result["schedule"]["stopped"])


@pytest.mark.parametrize(("word", "times"), [("Reading", 1), ("Reading", 2), ("first plan", 2)])
def test_giving_up_writes_nothing_and_says_so(word: str, times: int, large: Path, tmp_path: Path) -> None:
    process = begin(large, tmp_path / "out")
    wait_for(process, word)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    said = end(process)
    assert process.returncode == 130, said
    assert "nothing was written" in said
    assert names(tmp_path) == []


@pytest.mark.slow
def test_ctrl_c_at_twenty_moments_and_twice_never_leaves_a_half(large: Path, tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(20):
        process = begin(large, tmp_path / "out")
        time.sleep(rng.uniform(0.2, 12))
        process.send_signal(signal.SIGINT)
        if rng.random() < 0.5:
            time.sleep(rng.uniform(0, 1))
            process.send_signal(signal.SIGINT)
        said = end(process)
        assert process.returncode in (0, 1, 130), said
        check_whole(tmp_path)


def check_whole(folder: Path) -> str:
    """The output is whole if it is there; its result as text."""
    out = folder / "out"
    if not out.exists():
        return ""
    assert names(out) == WHOLE
    return (out / "result.json").read_text(encoding="utf-8")


def kill_at_random(folder: Path, tries: int) -> None:
    """Kill ``tries`` runs at random moments: the output is the old one or the new one."""
    case = write_case(folder / "case")
    folder = folder / "work"
    assert run(["plan", str(case), "--out", str(folder / "out"), "--seed", "0"]) == 0
    began = time.perf_counter()
    assert end(begin(case, folder / "out"))
    lasts = time.perf_counter() - began
    rng = random.Random(2)
    killed = 0
    for _ in range(tries):
        before = check_whole(folder)
        process = begin(case, folder / "out")
        time.sleep(rng.uniform(0.4, 1.05) * lasts)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        after = check_whole(folder)
        assert after, "an output that was there stays there"
        assert after == before or json.loads(after)["status"] == "optimal"
    assert killed, "no run was caught"
    assert run(["plan", str(case), "--out", str(folder / "out")]) == 0
    assert names(folder) == ["out"], "the next run sweeps what dead ones left"


def test_kill_9_leaves_the_old_output_or_the_new_one(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 3)


@pytest.mark.slow
def test_kill_9_thirty_times_leaves_the_old_output_or_the_new_one(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 30)


def test_ctrl_c_while_generating_leaves_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(HOME / "run.py"),
        "generate",
        "big",
        "--customers",
        "400000",
        "--reps",
        "900",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.perf_counter() + 300
    while not names(tmp_path) and time.perf_counter() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert process.returncode == 130, said
    assert names(tmp_path) == []


def test_a_real_terminal_sees_one_line_that_lives(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    case = write_case(tmp_path / "case")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", COLUMNS="60", LINES="24")
        out = str(tmp_path / "out")
        os.execv(sys.executable, [sys.executable, str(HOME / "run.py"), "plan", str(case), "--out", out])
    heard = b""
    while True:
        try:
            heard += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)
    assert b"\x1b[?25l" in heard and heard.rstrip().count(b"\x1b[?25h") == 1, "the cursor comes back"
    assert b"Every hard constraint is kept" in heard
