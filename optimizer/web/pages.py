"""The first page: plans with where they stand and what they are worth, jobs while they run, and a plan's report."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from optimizer.messages import load_catalogue
from optimizer.store import (
    ENDED,
    Missing,
    Role,
    Store,
    get_case_version,
    get_plan,
    get_workspace,
    list_files,
    list_in_force,
    list_jobs,
    list_plans,
    list_workspaces,
    load_file,
)
from optimizer.web.access import PLAN, Asker, Session, find_asker
from optimizer.web.downloads import DOWNLOADS, make_download
from optimizer.web.painting import HERE, paint
from optimizer.web.room import Room

router = APIRouter(include_in_schema=False)
STATIC = StaticFiles(directory=HERE / "static")
PLANS, JOBS = 50, 20  # on one page
# A report runs its own scripts, in a place of its own from which nothing of ours can be reached.
_REPORT_POLICY = (
    "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'none'; base-uri 'none'"
)


@router.get("/")
def show_first(
    request: Request,
    workspace: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Plans and jobs of a workspace."""
    asker, session = _find(request)
    if asker is None or session is None:
        return RedirectResponse("/login", 303)
    store: Store = request.app.state.store
    with store.view() as connection:
        names = [name for name in list_workspaces(connection) if asker.role_in(name) is not None]
    gaps: dict[str, Any] = {
        "names": names,
        "actor": asker.actor,
        "csrf": session.csrf,
        "person_id": asker.person_id,
    }
    if not names:
        return paint("empty.html", **gaps, here="")
    here = workspace or names[0]
    if here not in names:
        raise Missing("workspace", here)
    with store.read(here) as view:
        plans = list_plans(view, cursor=before, limit=PLANS)
        cases = {one: get_case_version(view, one) for one in {plan.case_version_id for plan in plans.items}}
        tenures: dict[str, str] = {}
        for tenure in list_in_force(view):
            tenures.setdefault(tenure.plan_id, tenure.starts.isoformat())
        jobs = list_jobs(view, limit=JOBS).items
        name = get_workspace(view).name
    return paint(
        "first.html",
        **gaps,
        here=here,
        name=name,
        plans=plans.items,
        older=plans.next,
        cases=cases,
        tenures=tenures,
        jobs=jobs,
        ended=ENDED,
        may_stop=asker.role_in(here) in PLAN,
        stages={code[6:]: text for code, text in load_catalogue().items() if code.startswith("stage.")},
    )


@router.get("/workspaces/{workspace}/plans/{plan_id}/report")
def show_report(request: Request, workspace: str, plan_id: str) -> Response:
    """The page of a plan: the one that is kept with it, else one made now."""
    asker, _ = _find(request)
    if asker is None:
        return RedirectResponse("/login", 303)
    role: Role | None = asker.role_in(workspace)
    if role is None:
        raise Missing("workspace", workspace)
    room = Room(request.app.state.store, workspace, asker.actor)
    one = DOWNLOADS["page"]
    with room.read() as view:
        get_plan(view, plan_id)
        kept = load_file(view, plan_id, one.file) if one.file in list_files(view, plan_id) else None
    content = make_download(request.app.state.warm, room, plan_id, "page") if kept is None else kept
    return Response(content, media_type=one.media, headers={"Content-Security-Policy": _REPORT_POLICY})


def _find(request: Request) -> tuple[Asker | None, Session | None]:
    session: Session | None = request.app.state.sessions.read(request)
    return (None if session is None else find_asker(request, None, session)), session
