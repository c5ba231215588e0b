"""Workspaces: which there are for whoever asks, what is applied there by itself, and who may come in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from optimizer.guardrails import Guardrail
from optimizer.store import (
    SYSTEM,
    ChangeLimits,
    Role,
    Workspace,
    get_workspace,
)
from optimizer.store import change_limits as set_limits
from optimizer.store import (
    create_workspace as make_workspace,
)
from optimizer.store import (
    grant_role as give_role,
)
from optimizer.store import (
    list_members as find_members,
)
from optimizer.store import (
    list_workspaces as find_workspaces,
)
from optimizer.web.access import Asker, Guarded
from optimizer.web.room import Body, Here, Id, Key, Name, Room, Seen, answer_once, tag

router = APIRouter(tags=["workspaces"], route_class=Guarded)


class Me(BaseModel):
    """Who asks: the name in the audit log, and the role in each workspace; `-` is all of them."""

    actor: str = Field(examples=["planning desk [01k8v2m0q3w5e7r9t1y2]"])
    roles: dict[str, Role] = Field(examples=[{"north": "planner"}])


class WorkspaceBody(Body):
    """A workspace to be made."""

    id: str = Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$", examples=["north"])
    name: Name = Field("", examples=["Sales North"])


class GuardrailBody(Body):
    """The least and the most of a KPI."""

    kpi: str = Field(min_length=1, max_length=100, examples=["moved_share"])
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False, examples=[0.1])


class LimitsBody(Body):
    """What a proposed change must keep to, to be applied by itself."""

    automatic: bool = Field(False, description="Whether any change is", examples=[True])
    max_moves: int = Field(0, ge=0, le=10**9, description="The most customers that move", examples=[20])
    spared_tiers: tuple[Annotated[str, Field(max_length=100)], ...] = Field(
        (), max_length=100, description="No customer of these moves", examples=[["A"]]
    )
    min_gain_hours: float = Field(
        0.0, ge=0, le=1e9, description="It saves more than it costs, by at least so much", examples=[5.0]
    )
    kpis: tuple[GuardrailBody, ...] = Field((), max_length=100, description="What the new plan must show")


@router.get("/me")
def who_am_i(request: Request) -> Me:
    """Who asks, and what they may do where."""
    asker: Asker = request.state.asker
    return Me(actor=asker.actor, roles=dict(asker.roles))


@router.get("/workspaces")
def list_workspaces(request: Request) -> list[Workspace]:
    """The workspaces that exist for whoever asks."""
    asker: Asker = request.state.asker
    store = request.app.state.store
    with store.view() as connection:
        names = [name for name in find_workspaces(connection) if asker.role_in(name) is not None]
    found = []
    for name in names:
        with store.read(name) as view:
            found.append(get_workspace(view))
    return found


@router.post("/workspaces", status_code=201, response_model=Workspace)
def create_workspace(request: Request, body: WorkspaceBody, key: Key = None) -> Response:
    """Make a workspace."""
    room = Room(request.app.state.store, SYSTEM, request.state.asker.actor)
    said = ("create_workspace", body)
    return answer_once(room, key, said, Workspace, lambda write: make_workspace(write, body.id, body.name))


@router.get("/workspaces/{workspace}")
def read_workspace(here: Here, response: Response) -> Workspace:
    """A workspace and what is applied there by itself."""
    with here.read() as view:
        found = get_workspace(view)
    tag(response, found.version)
    return found


@router.put("/workspaces/{workspace}/limits")
def change_limits(here: Here, body: LimitsBody, seen: Seen, response: Response) -> Workspace:
    """Set what is applied by itself; whatever goes beyond waits for approval."""
    said: dict[str, Any] = body.model_dump(exclude={"kpis"})
    kpis = tuple(Guardrail(one.kpi, one.min, one.max) for one in body.kpis)
    after = here.write(lambda write: set_limits(write, ChangeLimits(**said, kpis=kpis), seen))
    tag(response, after.version)
    return after


@router.get("/workspaces/{workspace}/members", tags=["access"])
def list_members(here: Here) -> dict[str, Role]:
    """People with a role here, by their ids."""
    with here.read() as view:
        return find_members(view)


@router.put("/workspaces/{workspace}/members", tags=["access"])
def grant_role(
    here: Here,
    person: Annotated[Id, Query(description="Who, by id")],
    role: Annotated[Role | None, Query(description="The role; left out, it is taken away")] = None,
) -> dict[str, Role]:
    """Give a person a role here, or take it away."""
    here.write(lambda write: give_role(write, person, role))
    with here.read() as view:
        return find_members(view)
