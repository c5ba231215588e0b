"""The documentation is true: links lead somewhere, examples run, the reference is what the code says."""

import ast
import contextlib
import io
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from optimizer import cli, constraints, objectives
from optimizer.comparing.variants.patches import Patch
from optimizer.scenario import Scenario

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "scenarios").rglob("*.md")], key=lambda p: p.as_posix()
)
START = "python -m pip install -e . && python run.py"
TEST = 'python -m pip install -e ".[test]" && python -m pytest'


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of exactly this language; one with more on its fence belongs to somebody else's test."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty folder with the quick start in it, as a reader would have it."""
    shutil.copytree(ROOT / "scenarios" / "quickstart", tmp_path / "scenarios" / "quickstart")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# The reference --------------------------------------------------------------------------------------------


def test_the_reference_is_what_the_code_says_now(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import make_reference

    made = make_reference.make_pages()
    committed = {p.name: p.read_text(encoding="utf-8") for p in (DOCS / "reference").iterdir()}
    assert made.keys() == committed.keys()
    stale = [name for name, text in made.items() if committed[name] != text]
    assert not stale, f"{stale}: run python docs/make_reference.py"


def test_every_command_and_option_is_documented():
    reference = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    assert {"plan", "schedule", "check", "evaluate", "new", "generate"} <= commands.keys()
    for name, command in commands.items():
        assert f"`{name} " in readme
        section = reference.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            if parameter.name != "help":
                missing = [o for o in parameter.opts if o.startswith("-") and o not in section]
                assert not missing, f"{name}: {missing}"


def test_the_model_speaks_of_every_constraint_and_objective():
    model = (DOCS / "explanation" / "model.md").read_text(encoding="utf-8")
    assert not [m.NAME for m in (*constraints.ALL, *objectives.ALL) if f"`{m.NAME}`" not in model]


# Links and commands ---------------------------------------------------------------------------------------


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


def test_the_index_knows_every_page():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = [p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md") if p.name != "index.md"]
    assert not [page for page in pages if f"]({page})" not in index]


def test_the_two_commands_are_the_same_everywhere():
    assert {START, TEST} <= {block.strip() for block in _blocks(ROOT / "README.md", "sh")}
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert START in checks and TEST in checks
    assert TEST in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_names_every_slow_test():
    named = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                "mark.slow" in ast.unparse(d) for d in node.decorator_list
            ):
                assert f"`{node.name}`" in named


# Examples -------------------------------------------------------------------------------------------------


# my-own-tables.md is run by tests/reading/, with its tables and its mapping.
EXAMPLES = [
    p for p in PAGES if _blocks(p, "python") and p.parent.name != "reference" and p.name != "my-own-tables.md"
]


@pytest.mark.parametrize("page", EXAMPLES, ids=_name)
def test_the_python_of_a_page_runs_from_top_to_bottom(page, workplace):
    names = {"__name__": "docs"}
    exec("from optimizer import build_problem, evaluate, read_case, solve, write_reports", names)
    if page.name == "evaluate-a-plan-made-by-hand.md":
        (workplace / "by-hand.csv").write_text(_blocks(page, "csv")[0], encoding="utf-8")
    for block in _blocks(page, "python"):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(compile(block, _name(page), "exec"), names)
    if page.name == "README.md":
        assert "optimal: 48.5 h" in said.getvalue()
        assert (workplace / "out" / "report.html").exists()


def test_the_readme_shows_the_library_in_about_ten_lines():
    (block,) = _blocks(ROOT / "README.md", "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 11


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("*.md")), ids=_name)
def test_the_wishes_of_a_page_are_a_scenario(page):
    for block in _blocks(page, "toml"):
        model = Patch if "/variants/" in block.partition("\n")[0] else Scenario
        model.model_validate(tomllib.loads(block))


@pytest.mark.parametrize(("name", "arguments"), [("start.md", []), ("start.zh.md", ["--lang", "zh"])])
def test_the_tutorial_shows_what_is_really_said_and_written(name, arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "utf8", ROOT / "run.py", *arguments],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    (shown,) = _blocks(DOCS / name, "console")
    assert _plain(shown) == _plain(" ".join(["$ python run.py", *arguments, done.stdout]))
    (moves,) = _blocks(DOCS / name, "csv")
    assert moves == (tmp_path / "out" / "moves.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["ask-why.md", "what-limits-us.md"])
def test_a_page_shows_what_is_really_said(page, workplace, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    text = (DOCS / "how-to" / page).read_text(encoding="utf-8")
    shown = 0
    for language, block in re.findall(r"^```(sh|toml|console)\n(.*?)^```", text, re.M | re.S):
        command, _, rest = block.partition("\n")
        if language == "toml":
            file = workplace / command.removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block, encoding="utf-8")
        elif language == "sh" and command.startswith("python run.py plan "):
            cli.run([*command.split()[2:], "--no-schedule", "--reports", "none"])
        elif language == "console":
            capsys.readouterr()
            assert cli.run(command.removeprefix("$ python run.py ").split()) == 0
            assert _plain(capsys.readouterr().out) == _plain(rest)
            shown += 1
    assert shown


@pytest.mark.parametrize("picture", ["report.png", "weeks.png"])
def test_the_picture_of_a_report_is_there_and_small(picture):
    assert 20_000 < (DOCS / "pictures" / picture).stat().st_size < 400_000
