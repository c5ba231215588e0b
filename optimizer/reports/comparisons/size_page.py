"""size.html: how many reps, why not fewer, the curve, and where people come and go, on one page."""

from __future__ import annotations

from html import escape

from optimizer.comparing.sizing.size_curve import Sizing
from optimizer.messages import say
from optimizer.reports.comparisons.size_map import draw_size_maps
from optimizer.reports.comparisons.size_tables import say_answer, say_proof
from optimizer.reports.content.tables import Table
from optimizer.reports.page.still_page import write_section, write_still_page, write_table

RESTS = ("enough", "fewer", "more", "prices")
HIDDEN = ("failure", "bound", "overloaded", "utilization_least", "unserved_hours", "distance_km", "hard")


def build_size_page(
    sizing: Sizing, counts: Table, people: Table, rules: Table, picture: str, lang: str
) -> str:
    """The page, whole."""
    title = say("size.title", lang, name=sizing.case.name)
    rests = [say(f"size.rests_{code}", lang) for code in (*RESTS, *(["quick"] if sizing.quick else []))]
    parts = [
        f"<p class=overline>{escape(say('size.overline', lang))}</p><h1>{escape(title)}</h1>",
        f"<p class=answer>{escape(say_answer(sizing, lang))}</p><p class=why>{escape(say_proof(sizing, lang))}</p>",
        f"<ul class=rests>{''.join(f'<li>{escape(one)}</li>' for one in rests)}</ul>",
        _section("curve", picture, lang),
        _section("maps", draw_size_maps(sizing, lang), lang),
        _section("people", write_table(people, lang) if len(people) else "", lang),
        _section("counts", write_table(counts, lang, HIDDEN), lang),
        _section("rules", write_table(rules, lang) if len(rules) else "", lang),
    ]
    return write_still_page(title, "size.css", [part for part in parts if part], lang)


def _section(name: str, body: str, lang: str) -> str:
    """A part with its title and note; nothing where there is nothing to show."""
    if not body:
        return ""
    return write_section(escape(say(f"size.{name}", lang)), escape(say(f"size.{name}_note", lang)), body)
