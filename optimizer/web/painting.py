"""Painting: pages made on the server from templates, in the language in force, with nothing from elsewhere."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from optimizer.messages import load_catalogue, look_up, say, spoken

HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.filters |= {"moment": _moment, "number": _number, "share": _share}
    return made


def paint(template: str, status: int = 200, **gaps: Any) -> HTMLResponse:
    """A page of ours."""
    page = _environment().get_template(template)
    text = page.render(say=say, word=look_up, lang=spoken(), knows=load_catalogue(), **gaps)
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY, "Content-Language": spoken()})


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _number(value: Any, decimals: int = 0) -> str:
    return "–" if not isinstance(value, int | float) else f"{value:,.{decimals}f}"


def _share(value: Any) -> str:
    return "–" if not isinstance(value, int | float) else f"{value:.2%}"
