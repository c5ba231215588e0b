"""Terminal: what a person sees: a line that lives while solving, and afterwards what came of it."""

from optimizer.terminal.findings import show_findings
from optimizer.terminal.grids import show_grid, show_lines
from optimizer.terminal.live import Watch, progress_line
from optimizer.terminal.pace import show_watch
from optimizer.terminal.proposals import show_cover, show_rebalance
from optimizer.terminal.screen import SHOWN, Screen, printable
from optimizer.terminal.suggestions import show_doers, show_suggestions
from optimizer.terminal.summaries import show_schedule, show_summary
from optimizer.terminal.verdicts import show_guardrails, show_violations

__all__ = [
    "SHOWN",
    "Screen",
    "Watch",
    "printable",
    "progress_line",
    "show_cover",
    "show_doers",
    "show_findings",
    "show_grid",
    "show_guardrails",
    "show_lines",
    "show_rebalance",
    "show_schedule",
    "show_suggestions",
    "show_summary",
    "show_violations",
    "show_watch",
]
