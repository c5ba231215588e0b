"""Write docs/reference/ from the code: ``python docs/make_reference.py``.

``tests/test_docs.py`` compares what this makes with what is committed, so the reference is never stale.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, get_origin

from markup import (
    code,
    describe_default,
    describe_type,
    doc,
    first,
    grid,
    list_keys,
    models_in,
    page,
    plain_gaps,
)
from pydantic import BaseModel
from signatures import list_commands, list_parameters, write_signature

import optimizer
import optimizer.jobs
import optimizer.store
from optimizer import constraints, objectives
from optimizer.building import build_problem
from optimizer.case import Case
from optimizer.commands.language import VARIABLE
from optimizer.comparing.frontier.frontiers import Frontier
from optimizer.comparing.frontier.trading import Trade
from optimizer.comparing.sizing.size_curve import Headcount, Sizing
from optimizer.comparing.sizing.size_least import Least
from optimizer.comparing.sizing.size_teams import Team, Tried
from optimizer.comparing.sweep.sweeping import Sweep, Swept, list_points
from optimizer.comparing.variants.filters import read_filter
from optimizer.comparing.variants.patches import Patch
from optimizer.evaluation import evaluate
from optimizer.folders import REP_FILES
from optimizer.kpis import DEFINITIONS, look_at, measure_kpis
from optimizer.messages import LANGUAGES, load_catalogue
from optimizer.plan import Plan, present_plan
from optimizer.problem import Problem
from optimizer.progress import HEAD, KINDS, fields_of
from optimizer.reading import read_case
from optimizer.reading.aliases import COLUMN_ALIASES, TABLE_ALIASES, VALUE_ALIASES
from optimizer.reading.columns import CONTRACT, EVENTS
from optimizer.reading.mapping import UNITS, Filter, Mapping, Rule
from optimizer.reading.progress import no_events
from optimizer.rebalancing import Cover, follow_recipe, rebalance, watch
from optimizer.records import TABLES
from optimizer.reports.comparisons.frontier_files import list_frontier
from optimizer.reports.comparisons.size_tables import list_headcounts, list_people, list_rules
from optimizer.reports.comparisons.sweep_files import list_sweep_tables
from optimizer.reports.content.news import build_news
from optimizer.reports.content.report import build_report
from optimizer.reports.content.tables import Table, corridor_tags
from optimizer.reports.content.timetable import build_timetable
from optimizer.reports.files.result_file import list_result, list_schedule
from optimizer.reports.files.watch_files import describe_watch, list_watch_tables
from optimizer.scenario import DEFAULT_TIERS, Scenario
from optimizer.scheduling import build_task_problem, solve_schedule
from optimizer.templates import describe_kind

DOCS = Path(__file__).parent


def make_pages() -> dict[str, str]:
    """Every page of the reference by file name."""
    return {
        "tables.md": _tables(),
        "progress.md": _progress(),
        "scenario.md": _scenario(),
        "mapping.md": _mapping(),
        "variants.md": _variants(),
        "commands.md": _commands(),
        "constraints.md": _constraints(),
        "findings.md": _findings(),
        "outputs.md": _outputs(),
        "kpis.md": _kpis(),
        "library.md": _library(),
        "store.md": _store(),
        "jobs.md": _jobs(),
    }


# Pages ----------------------------------------------------------------------------------------------------


def _tables() -> str:
    parts = []
    for table, columns in CONTRACT.items():
        fields = TABLES[table].model_fields
        rows = [
            [
                code(name),
                "yes" if column.required else "",
                describe_kind(column),
                fields[name].description or "",
            ]
            for name, column in columns.items()
        ]
        aliases = COLUMN_ALIASES.get(table, {})
        others = [
            f"- `{name}`: {', '.join(aliases[name].split(','))}" for name in columns if aliases.get(name)
        ]
        parts += [
            f"## {table}",
            " ".join(doc(TABLES[table]).split()),
            grid(["column", "needed", "holds", "meaning"], rows),
            f"<details><summary>Other names that are understood</summary>\n\n- the table: "
            f"{', '.join(TABLE_ALIASES[table].split(','))}\n" + "\n".join(others) + "\n\n</details>",
        ]
    return page(
        "Tables",
        "What a case may hold: one CSV or Parquet file a table, or one workbook with a sheet a table. Only `reps` and "
        "`customers` must be there. Unknown columns are kept; a numeric one may serve as a measure. Capitals, blanks, "
        "underscores and hyphens in names make no difference; other names go through "
        "[mapping.toml](mapping.md).",
        *parts,
    )


def _progress() -> str:
    heads = next(iter(KINDS.values())).model_fields
    rows = [[code(name), describe_kind(EVENTS[name]), heads[name].description or ""] for name in HEAD]
    rows[HEAD.index("kind")][1:] = ["text", "What happened: one of the kinds below"]
    parts = [grid(["column", "holds", "meaning"], rows)]
    for kind, model in KINDS.items():
        fields = [
            [
                code(name),
                "yes" if model.model_fields[name].is_required() else "",
                describe_kind(EVENTS[name]),
                model.model_fields[name].description or "",
            ]
            for name in fields_of(kind)
        ]
        said = [text for text, meant in VALUE_ALIASES["kind"].items() if meant == kind]
        parts += [
            f"## {kind}",
            doc(model) + f" Also understood: {', '.join(said)}.",
            grid(["column", "needed", "holds", "meaning"], fields),
        ]
    aliases = [
        f"- `{name}`: {', '.join(listed.split(','))}" for name, listed in COLUMN_ALIASES["progress"].items()
    ]
    return page(
        "Progress",
        "What happened since the plan: one CSV, Excel or Parquet file, a row an event. Each kind of event fills its "
        "own columns; the others stay empty, and a column that no event fills may be missing. Events may come in any "
        "order, late, and more than once: an `event_id` counts once. What cannot be taken in is a "
        "[finding](findings.md), the rest counts. How a plan is watched: "
        "[Watch a quarter](../how-to/watch-a-quarter.md).",
        *parts,
        "<details><summary>Other names of columns that are understood</summary>\n\n"
        + "\n".join(aliases)
        + "\n\n</details>",
    )


def _sections(model: type[BaseModel], path: str, listed: bool) -> Iterator[tuple[str, type[BaseModel]]]:
    yield (f"[[{path}]]" if listed else f"[{path}]"), model
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            is_table = get_origin(field.annotation) is dict
            here = f"{path}.{name}.NAME" if is_table else f"{path}.{name}"
            yield from _sections(inner, here, get_origin(field.annotation) is tuple)


def _scenario() -> str:
    top, parts = [], []
    for name, field in Scenario.model_fields.items():
        models = models_in(field.annotation)
        if not models:
            top.append(
                [
                    code(name),
                    describe_type(field.annotation, []),
                    describe_default(field),
                    field.description or "",
                ]
            )
            continue
        kind = get_origin(field.annotation)
        path = f"{name}.NAME" if kind is dict else name
        for title, model in _sections(models[0], path, kind is tuple):
            said = (
                doc(model) if model.__name__ != "Priced" or not field.description else field.description + "."
            )
            parts += [f"## {title}", " ".join(said.split()), list_keys(model)]
            if model.__name__ == "Tier":
                blank = {"roles", "gap_weeks", "min_gap_weeks"}
                rows = [
                    [code(t), *(f"{v:g}" for v in tier.model_dump(exclude=blank).values())]
                    for t, tier in DEFAULT_TIERS.items()
                ]
                columns = list(DEFAULT_TIERS["A"].model_dump(exclude=blank))
                parts += ["Without any `[tiers]`:", grid(["tier", *columns], rows)]
            if name == "corridors":
                parts.append(
                    "Without any `[[corridors]]`: hours within 0.1 of the share of capacity, at price 1."
                )
    return page(
        "scenario.toml",
        " ".join(doc(optimizer.scenario).split("\n", 1)[0].split())
        + " Every key may be left out. An unknown key is an error that names its nearest known one.",
        grid(["key", "holds", "default", "meaning"], top),
        *parts,
    )


def _mapping() -> str:
    told = doc(optimizer.reading.mapping)
    example = inspect.cleandoc(told.split("::", 1)[1])
    units = [[code(unit), f"{factor:g}"] for unit, factor in UNITS.items()]
    return page(
        "mapping.toml",
        "How a company's own tables become the tables of the contract. Data, never code. "
        "A step by step example: [my own tables](../how-to/my-own-tables.md).",
        f"```toml\n{example}\n```",
        "## [TABLE]",
        doc(Mapping),
        list_keys(Mapping),
        "## A rule of columns",
        "How one column is made: exactly one of `constant`, `from`, `join`, `sum`, `difference`, `product` and "
        "`ratio`, then what is done with it. A text is short for `{ from = TEXT }`, a number for "
        "`{ constant = NUMBER }`.",
        list_keys(Rule),
        "## where",
        doc(Filter),
        list_keys(Filter),
        "## Units",
        "What one of a unit is in the unit of the contract (hours, km, or the plain number).",
        grid(["unit", "is"], units),
    )


def _variants() -> str:
    parts = []
    for name, field in Patch.model_fields.items():
        if models := models_in(field.annotation):
            parts += [f"## [[{name}]]", doc(models[0]), list_keys(models[0])]
    return page(
        "Variants",
        "A small named change of a case: `variants/NAME.toml` in its folder. Each table below may be there several "
        "times, or not at all; within a file they are laid on in the order in which they stand here, the scenario "
        "first. How to use them: [plan a variant](../how-to/plan-a-variant.md).",
        list_keys(Patch),
        *parts,
        "## where",
        " ".join(doc(read_filter).split()),
        "A column is named as in the [tables](tables.md), other names that are understood among them; "
        "`customer.COLUMN` and `rep.COLUMN` are columns of whom a row names. An empty cell meets only `!=` and "
        "`is empty`; `has` looks at names of skills, not at levels.",
    )


def _commands() -> str:
    parts = []
    for name, command in list_commands().items():
        parameters = list_parameters(command)
        needed = [p.shown for p in parameters if p.default == "needed"]
        more = " [OPTIONS]" if len(needed) < len(parameters) else ""
        rows = [[code(", ".join([*p.names[:-1], p.shown])), p.default, p.meaning] for p in parameters]
        parts += [
            f"## {name}",
            f"```\noptimizer {name} {' '.join(needed)}{more}\n```",
            doc(command),
            grid(["argument or option", "default", "meaning"], rows),
        ]
    return page(
        "Commands",
        "`optimizer COMMAND` after install, or `python run.py COMMAND` from the repository. Every command explains "
        "itself with `--help`; without any command `scenarios/quickstart` is planned into `out`.",
        f"`--lang {' | '.join(LANGUAGES)}`, before or behind any command, chooses the language of what is said and "
        f"written; without it the environment variable `{VARIABLE}`, else English.",
        *parts,
        "## Exit codes",
        grid(["code", "meaning"], EXIT_CODES),
    )


EXIT_CODES = [
    [
        "0",
        "A plan that keeps every hard constraint (`check`: no errors; `watch`: nothing calls for a rebalance)",
    ],
    [
        "1",
        "No plan, or no schedule, keeps every hard constraint; the best effort is written with what it breaks "
        "(`plan`, `compare`: or a guardrail is not kept; `check --plan`: or a move that does not pay for itself; "
        "`watch`: something calls for a rebalance; "
        "`suggest`: nobody can take the customer; `store verify-audit`: an audit log does not hold)",
    ],
    [
        "2",
        "Bad input: findings on stderr and in `findings.csv`; or an output that cannot be written. "
        "An earlier plan in DIR stays as it was",
    ],
    ["70", "Something went wrong inside the program; nothing is half-written"],
    ["130", "Given up by Ctrl-C before solving, or by a second one; nothing is written"],
]


def _constraints() -> str:
    parts = []
    for module in constraints.ALL:
        key, unit = _price_of(module.NAME)
        priced = f"Hard, or priced with `{key}`. {unit}" if key else "Always hard."
        if module.NAME == "coverage":
            priced = "Hard with `coverage.hard = true`; otherwise the objective `unserved` is its price."
        parts += [f"### {module.NAME}", _essence(module), priced]
    terms = [[code(m.NAME), _essence(m)] for m in objectives.ALL]
    catalogue = load_catalogue("en")
    said = [
        [code(c.split(".")[1]), plain_gaps(s)] for c, s in catalogue.items() if c.startswith("violation.")
    ]
    notes = [[code(c.split(".")[1]), plain_gaps(s)] for c, s in catalogue.items() if c.startswith("note.")]
    return page(
        "Constraints and objectives",
        "What a plan must keep and what makes it better; one file each in `optimizer/constraints/` and "
        "`optimizer/objectives/`. The formulas are in [the model](../explanation/model.md), the keys in "
        "[scenario.toml](scenario.md).",
        "## Constraints",
        *parts,
        "## Objectives",
        "The objective is the sum of these terms, in selling hours, and of what broken priced constraints cost.",
        grid(["term", "meaning"], terms),
        "## Violations",
        "The code and the sentence of each way to break a constraint. Gaps in braces are filled.",
        grid(["code", "sentence"], said),
        "## Notes",
        "What a result may tell beside its figures.",
        grid(["code", "sentence"], notes),
    )


def _essence(module: object) -> str:
    """The first paragraph without the module's name in front, and without what is said of its price anyway."""
    told = re.sub(r" ?(Always hard|Unit of the price[^.]*)\.", "", first(module).split(": ", 1)[1])
    return told[0].upper() + told[1:]


def _price_of(name: str) -> tuple[str, str]:
    """Key of a constraint's price in the scenario and the sentence that says its unit; empty when always hard."""
    if name not in Scenario.model_fields:
        return "", ""
    field = Scenario.model_fields[name]
    sections = list(_sections(models_in(field.annotation)[0], name, False))
    path, model = next(
        (p.strip("[]"), m) for p, m in sections if "price" in m.model_fields or m is sections[-1][1]
    )
    if "price" not in model.model_fields:
        return "", ""
    told = re.search(r"Unit of the price: [^.]*", f"{field.description or ''}. {doc(model)}")
    unit = told[0] if told else (model.model_fields["price"].description or "")
    return f"{path}.price", re.sub(r"[.;] [Ee]mpty: hard$", "", unit) + "."


def _findings() -> str:
    catalogue = load_catalogue("en")
    codes = dict.fromkeys(key.split(".")[1] for key in catalogue if key.startswith("finding."))
    parts = []
    for kind in codes:
        said = {
            part: plain_gaps(catalogue[f"finding.{kind}.{part}"]) for part in ("problem", "expected", "fix")
        }
        parts.append(
            f"### {kind}\n\n{said['problem']}\n\n- expected: {said['expected']}\n- fix: {said['fix']}"
        )
    return page(
        "Findings",
        f"What the optimizer may find in the data before it plans: {len(codes)} kinds. `optimizer check CASE` tells "
        "all of them at once, each with table, row and column. Errors stop a plan; warnings do not. Gaps in braces are "
        "filled.",
        *parts,
    )


def _outputs() -> str:
    meanings = tomllib.loads((DOCS / "outputs.toml").read_text(encoding="utf-8"))
    case = read_case(DOCS.parent / "scenarios" / "quickstart")
    problem = build_problem(case)
    plan = present_plan(problem)
    work = build_task_problem(case, plan, problem=problem)
    timetable = build_timetable(case, work, solve_schedule(work, should_stop=lambda: True))
    report = build_report(case, problem, plan, evaluate(problem, plan), timetable=timetable)
    parts = []
    for table in report.tables:
        name = table.name
        general = [_generalize(c, problem) if name == "territories" else c for c in table.columns]
        rows = [[code(c), meanings[name][c]] for c in dict.fromkeys(general)]
        parts += [f"## {name}.csv", meanings["files"][f"{name}.csv"], grid(["column", "meaning"], rows)]
    rows = [[code(key), meanings["result"][key]] for key in list_result(report)]
    parts += ["## result.json", meanings["files"]["result.json"], grid(["key", "meaning"], rows)]
    rows = [[code(key), meanings["schedule"][key]] for key in list_schedule(timetable)]
    parts += ["Its key `schedule`:", grid(["key", "meaning"], rows)]
    found = rebalance(case, plan, no_events(), case.scenario.horizon.start)
    for table in build_news(found).tables:
        rows = [[code(c), meanings[table.name][c]] for c in table.columns]
        parts += [f"## {table.name}.csv", meanings["files"][f"{table.name}.csv"]]
        parts.append(grid(["column", "meaning"], rows))
    start = case.scenario.horizon.start
    away = Cover(str(case.records.reps["rep_id"].iloc[0]), start, start + timedelta(weeks=2))
    cover = build_news(follow_recipe(case, plan, no_events(), away)).cover
    rows = [[code(c), meanings["cover"][c]] for c in cover.columns]
    parts += ["## cover.csv", meanings["files"]["cover.csv"], grid(["column", "meaning"], rows)]
    parts += ["## events.csv", meanings["files"]["events.csv"]]
    for file in ("rebalance.json", "rebalance.html"):
        parts += [f"## {file}", meanings["files"][file]]
    seen = watch(case, plan, no_events(), case.scenario.horizon.start)
    watched: list[str] = []
    for table in list_watch_tables(seen, [], "en")[:-1]:  # findings are told above
        rows = [[code(c), meanings[table.name][c]] for c in table.columns]
        watched += [f"## {table.name}.csv", meanings["files"][f"{table.name}.csv"]]
        watched.append(grid(["column", "meaning"], rows))
    rows = [[code(key), meanings["watch_json"][key]] for key in describe_watch(seen, "en")]
    watched += ["## watch.json", meanings["files"]["watch.json"], grid(["key", "meaning"], rows)]
    today = Headcount(4, (Tried(Team(4), "optimal"),), None, "enough")
    sized = Sizing(case, (today,), Least(4, "present", ()), 4, 4, problem)
    for table in (list_headcounts(sized), list_people(sized), list_rules(sized)):
        rows = [[code(c), meanings[table.name][c]] for c in table.columns]
        watched += [f"## {table.name}.csv", meanings["files"][f"{table.name}.csv"]]
        watched.append(grid(["column", "meaning"], rows))
    for table in _list_compared(case, problem, plan):
        rows = [[code(c), meanings[table.name][c]] for c in table.columns if c in meanings[table.name]]
        watched += [f"## {table.name}.csv", meanings["files"][f"{table.name}.csv"]]
        watched.append(grid(["column", "meaning"], rows))
    for file in ("plan.xlsx", "report.html", "territories.geojson", *(f"reps/REP/{f}" for f in REP_FILES)):
        parts += [f"## {file}", meanings["files"][file]]
    return page("Outputs", " ".join(meanings["intro"].split()), *parts, *watched)


def _list_compared(case: Case, problem: Problem, plan: Plan) -> list[Table]:
    """The tables of a sweep and of a frontier; KPIs, which are further columns, are told on a page of their own."""
    score = evaluate(problem, plan)
    kpis = measure_kpis(look_at(problem, plan, score))
    point = list_points(case, {"travel.price": [1]})[0]
    swept = Sweep(case, (Swept(point, "feasible", kpis),))
    found = Frontier(case, problem, Trade(problem), plan, score, kpis, (), 0, False)
    return [*list_sweep_tables(swept, "en"), list_frontier(found, "en")]


def _generalize(column: str, problem: Problem) -> str:
    """``potential_target`` -> ``{measure}_target``: the columns of a measure are named after it."""
    stem, _, part = column.rpartition("_")
    if stem in corridor_tags(problem) and part in ("target", "low", "high", "deviation"):
        return "{measure}_" + part
    measures = {m.name for m in problem.measures} - {"hours", "customers"}
    return "{measure}" if column in measures else column


def _kpis() -> str:
    catalogue = load_catalogue("en")
    parts = {"": "", "corridor": ".MEASURE", "tier": ".TIER"}
    rows = []
    for definition in DEFINITIONS:
        rows.append(
            [
                code(definition.name + parts[definition.of]),
                catalogue[f"kpi.{definition.key}"].removesuffix(", {part}").replace("{part}", "TIER"),
                catalogue[f"kpi_unit.{definition.unit}"],
                definition.better,
                catalogue[f"kpi_formula.{definition.key}"],
            ]
        )
    told = doc(optimizer.guardrails)
    example = inspect.cleandoc(told.split("::", 1)[1].split("\n\n", 2)[1])
    return page(
        "KPIs and guardrails",
        "The figures by which plans are compared: each is defined once, and reports, `compare`, guardrails and "
        "`result.json` (key `kpis`) all read it there. MEASURE is the measure of a corridor (of a second one with it "
        "`MEASURE_2`), TIER a tier of the scenario. What is unknown is left empty.",
        grid(["name", "is called", "unit", "better", "formula"], rows),
        "## guardrails.toml",
        "What a plan must show to be accepted: a file in the case's folder, each entry the name of a KPI and the least "
        "(`min`) or the most (`max`) of it that passes; shares as parts of 1. Guardrails do not change a plan, as "
        "constraints do. `plan` and `compare` tell how a plan stands to each and end with exit code 1 when one is not "
        "kept; `result.json` has them under `guardrails`. A figure that is unknown, such as a gap without a bound, "
        "does not pass.",
        f"```toml\n{example}\n```",
    )


def _library() -> str:
    parts = []
    for name in sorted(optimizer.__all__, key=lambda n: (n[0].isupper(), n.lower())):
        thing = getattr(optimizer, name)
        is_function = inspect.isfunction(thing)
        head = (
            f"```python\n{write_signature(name, thing)}\n```"
            if is_function
            else f"`from optimizer import {name}`"
        )
        parts += [f"## {name}", head, doc(thing)]
    return page(
        "Library",
        "The public names of `optimizer`. A walk through them: [use it as a library](../how-to/use-as-a-library.md).",
        *parts,
    )


def _store() -> str:
    return page(
        "The store",
        "The public names of `optimizer.store` (extra `server`). A walk through them: "
        "[keep plans in a store](../how-to/keep-plans-in-a-store.md).",
        *_names(optimizer.store),
    )


def _jobs() -> str:
    return page(
        "Jobs",
        "The public names of `optimizer.jobs` (extra `server`). What they are for: [jobs](../explanation/jobs.md).",
        *_names(optimizer.jobs, ("ORDERS", "Chore")),
    )


def _names(module: Any, without: Sequence[str] = ()) -> list[str]:
    """The public names of a module, functions first."""
    parts = []
    for name in sorted(set(module.__all__) - set(without), key=lambda n: (n[0].isupper(), n.lower())):
        thing = getattr(module, name)
        parts.append(f"## {name}")
        if inspect.isfunction(thing):
            parts.append(f"```python\n{write_signature(name, thing)}\n```")
        elif is_dataclass(thing):
            holds = [
                [code(f.name), f"`{f.type}`".replace("|", "\\|")] for f in fields(thing) if f.name[0] != "_"
            ]
            parts.append(grid(["field", "holds"], holds))
        elif inspect.isclass(thing) and issubclass(thing, BaseModel) and thing.model_fields:
            rows = [
                [code(field), "yes" if known.is_required() else "", known.description or ""]
                for field, known in thing.model_fields.items()
            ]
            parts.append(grid(["field", "needed", "meaning"], rows))
        parts.append(doc(thing) if thing.__doc__ and not isinstance(thing, str) else f"The name `{thing}`.")
        methods = vars(thing).items() if inspect.isclass(thing) and not issubclass(thing, BaseModel) else ()
        for title, method in methods:
            if inspect.isfunction(method) and not title.startswith("_"):
                parts.append(f"```python\n{name}.{write_signature(title, method)}\n```\n\n{doc(method)}")
    return parts


def main() -> None:
    """Write the pages."""
    for name, text in make_pages().items():
        (DOCS / "reference" / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
