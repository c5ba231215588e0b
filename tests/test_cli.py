"""The command line as a new user and as a hostile one: exit codes, sentences, whole folders."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from optimizer import __version__
from optimizer.cli import run
from optimizer.folders import OUTPUT_FILES, SCHEDULE_FILES

HOME = Path(__file__).parent.parent
QUICKSTART = HOME / "scenarios" / "quickstart"
WHOLE = sorted([*OUTPUT_FILES, *SCHEDULE_FILES])


STEPS = "model|prices|start|search|exact|layout|rounding|shaking"


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def write_case(folder: Path, encoding: str = "utf-8") -> Path:
    """A case of two reps and three customers with Chinese headers and names."""
    folder.mkdir(parents=True)
    (folder / "reps.csv").write_text("销售编号,姓名\n甲,王伟\n乙,李娜\n", encoding=encoding)
    customers = "客户编号,客户名称,工时,负责人\nK1,苏州机械,10,甲\nK2,杭州医药,10,甲\nK3,宁波港务,10,\n"
    (folder / "customers.csv").write_text(customers, encoding=encoding)
    return folder


def front_door(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python run.py ...`` as a person would run it from ``cwd``."""
    return subprocess.run(
        [sys.executable, str(HOME / "run.py"), *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


# --- the front door ---


def test_without_arguments_the_quick_start_is_planned_from_wherever_one_stands(tmp_path: Path) -> None:
    done = front_door(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == WHOLE
    assert "Every hard constraint is kept." in done.stdout
    assert "report.html" in done.stdout
    assert "gap" in done.stderr, "progress is plain lines where nobody watches"
    lines = done.stderr.splitlines()
    assert len(lines) == len(set(lines)), "no line is said twice"
    assert "\x1b" not in done.stdout + done.stderr


def test_help_and_version_answer(tmp_path: Path) -> None:
    helped, told = front_door("--help", cwd=tmp_path), front_door("--version", cwd=tmp_path)
    assert helped.returncode == told.returncode == 0
    for command in ("plan", "schedule", "check", "evaluate", "new", "generate"):
        assert command in helped.stdout
    assert told.stdout == f"optimizer {__version__}\n"


@pytest.mark.parametrize("module", ["pandas", "numpy", "ortools", "rich.live", "optimizer.reading"])
def test_what_is_slow_to_load_is_loaded_by_the_command_that_needs_it(module: str) -> None:
    code = f"import sys, optimizer.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=HOME).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["plan"], "CASE"),
        (["evaluate", str(QUICKSTART)], "--assignments"),
        (["evaluate"], "CASE"),
        (["schedule", str(QUICKSTART)], "--assignments"),
        (["check"], "CASE"),
        (["check", "a", "b"], "b"),
        (["new"], "DIR"),
        (["generate", "x"], "--customers"),
        (["generate", "x", "--customers", "10"], "--reps"),
        (["generate", "x", "--customers", "0", "--reps", "1"], "--customers"),
        (["generate", "x", "--customers", "ten", "--reps", "1"], "--customers"),
        (["generate", "x", "--customers", "10", "--reps", "100001"], "100,001"),
        (["generate", "x", "--customers", "10", "--reps", "1", "--format", "xls"], "csv"),
        (["plan", str(QUICKSTART), "--seed", "-1"], "--seed"),
        (["plan", str(QUICKSTART), "--seed", "1.5"], "--seed"),
        (["plan", str(QUICKSTART), "--time-limit", "soon"], "--time-limit"),
        (["plan", str(QUICKSTART), "--time-limit", "-3"], "--time-limit"),
        (["plan", str(QUICKSTART), "--time-limit", "nan"], "--time-limit"),
        (["plan", str(QUICKSTART), "--tim", "3"], "--tim"),
        (["plan", str(QUICKSTART), "--out"], "--out"),
        (["plann"], "plann"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    (line,) = heard.err.splitlines()
    assert told in line
    assert "--help" in line
    assert names(tmp_path) == []


def test_without_a_quick_start_the_way_to_help_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--help" in line


# --- plan ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_case_in_a_folder_with_blanks_is_planned(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(tmp_path / "华东 区域 [/bold] :apple:", encoding)
    monkeypatch.chdir(tmp_path)
    assert run(["plan", "华东 区域 [/bold] :apple:", "-o", "结果 out"]) == 0
    heard = capsys.readouterr()
    assert "华东 区域 [/bold] :apple:" in heard.err + heard.out
    assert names(tmp_path / "结果 out") == WHOLE
    with (tmp_path / "结果 out" / "assignments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["customer_id"] for row in rows] == ["K1", "K2", "K3"]
    assert {row["rep_id"] for row in rows} == {"甲", "乙"}


def test_a_plan_is_the_same_from_a_relative_and_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = write_case(tmp_path / "case")
    monkeypatch.chdir(tmp_path)
    assert run(["plan", "case", "--out", "a"]) == run(["plan", str(case), "--out", str(tmp_path / "b")]) == 0
    monkeypatch.chdir(case)
    assert run(["plan", ".", "--out", "../c"]) == 0
    plans = [(tmp_path / out / "assignments.csv").read_bytes() for out in "abc"]
    assert plans[0] == plans[1] == plans[2]


def test_the_same_command_writes_the_same_bytes_but_for_the_clock(tmp_path: Path) -> None:
    for out, seed in (("a", "0"), ("b", "4242")):
        command = ["plan", str(QUICKSTART), "--out", out]
        assert front_door(*command, cwd=tmp_path, PYTHONHASHSEED=seed, TZ=f"UTC+{len(seed)}").returncode == 0
    a, b = tmp_path / "a", tmp_path / "b"
    files = sorted(p.relative_to(a) for p in a.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(b) for p in b.rglob("*") if p.is_file())
    differ = [n.as_posix() for n in files if (a / n).read_bytes() != (b / n).read_bytes()]
    assert differ in ([], ["result.json"])
    without_clock = [
        json.loads(re.sub(rf'"(seconds|{STEPS})": [\d.e-]+', r'"\1": 0', text))
        for text in ((out / "result.json").read_text(encoding="utf-8") for out in (a, b))
    ]
    assert without_clock[0] == without_clock[1]


def test_a_plan_inside_the_case_folder_does_not_disturb_the_next_one(tmp_path: Path) -> None:
    case = write_case(tmp_path / "case")
    before = names(case)
    for _ in range(2):
        assert run(["plan", str(case), "--out", str(case / "out")]) == 0
    assert names(case) == sorted([*before, "out"])
    assert names(case / "out") == WHOLE


def test_when_no_plan_keeps_everything_the_best_effort_is_written_and_the_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    (case / "scenario.toml").write_text("[counts]\nmin = 2\n")
    assert run(["plan", str(case), "--out", str(tmp_path / "out")]) == 1
    assert names(tmp_path / "out") == WHOLE
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["status"] == "infeasible"
    assert not result["keeps_all"]
    heard = capsys.readouterr()
    assert "1 hard constraint is broken:" in heard.out
    assert "Proved: no plan can keep every hard constraint" in heard.out
    assert "No bound was reached" not in heard.out


def test_bad_input_is_told_on_stderr_and_written_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    with (case / "customers.csv").open("a", encoding="utf-8") as file:
        file.write("K3,Twice,ten,nobody\n")
    for _ in range(2):  # findings alone are an output of ours, to be replaced
        assert run(["plan", str(case), "--out", str(tmp_path / "out")]) == 2
    heard = capsys.readouterr()
    assert heard.out == ""
    for word in ("K3", "ten", "nobody", "findings.csv", "cannot be planned: 3 errors"):
        assert word in heard.err
    assert names(tmp_path / "out") == ["findings.csv"]
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["severity"] == "error"]
    assert {row["row"] for row in found} == {"5"}


def test_bad_input_leaves_an_earlier_plan_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, out = write_case(tmp_path / "case"), tmp_path / "out"
    given = (case / "customers.csv").read_text(encoding="utf-8")
    assert run(["plan", str(case), "--out", str(out)]) == 0
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    (case / "customers.csv").write_text(given + "K3,Twice,ten,nobody\n", encoding="utf-8")
    nothing = str(tmp_path / "nothing.csv")
    for command in (["plan"], ["schedule", "-a", nothing], ["evaluate", "-a", nothing]):
        capsys.readouterr()
        assert run([command[0], str(case), *command[1:], "--out", str(out)]) == 2
        heard = capsys.readouterr().err
        assert "earlier run and stays" in heard and str(tmp_path / "out-findings" / "findings.csv") in heard
        assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
        assert "K3" in (tmp_path / "out-findings" / "findings.csv").read_text(encoding="utf-8-sig")
    (case / "customers.csv").write_text(given, encoding="utf-8")
    assert run(["plan", str(case), "--out", str(out)]) == 0
    assert names(tmp_path) == ["case", "out"], "what is mended is no longer told"


def test_findings_that_find_no_place_are_all_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, out = write_case(tmp_path / "case"), tmp_path / "out"
    assert run(["plan", str(case), "--out", str(out)]) == 0
    (tmp_path / "out-findings").mkdir()
    (tmp_path / "out-findings" / "thesis.txt").write_text("mine")
    with (case / "customers.csv").open("a", encoding="utf-8") as file:
        file.write("".join(f"Z{i},Wrong,ten,nobody\n" for i in range(60)))
    capsys.readouterr()
    assert run(["plan", str(case), "--out", str(out)]) == 2
    heard = capsys.readouterr().err
    assert "thesis.txt" in heard and "rows 5, 6," in heard and ", 64," in heard
    assert names(tmp_path / "out-findings") == ["thesis.txt"]
    assert "result.json" in names(out)


@pytest.mark.parametrize("case", ["no such case", "", "\x1b[2J", "x.xlsx", "/dev/null", "a" * 300])
def test_what_is_no_case_is_refused_without_obeying_its_name(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["plan", case]) == 2
    assert run(["check", case]) == 2
    assert run(["evaluate", case, "-a", "nothing.csv"]) == 2
    heard = capsys.readouterr()
    assert "\x1b" not in heard.out + heard.err
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["findings.csv"]


def out_in_the_way(kind: str, folder: Path, case: Path) -> Path:
    """An output place of each kind that must not be taken."""
    out = folder / "taken"
    if kind in ("foreign", "half foreign"):
        out.mkdir()
        (out / "thesis.txt").write_text("mine")
        if kind == "half foreign":
            (out / "result.json").write_text("{}")
    elif kind == "file":
        out.write_text("mine")
    elif kind == "below a file":
        out.write_text("mine")
        out /= "sub"
    elif kind == "long name":
        out = folder / ("a" * 300)
    elif kind == "circle":
        out.symlink_to(out)
    return {"case": case, "above the case": folder, "root": Path("/"), "current": Path()}.get(kind, out)


PLACES = ["foreign", "half foreign", "file", "below a file", "long name", "circle", "case", "above the case"]


@pytest.mark.parametrize("kind", [*PLACES, "root", "current"])
def test_an_output_that_cannot_be_replaced_is_told_before_any_work(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    out = out_in_the_way(kind, tmp_path, case)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    monkeypatch.setattr("optimizer.reading.read_case", lambda *_: pytest.fail("worked first"))
    for command in (["plan", str(case)], ["evaluate", str(case), "-a", str(case / "customers.csv")]):
        assert run([*command, "--out", str(out)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "unexpected" not in line and "went wrong" not in line
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert names(tmp_path / "here") == []


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid"), reason="needs users of POSIX")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    case = write_case(tmp_path / "case")
    (tmp_path / "locked").mkdir(mode=0o555)
    assert run(["plan", str(case), "--out", str(tmp_path / "locked" / "out")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_time_limit_ends_the_search_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "case"
    assert run(["generate", str(case), "--customers", "600", "--reps", "12"]) == 0
    assert run(["plan", str(case), "--out", str(tmp_path / "out"), "--time-limit", "0"]) in (0, 1)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["stopped"] == "time_limit"
    assert "time limit" in capsys.readouterr().out


@pytest.mark.parametrize("seed", ["0", "7", "2147483648", "999999999999999999999"])
def test_any_seed_plans_and_is_kept_in_the_result(seed: str, tmp_path: Path) -> None:
    case = write_case(tmp_path / "case")
    assert run(["plan", str(case), "--out", str(tmp_path / "out"), "--seed", seed]) == 0
    assert json.loads((tmp_path / "out" / "result.json").read_text())["seed"] == int(seed)


# --- check ---


def test_check_writes_nothing_and_says_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    monkeypatch.chdir(tmp_path)
    assert run(["check", "case"]) == 0
    (case / "customers.csv").write_text("customer_id,hours\n" + "".join(f"K{k},x{k}\n" for k in range(50)))
    assert run(["check", "case"]) == 2
    told = capsys.readouterr().out
    assert "x1" in told and "x40" in told, "all of them: there is no file to look them up in"
    assert names(tmp_path) == ["case"]


# --- evaluate ---


def assignments(folder: Path, text: str) -> str:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_only_the_reports_that_are_named_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, out = write_case(tmp_path / "case"), tmp_path / "out"
    extras = {"plan.xlsx", "report.html", "territories.geojson", "reps"}
    for named, written in (
        ([], extras),
        (["--reports", "none"], set()),
        (["--reports", "page", "--reports", "map"], {"report.html", "territories.geojson"}),
    ):
        assert run(["plan", str(case), "--out", str(out), *named]) == 0
        assert {f.name for f in out.iterdir()} & extras == written
        assert ("report.html" in capsys.readouterr().out) == (named == []), (
            "what is not there is not to be opened"
        )
        assert {"assignments.csv", "result.json"} <= {f.name for f in out.iterdir()}
    mine = str(out / "assignments.csv")
    assert run(["evaluate", str(case), "-a", mine, "-o", str(out), "--reports", "workbook"]) == 0
    assert {f.name for f in out.iterdir()} & extras == {"plan.xlsx"}
    assert run(["plan", str(case), "--out", str(out), "--reports", "pdf"]) == 2


def test_a_plan_by_hand_is_judged_and_its_own_output_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, out = write_case(tmp_path / "case"), tmp_path / "out"
    mine = assignments(tmp_path, "customer_id,rep_id\nK1,甲\nK2,乙\n")
    assert run(["evaluate", str(case), "-a", mine, "--out", str(out)]) == 0
    assert "K3" in capsys.readouterr().err, "a customer left out is told"
    result = json.loads((out / "result.json").read_text())
    assert result["status"] == "evaluated" and result["unserved"] == 1
    assert "K3" in (out / "findings.csv").read_text(encoding="utf-8-sig")
    assert run(["plan", str(case), "--out", str(out)]) == 0
    planned = json.loads((out / "result.json").read_text())
    # The plan's own file is judged the same, and may be replaced by its judgement.
    assert run(["evaluate", str(case), "-a", str(out / "assignments.csv"), "-o", str(out)]) == 0
    judged = json.loads((out / "result.json").read_text())
    assert judged["terms"] == planned["terms"] and judged["bound"] is None


def test_a_plan_by_hand_that_breaks_something_is_judged_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    (case / "locks.csv").write_text("customer_id,rep_id,kind\nK1,甲,keep\n", encoding="utf-8")
    mine = assignments(tmp_path, "customer_id,rep_id\nK1,乙\nK2,乙\nK3,乙\n")
    assert run(["evaluate", str(case), "-a", mine]) == 1
    assert "K1 is locked to 甲" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 50, b"a,b\n1,2\n", b"customer_id\nK1\n", None])
def test_assignments_that_cannot_be_read_are_findings(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    mine = tmp_path / "mine.csv"
    if content is not None:
        mine.write_bytes(content)
    assert run(["evaluate", str(case), "-a", str(mine), "--out", str(tmp_path / "out")]) == 2
    assert "mine.csv cannot be judged: " in capsys.readouterr().err
    assert names(tmp_path / "out") == ["findings.csv"]


# --- new and generate ---


@pytest.mark.parametrize("name", ["empty", "empty.xlsx"])
def test_a_new_case_is_refused_while_empty_and_planned_when_filled(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "deep" / name
    assert run(["new", str(target)]) == 0
    told = capsys.readouterr().out
    assert str(target) in told and "check" in told
    assert run(["check", str(target)]) == 2
    heard = capsys.readouterr().out
    assert "the table customers has no rows" in heard and "the table reps has no rows" in heard
    fill(target)
    assert run(["check", str(target)]) == 0
    assert run(["plan", str(target), "--out", str(tmp_path / "out")]) == 0
    assert names(tmp_path / "out") == WHOLE
    assert "0017" in (tmp_path / "out" / "territories.csv").read_text()
    before = names(target.parent)
    assert run(["new", str(target)]) == 2
    assert names(target.parent) == before


def fill(target: Path) -> None:
    """A few rows, as one would type them."""
    rows = {
        "reps": [{"rep_id": "0017", "name": "Ann", "hours_per_week": 30}, {"rep_id": "0018"}],
        "customers": [
            {"customer_id": f"00{k}", "name": f"Mill {k}", "tier": "ABC"[k % 3], "owner": "0017"}
            for k in range(6)
        ],
    }
    if target.is_dir():
        for table, records in rows.items():
            path = target / f"{table}.csv"
            header = path.read_text(encoding="utf-8").strip().split(",")
            with path.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, header).writerows(records)
        return
    book = openpyxl.load_workbook(target)
    for table, records in rows.items():
        header = [cell.value for cell in book[table][1]]
        for record in records:
            book[table].append([record.get(str(column)) for column in header])
    book.save(target)


@pytest.mark.parametrize("command", [["new"], ["generate", "--customers", "20", "--reps", "2"]])
def test_a_new_case_never_goes_over_what_is_there(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    for target in ("full", "file", "file/sub", ".", "a" * 300):
        assert run([command[0], target, *command[1:]]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert names(tmp_path) == ["file", "full"]
    assert names(tmp_path / "full") == ["thesis.txt"]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_generated_case_has_no_errors_and_is_planned(format: str, tmp_path: Path) -> None:
    case = str(tmp_path / "case")
    size = ["--customers", "40", "--reps", "4", "--seed", "3", "--format", format]
    assert run(["generate", case, *size]) == 0
    assert run(["check", case]) == 0
    assert run(["plan", case, "--out", str(tmp_path / "out")]) == 0
    assert run(["generate", case, *size]) == 2


# --- odd terminals ---


def test_a_terminal_that_knows_no_such_letters_gets_what_it_can_show(tmp_path: Path) -> None:
    write_case(tmp_path / "case")
    (tmp_path / "case" / "scenario.toml").write_text('name = "华东"\n', encoding="utf-8")
    done = front_door("plan", "case", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "??: " in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell")
def test_a_reader_who_leaves_early_does_not_change_the_exit_code(tmp_path: Path) -> None:
    write_case(tmp_path / "case")
    line = f'"{sys.executable}" "{HOME / "run.py"}" plan case | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "Broken" not in done.stderr
    assert names(tmp_path / "out") == WHOLE


def test_what_steers_a_terminal_is_shown_and_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    (case / "locks.csv").write_text("customer_id,rep_id,kind\n\x1b[2J\x07K1,甲,keep\n", encoding="utf-8")
    assert run(["check", str(case)]) == 2
    heard = capsys.readouterr().out
    assert "�[2J" in heard
    assert "\x1b" not in heard and "\x07" not in heard


def test_a_mistake_of_ours_is_owned_up_to_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = write_case(tmp_path / "case")
    monkeypatch.setattr("optimizer.reports.write_report", lambda *_, **__: [][0])
    monkeypatch.delenv("OPTIMIZER_DEBUG", raising=False)
    assert run(["plan", str(case), "--out", str(tmp_path / "out")]) == 70
    assert "IndexError" in capsys.readouterr().err.splitlines()[-1]
    assert names(tmp_path) == ["case"]
