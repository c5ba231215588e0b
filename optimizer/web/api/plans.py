"""Plans: listed, read by the page, made by hand, judged, and downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from optimizer.evaluation import evaluate
from optimizer.plan import Plan
from optimizer.problem import UNITS_PER_HOUR
from optimizer.reading import read_assignments
from optimizer.result import Score
from optimizer.store import (
    Assignment,
    KeptPlan,
    PlanStatus,
    Verdict,
    Write,
    find_verdict,
    get_plan,
    load_file,
    save_plan,
)
from optimizer.store import change_plan as change_owners
from optimizer.store import judge_plan as judge
from optimizer.store import list_assignments as find_assignments
from optimizer.store import list_files as find_files
from optimizer.store import list_plans as find_plans
from optimizer.web.access import Guarded
from optimizer.web.downloads import DOWNLOADS, make_download, write_csv
from optimizer.web.plain import to_plain
from optimizer.web.problems import FindingAnswer, Refusal, describe_findings
from optimizer.web.room import Body, Cursor, Here, Id, Key, Limit, Listed, Name, Seen, Told, answer_once, tag
from optimizer.web.settings import Settings
from optimizer.web.warm import Warm

router = APIRouter(prefix="/workspaces/{workspace}", tags=["plans"], route_class=Guarded)
PlanId = Annotated[str, Path(max_length=64, description="The plan")]
MOST_VIOLATIONS = 1000  # that one answer names


class OwnerRow(Body):
    """A customer and the rep who is to have it; null for nobody."""

    customer_id: Id
    rep_id: Annotated[str, Field(max_length=200)] | None = None


_ROWS = [{"customer_id": "c1", "rep_id": "r1"}, {"customer_id": "c2", "rep_id": None}]


class HandMadeBody(Body):
    """A plan made by hand or elsewhere; customers that are left out have no owner."""

    case_version_id: Id
    assignments: list[OwnerRow] = Field(examples=[_ROWS])


class PlanBody(HandMadeBody):
    """The same, to be kept."""

    name: Name = Field("", examples=["as the regions want it"])
    reason: str = Field("", max_length=1000)


class ChangeBody(Body):
    """Customers of a draft who get other owners."""

    assignments: list[OwnerRow] = Field(min_length=1, examples=[_ROWS[:1]])
    reason: str = Field("", max_length=1000)


class ViolationAnswer(BaseModel):
    """One limit that a plan does not keep."""

    code: str
    constraint: str
    hard: bool
    amount: float
    unit: str
    customer_id: str | None = None
    rep_id: str | None = None
    tier: str | None = None
    measure: str | None = None
    sentence: str


class ScoreAnswer(BaseModel):
    """What a plan is worth, in hours, and what it breaks. ``violations`` are the first 1,000."""

    objective_hours: float
    terms: dict[str, float]
    keeps_all: bool
    hard_count: int
    violations_count: int
    violations: list[ViolationAnswer]
    findings: list[FindingAnswer] = []


@router.get("/plans")
def list_plans(
    here: Here,
    status: PlanStatus | None = None,
    case_id: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Listed[KeptPlan]:
    """Plans, newest first."""
    with here.read() as view:
        page = find_plans(view, status=status, case_id=case_id, cursor=cursor, limit=limit)
    return Listed(items=list(page.items), next=page.next)


@router.post("/plans", status_code=201, response_model=KeptPlan)
def add_plan(request: Request, here: Here, told: Told, body: PlanBody, key: Key = None) -> Response:
    """Keep a plan made by hand or elsewhere, as a draft."""
    _check_rows(told, body.assignments)
    warm: Warm = request.app.state.warm
    case = warm.case(here, body.case_version_id)
    owner, _ = read_assignments(_frame(body.assignments), case)
    reps = [*case.records.reps["rep_id"], None]
    owners = case.records.customers[["customer_id"]].assign(rep_id=[reps[rep] for rep in owner.tolist()])

    def keep(write: Write) -> KeptPlan:
        return save_plan(write, body.case_version_id, owners, name=body.name, origin="by_hand")

    return answer_once(here, key, ("add_plan", body), KeptPlan, keep)


@router.post("/evaluations")
def evaluate_plan(request: Request, here: Here, told: Told, body: HandMadeBody) -> ScoreAnswer:
    """Judge a plan made by hand or elsewhere, and keep nothing."""
    _check_rows(told, body.assignments)
    warm: Warm = request.app.state.warm
    case, problem = warm.case(here, body.case_version_id), warm.problem(here, body.case_version_id)
    owner, findings = read_assignments(_frame(body.assignments), case)
    found = describe_score(evaluate(problem, Plan(owner)))
    return found.model_copy(
        update={"findings": [FindingAnswer(**one) for one in describe_findings(findings)]}
    )


@router.get("/plans/{plan_id}")
def read_plan(here: Here, plan_id: PlanId, response: Response) -> KeptPlan:
    """A plan and where it stands."""
    with here.read() as view:
        plan = get_plan(view, plan_id)
    tag(response, plan.version)
    return plan


@router.patch("/plans/{plan_id}/assignments")
def change_plan(here: Here, plan_id: PlanId, body: ChangeBody, seen: Seen, response: Response) -> KeptPlan:
    """Give some customers of a draft other owners."""
    rows = pd.DataFrame([one.model_dump() for one in body.assignments], columns=["customer_id", "rep_id"])
    plan = here.write(lambda write: change_owners(write, plan_id, rows, seen), body.reason)
    tag(response, plan.version)
    return plan


@router.get("/plans/{plan_id}/assignments")
def list_assignments(
    here: Here,
    plan_id: PlanId,
    rep_id: Annotated[str | None, Query(max_length=200)] = None,
    tier: Annotated[str | None, Query(max_length=100)] = None,
    moved: Annotated[bool | None, Query(description="Whether it leaves the owner it had")] = None,
    unserved: Annotated[bool | None, Query(description="Whether it has no owner")] = None,
    begins: Annotated[str, Query(max_length=200, description="What its id begins with")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Listed[Assignment]:
    """Who owns whom, in the order of customer ids: those that meet every condition given."""
    with here.read() as view:
        page = find_assignments(
            view,
            plan_id,
            rep_id=rep_id,
            tier=tier,
            moved=moved,
            unserved=unserved,
            begins=begins,
            cursor=cursor,
            limit=limit,
        )
    return Listed(items=list(page.items), next=page.next)


@router.post("/plans/{plan_id}/verdict")
def judge_plan(here: Here, plan_id: PlanId) -> Verdict:
    """Have a plan judged as it is kept; publishing asks for that."""
    return judge(here.store, here.name, here.actor, plan_id)


@router.get("/plans/{plan_id}/verdict")
def read_verdict(here: Here, plan_id: PlanId) -> Verdict | None:
    """What the checker found in the plan as it is now; null when it was not judged since it changed."""
    with here.read() as view:
        return find_verdict(view, plan_id)


@router.get("/plans/{plan_id}/files")
def list_files(here: Here, plan_id: PlanId) -> dict[str, int]:
    """Files that are kept with a plan, and their bytes."""
    with here.read() as view:
        return find_files(view, plan_id)


@router.get(
    "/plans/{plan_id}/files/{name}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def read_file(here: Here, plan_id: PlanId, name: Annotated[str, Path(max_length=200)]) -> Response:
    """A file that is kept with a plan."""
    with here.read() as view:
        get_plan(view, plan_id)
        content = load_file(view, plan_id, name)
    return Response(content, media_type="application/octet-stream", headers=_attach("plan-file"))


@router.get(
    "/plans/{plan_id}/download/{kind}",
    response_class=Response,
    responses={200: {"content": {one.media: {} for one in DOWNLOADS.values()}}},
)
def download_plan(
    request: Request, here: Here, plan_id: PlanId, kind: Literal["csv", "xlsx", "geojson"]
) -> Response:
    """Who owns whom as a table, the whole plan as a workbook, or its territories as a map."""
    warm: Warm = request.app.state.warm
    content = write_csv(here, plan_id) if kind == "csv" else make_download(warm, here, plan_id, kind)
    one = DOWNLOADS[kind]
    return Response(content, media_type=one.media, headers=_attach(f"plan-{plan_id}.{kind}"))


def describe_score(score: Score) -> ScoreAnswer:
    """A score as it is answered, in hours."""
    return ScoreAnswer(
        objective_hours=score.objective / UNITS_PER_HOUR,
        terms={name: amount / UNITS_PER_HOUR for name, amount in score.terms.items()},
        keeps_all=score.keeps_all,
        hard_count=len(score.hard_violations),
        violations_count=len(score.violations),
        violations=[
            ViolationAnswer(
                **{
                    name: to_plain(getattr(one, name))
                    for name in ViolationAnswer.model_fields
                    if name != "sentence"
                },
                sentence=one.sentence(),
            )
            for one in score.violations[:MOST_VIOLATIONS]
        ],
    )


def _frame(rows: Sequence[OwnerRow]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        "customer_id": [one.customer_id for one in rows],
        "rep_id": [one.rep_id for one in rows],
    }
    return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})


def _check_rows(told: Settings, rows: Sequence[OwnerRow]) -> None:
    if len(rows) > told.max_rows:
        raise Refusal(413, "too_many_rows", count=len(rows), limit=told.max_rows)


def _attach(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
