"""Live: what a person sees while solving; plain lines where nobody watches."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.live import Live
from rich.text import Text

from optimizer.messages import say, spoken
from optimizer.terminal.screen import Screen

if TYPE_CHECKING:
    from optimizer.result import Progress

PLAIN_SECONDS = 5.0  # between plain lines


class Watch:
    """Shows elapsed time, best objective, bound and gap: one live line on a terminal, else a line now and then."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.live = (
            Live(console=screen, refresh_per_second=8, transient=True) if screen.is_interactive else None
        )
        self.began = time.perf_counter()
        self.latest: Progress | None = None
        self.told: Progress | None = None
        self.stopping = False
        self.words = "stage"  # area of the catalogue that names the stages
        self.lang = spoken()  # progress is told from other threads too, which know of no language

    def __enter__(self) -> Watch:
        if self.live is not None:
            self.live.get_renderable = self.live_line  # type: ignore[method-assign]  # keeps the clock running
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live is not None:
            self.live.stop()
        if self.latest is not None and kind is None:
            self.tell(self.latest)

    def show(self, progress: Progress) -> None:
        """Take in a glimpse of the solver."""
        last, self.latest = self.told, progress
        is_due = (
            last is None or progress.stage != last.stage or progress.seconds - last.seconds >= PLAIN_SECONDS
        )
        if self.live is None and is_due:
            self.tell(progress)

    def turn(self, words: str, what: str) -> None:
        """The next search begins: leave the last one's line behind and start again; ``words`` name its stages."""
        if self.latest is not None:
            self.tell(self.latest)
        self.words, self.latest, self.told, self.began = words, None, None, time.perf_counter()
        self.screen.tell(what)

    def stop(self) -> None:
        """Tell that Ctrl-C was heard; past the streams, because the signal may come half way through a line."""
        self.stopping = True
        if self.live is None:
            os.write(2, f"{say('cli.stopping', self.lang)}\n".encode())

    def tell(self, progress: Progress) -> None:
        """Leave a line behind, unless the last one said the same."""
        line = progress_line(progress, 0.0, self.words, self.lang)
        if self.told is None or line != progress_line(self.told, 0.0, self.words, self.lang):
            self.screen.tell(progress_line(progress, progress.seconds, self.words, self.lang))
        self.told = progress

    def live_line(self) -> Text:
        """The line as it stands, cut where the terminal ends."""
        seconds = time.perf_counter() - self.began
        line = (
            say("progress.stopping", self.lang, seconds=seconds)
            if self.stopping
            else progress_line(self.latest, seconds, self.words, self.lang)
        )
        return Text(line, no_wrap=True, overflow="ellipsis")


def progress_line(progress: Progress | None, seconds: float, words: str = "stage", lang: str = "") -> str:
    """``12.3 s  improving  best 1,234.5  bound 1,230.0  gap 0.364%``; None: nothing is known yet."""
    unknown = say("progress.unknown", lang)
    if progress is None:
        gaps = {"objective": unknown, "bound": unknown, "gap": unknown}
        return say("progress.line", lang, seconds=seconds, stage=say("stage.model", lang), **gaps)
    objective = unknown if progress.objective is None else f"{progress.objective:,.1f}"
    return say(
        "progress.line",
        lang,
        seconds=seconds,
        stage=say(f"{words}.{progress.stage}", lang),
        objective=objective if progress.keeps_all else say("progress.broken", lang, objective=objective),
        bound=unknown if progress.bound is None else f"{progress.bound:,.1f}",
        gap=unknown if progress.gap is None else f"{progress.gap:.3%}",
    )
