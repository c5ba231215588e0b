"""Which language the command line speaks: ``--lang`` before or behind any command, else OPTIMIZER_LANG, else English.

The locale of the machine is not asked: the same command says the same everywhere.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from optimizer.messages import LANGUAGES, load_catalogue, say

VARIABLE = "OPTIMIZER_LANG"
LangOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="LANG",
        help=f"Language of what is said and written: {' or '.join(LANGUAGES)}; may stand behind the command too "
        f"[{VARIABLE}, else en].",
    ),
]


def choose_language(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The language to speak, and the arguments without what was said of it. BadParameter for one that is not known."""
    rest: list[str] = []
    said = os.environ.get(VARIABLE) or LANGUAGES[0]
    words = iter(arguments)
    for word in words:
        if word == "--":  # what follows are names, whatever they look like
            rest += [word, *words]
        elif word == "--lang":
            said = next(words, "")
        elif word.startswith("--lang="):
            said = word.removeprefix("--lang=")
        else:
            rest.append(word)
    lang = re.split("[-_.]", said.lower())[0]  # zh_CN.UTF-8 and zh-Hans are zh
    if lang not in LANGUAGES:
        raise typer.BadParameter(say("language.unknown", lang=said, known=", ".join(LANGUAGES)))
    return lang, rest


def translate_help(command: Any) -> None:
    """Put the help of a command and its commands into the language in force; English stands beside the options.

    Entries of the catalogue are ``help.<command>.about`` and ``help.<command>.<parameter>``; of an option that
    several commands have, ``help.any.<parameter>`` is enough.
    """
    words = load_catalogue()
    if "help.options" in words or "typer.rich_utils" in sys.modules:  # else nobody has said it otherwise
        from typer import rich_utils

        rich_utils.REQUIRED_LONG_STRING = words.get("help.required", "[required]")
        rich_utils.DEFAULT_STRING = words.get("help.default", "[default: {}]")
    if "help.options" not in words:
        return
    for one in (command, *command.commands.values()):
        _translate_usage(one, words)
        one.help = words.get(f"help.{one.name or 'optimizer'}.about", one.help)
        one.rich_help_panel = words["help.commands"]
        for parameter in (*one.params, one.get_help_option(typer.Context(one))):
            parameter.help = find_help(words, one.name, parameter.name) or parameter.help
            is_option = parameter.param_type_name == "option"
            parameter.rich_help_panel = words["help.options" if is_option else "help.arguments"]


def _translate_usage(command: Any, words: dict[str, str]) -> None:
    """Let the first line of a command's help, which Typer makes of English words, be in the language in force."""
    tell = command.get_usage
    swaps = [
        ("Usage:", "help.usage"),
        ("[OPTIONS]", "help.any_options"),
        ("COMMAND [ARGS]...", "help.any_command"),
    ]

    def tell_translated(context: Any) -> str:
        said = str(tell(context))
        for english, code in swaps:
            said = said.replace(english, words[code])
        return said

    command.get_usage = tell_translated


def describe_mistake(error: Any) -> str:
    """What was typed wrongly, as a sentence in the language in force; of odd mistakes in Typer's own words."""
    kind, said = type(error).__name__, str(error.format_message())
    hint = getattr(error, "param_hint", None) or getattr(error, "option_name", None)
    if hint is None and getattr(error, "param", None) is not None:
        hint = error.param.get_error_hint()
    unknown = re.match(r"No such command '(.*)'", said)
    if unknown:
        kind, hint = "NoSuchCommand", unknown[1]
    if hint is None or f"mistake.{kind}" not in load_catalogue():
        return said if said.endswith((".", "?", "!")) else f"{said}."
    shown = (hint if isinstance(hint, str) else " / ".join(hint)).replace("'", "")
    return say(f"mistake.{kind}", what=shown, problem=str(error.message).rstrip("."))


def find_help(words: dict[str, str], command: str | None, parameter: str) -> str | None:
    """What the catalogue says of a parameter of a command (None: of all of them together)."""
    own = words.get(f"help.{command or 'optimizer'}.{parameter}")
    return own or words.get(f"help.any.{parameter}")
