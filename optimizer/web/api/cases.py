"""Cases: handed in as files or as JSON, checked whole, and kept as versions that never change."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, File, Query, Response, UploadFile
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field

from optimizer.case import Case
from optimizer.findings import Finding, InputError
from optimizer.reading import read_case
from optimizer.store import (
    CaseVersion,
    get_case_version,
    load_case,
    save_case,
)
from optimizer.store import (
    list_case_versions as find_versions,
)
from optimizer.store import (
    list_cases as find_cases,
)
from optimizer.web.access import Guarded
from optimizer.web.problems import FindingAnswer, Refusal, describe_findings
from optimizer.web.room import Body, Here, Told
from optimizer.web.settings import Settings

router = APIRouter(prefix="/workspaces/{workspace}", tags=["cases"], route_class=Guarded)
CaseId = Annotated[
    str, PathParameter(pattern="^[a-z0-9][a-z0-9._-]{0,63}$", description="The case", examples=["q1"])
]
VersionId = Annotated[str, PathParameter(max_length=64, description="The version of a case")]
_FILE = re.compile(r"[^\\/\x00-\x1f]{1,100}\.(csv|tsv|txt|xlsx|parquet|pq|toml)", re.IGNORECASE)
MOST_FILES = 40


class Handed(BaseModel):
    """A case that was taken in, and what looks wrong in it all the same."""

    version: CaseVersion
    is_new: bool = Field(description="False: it says what an earlier version says, and is that one")
    findings: list[FindingAnswer]


class TablesBody(Body):
    """A case as JSON: rows by table, and the scenario as scenario.toml would say it."""

    tables: dict[str, list[dict[str, Any]]] = Field(
        max_length=MOST_FILES,
        examples=[
            {
                "reps": [{"rep_id": "r1", "name": "Ann"}, {"rep_id": "r2", "name": "Bob"}],
                "customers": [
                    {"customer_id": "c1", "tier": "A", "hours": 12, "owner": "r1"},
                    {"customer_id": "c2", "tier": "B", "hours": 8},
                ],
            }
        ],
    )
    scenario: dict[str, Any] = Field({}, examples=[{"horizon": {"start": "2027-01-04", "weeks": 13}}])
    mapping: dict[str, Any] | None = Field(None, description="As mapping.toml")


Proposals = Annotated[
    bool, Query(description="Also the states of some day that proposals were made for, variant `...@DAY`")
]


@router.get("/cases")
def list_cases(here: Here, proposals: Proposals = False) -> list[CaseVersion]:
    """The newest version of every case."""
    with here.read() as view:
        return find_cases(view, proposals=proposals)


@router.get("/cases/{case_id}/versions")
def list_case_versions(here: Here, case_id: CaseId, proposals: Proposals = False) -> list[CaseVersion]:
    """Every version of a case, newest first."""
    with here.read() as view:
        return find_versions(view, case_id, proposals=proposals)


@router.get("/case-versions/{version_id}")
def read_case_version(here: Here, version_id: VersionId) -> CaseVersion:
    """One version of a case."""
    with here.read() as view:
        return get_case_version(view, version_id)


@router.get("/case-versions/{version_id}/findings")
def list_findings(here: Here, version_id: VersionId) -> list[FindingAnswer]:
    """What looked wrong when it was handed in."""
    with here.read() as view:
        found = load_case(view, version_id).findings
    return [FindingAnswer(**one) for one in describe_findings(found)]


@router.post("/cases/{case_id}/files", status_code=201)
def upload_case(
    here: Here,
    told: Told,
    case_id: CaseId,
    response: Response,
    files: Annotated[
        list[UploadFile],
        File(
            max_length=MOST_FILES,
            description="CSV or Parquet files named after the tables, or one .xlsx; scenario.toml, mapping.toml and "
            "guardrails.toml where there are any",
        ),
    ],
) -> Handed:
    """Hand in a case as files. Everything that is wrong is told at once, with its table, row and column."""
    with tempfile.TemporaryDirectory(prefix="optimizer-") as outer:
        folder = Path(outer) / case_id
        folder.mkdir()
        for one in files:
            _put(folder, one)
        case = read_case(folder)
    return _keep(here, told, case_id, case, response)


@router.post("/cases/{case_id}/tables", status_code=201)
def put_case_tables(here: Here, told: Told, case_id: CaseId, body: TablesBody, response: Response) -> Handed:
    """Hand in a case as JSON. Everything that is wrong is told at once, with its table, row and column."""
    _check_rows(told, sum(map(len, body.tables.values())))
    frames = {name: pd.DataFrame(rows) for name, rows in body.tables.items()}
    return _keep(
        here, told, case_id, read_case(frames, scenario=body.scenario, mapping=body.mapping), response
    )


def _put(folder: Path, one: UploadFile) -> None:
    name = (one.filename or "").strip()
    if not _FILE.fullmatch(name) or name.startswith((".", "~")) or len(name.encode()) > 200:
        raise InputError([Finding("upload_name", "error", "case", value=name[:100])])
    target = folder / name
    if target.exists():
        raise InputError([Finding("upload_twice", "error", "case", value=name)])
    with target.open("wb") as out:
        while piece := one.file.read(1 << 20):
            out.write(piece)


def _check_rows(told: Settings, count: int) -> None:
    if count > told.max_rows:
        raise Refusal(413, "too_many_rows", count=count, limit=told.max_rows)


def _keep(here: Here, told: Settings, case_id: str, case: Case, response: Response) -> Handed:
    _check_rows(told, max(map(len, case.records.tables().values())))

    def keep(write: Any) -> tuple[CaseVersion, bool]:
        version = save_case(write, case_id, case)
        return version, version.created_at == write.at

    version, is_new = here.write(keep)
    if not is_new:
        response.status_code = 200
    findings = [FindingAnswer(**one) for one in describe_findings(case.findings)]
    return Handed(version=version, is_new=is_new, findings=findings)
