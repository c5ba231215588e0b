"""The command line: every command by its name, and how they all end.

Exit codes: 0 a plan; 1 no plan keeps every hard constraint (the best effort is written); 2 bad input.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from optimizer.commands.comparing import compare, diff
from optimizer.commands.ctrl_c import CTRL_C
from optimizer.commands.explaining import explain
from optimizer.commands.frontiers import frontier
from optimizer.commands.judging import check, evaluate
from optimizer.commands.language import LangOption, choose_language, describe_mistake, translate_help
from optimizer.commands.making import generate, new
from optimizer.commands.options import BAD_INPUT, CRASHED, GIVEN_UP, PLANNED
from optimizer.commands.planning import plan, schedule
from optimizer.commands.rebalancing import rebalance
from optimizer.commands.recipes import recipe
from optimizer.commands.serving import serve, token
from optimizer.commands.sizing import size
from optimizer.commands.storing import store
from optimizer.commands.suggesting import suggest
from optimizer.commands.sweeping import sweep
from optimizer.commands.variants import variants
from optimizer.commands.watching import watch
from optimizer.commands.working import worker
from optimizer.messages import say, speaking

QUICKSTART = Path("scenarios") / "quickstart"

app = typer.Typer(
    help="Plan sales territories, and tasks into weeks, with a proven bound, named violations and a disruption "
    "budget. With no command at all, scenarios/quickstart is planned into ./out.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (
    plan,
    variants,
    schedule,
    watch,
    rebalance,
    recipe,
    suggest,
    explain,
    check,
    evaluate,
    compare,
    diff,
    sweep,
    frontier,
    size,
    new,
    generate,
    store,
    serve,
    token,
    worker,
):
    app.command()(command)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
    lang: LangOption = None,  # heard before anything else: see run
) -> None:
    """Plan scenarios/quickstart when no command is given."""
    if version:
        from optimizer import __version__

        typer.echo(f"optimizer {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        home = Path(context.obj) if context.obj else Path()
        case = QUICKSTART if QUICKSTART.exists() else home / QUICKSTART
        if not case.exists():
            typer.echo(say("cli.no_such_case", command=context.command_path), err=True)
            raise typer.Exit(BAD_INPUT)
        plan(case)


def main(home: str | Path | None = None) -> NoReturn:
    """Run the command line and leave the process. ``home``: where scenarios/ is, besides the current folder."""
    code = run(home=home)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read along has left
            stream.flush()
    # Without waiting for a solver thread that was told to stop and is still in C++.
    os._exit(code)


def run(arguments: Sequence[str] | None = None, home: str | Path | None = None) -> int:
    """Run one command and return its exit code: whatever goes wrong ends in a sentence, not in a traceback."""
    try:
        lang, words = choose_language(sys.argv[1:] if arguments is None else arguments)
    except typer.BadParameter as error:
        typer.echo(say("cli.usage", problem=error.message, command="optimizer"), err=True)
        return BAD_INPUT
    with speaking(lang):
        return _run(words, home)


def _run(arguments: list[str], home: str | Path | None) -> int:
    from optimizer.folders import OutputError

    before = CTRL_C.listen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # letters that this terminal does not know
            stream.reconfigure(errors="replace")
    try:
        commands = typer.main.get_command(app)
        translate_help(commands)
        code = commands(arguments, obj=home, standalone_mode=False)
        if code == GIVEN_UP:  # how typer reports Ctrl-C
            typer.echo(say("cli.given_up"), err=True)
        return code or PLANNED
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = "optimizer" if context is None else context.command_path
        typer.echo(say("cli.usage", problem=describe_mistake(error), command=command), err=True)
        return BAD_INPUT
    except OutputError as error:
        typer.echo(str(error), err=True)
        return BAD_INPUT
    except KeyboardInterrupt:
        typer.echo(say("cli.given_up"), err=True)
        return GIVEN_UP
    except MemoryError:
        typer.echo(say("cli.out_of_memory"), err=True)
        return CRASHED
    except Exception as error:  # the last floor: no traceback reaches a user
        if CTRL_C.given_up:  # some libraries turn Ctrl-C into an error of their own
            typer.echo(say("cli.given_up"), err=True)
            return GIVEN_UP
        if os.environ.get("OPTIMIZER_DEBUG"):
            raise
        typer.echo(say("cli.unexpected", error=f"{type(error).__name__}: {error}"), err=True)
        return CRASHED
    finally:
        if not CTRL_C.given_up:
            signal.signal(signal.SIGINT, before)
