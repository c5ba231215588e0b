"""Sizing: how many reps a case needs, who of them, and where: from headcount to cost, and the smallest number.

Teams of fewer people are chosen among the present reps, teams of more take new ones at candidate places
(``optimizer.solving.teams.choosing``); each is planned as a variant of the case. docs/decisions/0013 says why so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from optimizer.case import Case
from optimizer.comparing.running.crews import choose_crew
from optimizer.comparing.running.keeping import keep_answer
from optimizer.comparing.running.run import run_many
from optimizer.comparing.sizing.candidates import Candidate
from optimizer.comparing.sizing.size_curve import Sizing
from optimizer.comparing.sizing.size_least import Least
from optimizer.comparing.sizing.size_run import SizeRun, find_largest, understand
from optimizer.comparing.sizing.size_teams import Team, Tried, plan_team
from optimizer.findings import Finding, InputError
from optimizer.result import Progress

TABLE = "size"  # how findings name what is asked
MOST_SIZES = 200


def size(
    case: Case,
    reps: tuple[int, int] | None = None,
    *,
    places: Sequence[Candidate] | None = None,
    keep_guardrails: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    keep: str | Path | None = None,
    on_least: Callable[[Least, tuple[int, ...]], None] | None = None,
    on_progress: Callable[[Team, Progress | None], None] | None = None,
    on_done: Callable[[Tried], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Sizing:
    """Plan ``case`` with different numbers of people and find the smallest that is enough.

    ``reps``: the headcounts, first and last; without it a few from two below the least possible number to two above
    today's, and then the middle of what is open below the smallest that is enough, until nothing is. ``places``:
    candidates for new reps (``candidates.read_places``) [places on the map that stand for the customers around them].
    Enough is a team whose plan serves everybody within everybody's hours and keeps every hard limit, and with
    ``keep_guardrails`` the case's guardrails.

    ``workers``, ``cluster``, ``keep``, ``on_progress``, ``on_done`` and ``should_stop`` as for ``sweep``. ``on_least``
    hears the least number and the headcounts that are planned first. InputError for what is asked wrongly.
    """
    wrong = check_range(case, reps, places)
    if wrong:
        raise InputError(wrong)
    stop = should_stop or (lambda: False)
    run = SizeRun(case, reps, places, keep_guardrails, None if keep is None else Path(keep), stop)
    run.look()
    if on_least is not None:
        on_least(run.least, tuple(run.sizes))
    run.find_teams(run.sizes)

    def plan(sizes: Iterable[int]) -> None:
        jobs = {job.make_key(case): job for size in sizes for job in run.list_jobs(size)}
        for key, job in list(jobs.items()):
            kept = run.read_kept(key, job)
            if kept is not None:
                del jobs[key]
                run.take(kept)
                if on_done is not None:
                    on_done(kept)
        if not jobs or stop():
            for job in jobs.values():
                run.take(Tried(job.team, "stopped"))
            return
        left = dict(jobs)

        def hear(key: str, glimpse: Progress | None) -> None:
            if on_progress is not None:
                on_progress(jobs[key].team, glimpse)

        crew = choose_crew(plan_team, replace(case, findings=[]), workers, cluster)
        with closing(run_many(jobs, crew, on_progress=hear, should_stop=stop)) as outcomes:
            for outcome in outcomes:
                job = left.pop(outcome.key)
                if outcome.failure is not None:
                    tried = Tried(job.team, "failed", failure=outcome.failure)
                else:
                    tried = understand(job.team, outcome.value)
                    if run.keep is not None:
                        keep_answer(run.keep, outcome.key, outcome.value)
                run.take(tried)
                if on_done is not None:
                    on_done(tried)
        for job in left.values():
            run.take(Tried(job.team, "stopped"))

    plan(run.sizes)
    while more := run.list_open():
        run.find_teams(more)
        plan(more)
    return run.conclude()


def check_range(
    case: Case, reps: tuple[int, int] | None, places: Sequence[Candidate] | None = None
) -> list[Finding]:
    """What is wrong with the headcounts that are asked for."""
    if reps is None:
        return []
    (low, high), present = reps, len(case.records.reps)
    told = f"{low}:{high}"
    if low < 1 or high < low:
        return [Finding("size_range", "error", TABLE, None, "reps", told)]
    if high - low >= MOST_SIZES:
        return [Finding("size_many", "error", TABLE, None, "reps", told, {"most": MOST_SIZES})]
    most = find_largest(present, places, len(case.records.customers))
    if high > most:
        return [
            Finding("size_no_room", "error", TABLE, None, "reps", told, {"most": most, "present": present})
        ]
    return []
