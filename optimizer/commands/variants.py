"""variants: the small named changes of a case, what each touches, and how a command lays one on its case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.commands.options import BAD_INPUT, CaseArgument, refuse
from optimizer.messages import say

if TYPE_CHECKING:
    from optimizer.case import Case
    from optimizer.comparing import Patched
    from optimizer.findings import Finding
    from optimizer.terminal import Screen

MOST = 12  # lines told of what one variant touches

VariantOption = Annotated[
    str | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help="Lay a variant of the case on it first: a file of CASE/variants; several in this order: A+B.",
    ),
]


def variants(case: CaseArgument) -> None:
    """List the variants of a case, and what each of them touches; nothing is planned or written."""
    from optimizer.comparing import apply_variant, read_variants
    from optimizer.findings import InputError
    from optimizer.reading import read_case
    from optimizer.terminal import Screen, show_findings

    screen, aside = Screen(), Screen(stderr=True)
    try:
        given = read_case(case)
    except InputError as error:
        refuse("bad_case", case, error.findings, None)
    wrong: list[Finding] = []
    known = read_variants(case)
    if not known:
        screen.tell(say("cli.no_variants", case=case))
    for variant in known.values():
        screen.tell(say("cli.variant", name=variant.name, description=variant.description), "bold")
        try:
            patched = apply_variant(given, variant)
        except InputError as error:
            wrong += error.findings
            screen.tell(f"  {say('cli.variant_wrong', count=len(error.findings))}", "red")
            continue
        _show_touched(screen, patched)
        wrong += _list_news(given, patched)
    if wrong:
        show_findings(aside, wrong, most=None)
    if any(f.severity == "error" for f in wrong):
        raise typer.Exit(BAD_INPUT)


def read_varied(case: Path, variant: str | None, out: Path | None) -> Case:
    """The case, with a variant laid on it where one is named; or the end of the command with its findings."""
    from optimizer.findings import InputError
    from optimizer.reading import read_case
    from optimizer.terminal import Screen

    try:
        given = read_case(case)
    except InputError as error:
        refuse("bad_case", case, [*error.findings, *list_wrong(case, variant)], out)
    return given if variant is None else lay_variant(given, case, variant, out, Screen(stderr=True))


def list_wrong(case: Path, name: str | None) -> list[Finding]:
    """What is wrong in the files of a variant, whatever its case is like; of none, nothing."""
    from optimizer.comparing import pick_variant, read_variants
    from optimizer.findings import InputError

    if name is None:
        return []
    try:
        return [one for part in pick_variant(read_variants(case), name).parts for one in part.findings]
    except InputError as error:
        return list(error.findings)


def lay_variant(given: Case, case: Path, name: str, out: Path | None, aside: Screen) -> Case:
    """The case with a variant laid on it, and what that touches told; or the end of the command with its findings."""
    from optimizer.comparing import apply_variant, pick_variant, read_variants
    from optimizer.findings import Finding, InputError
    from optimizer.terminal import show_findings

    try:
        patched = apply_variant(given, pick_variant(read_variants(case), name))
    except InputError as error:
        refuse("bad_variant", Path(name), error.findings, out)
    news = _list_news(given, patched)
    if not patched.touched:
        nothing = Finding("variant_nothing", "error", "variants", value=name)
        refuse("bad_variant", Path(name), [nothing, *news], out)
    aside.tell(say("cli.variant_laid", name=name))
    _show_touched(aside, patched)
    show_findings(aside, news)
    return patched.case


def _show_touched(screen: Screen, patched: Patched) -> None:
    for touched in patched.touched[:MOST]:
        screen.tell(f"  {touched.sentence()}")
    if len(patched.touched) > MOST:
        screen.tell(f"  {say('cli.more', count=len(patched.touched) - MOST)}")
    if not patched.touched:
        screen.tell(f"  {say('cli.variant_touches_nothing')}", "yellow")


def _list_news(given: Case, patched: Patched) -> list[Finding]:
    """Findings that the case had not without the variant."""
    had = {id(finding) for finding in given.findings}
    return [finding for finding in patched.case.findings if id(finding) not in had]
