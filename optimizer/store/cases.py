"""Cases in the store: every version of a case as it was handed in, found again by what it says, never changed.

Tables are kept whole, as Parquet by their hash, so that versions which differ in one table share the others.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from pydantic import ValidationError
from sqlalchemy import func, select, true

from optimizer.case import Case
from optimizer.guardrails import Guardrail
from optimizer.reading.hashing import hash_input
from optimizer.records import TABLES, Records
from optimizer.scenario import Scenario
from optimizer.store.audit import dump_json
from optimizer.store.blobs import load_bytes, load_frame, save_bytes, save_frame
from optimizer.store.finding_texts import dump_findings, load_findings
from optimizer.store.refusals import Missing, Unavailable
from optimizer.store.schema import case_tables, case_versions, cases
from optimizer.store.transactions import View, Write
from optimizer.store.workspaces import check_name


@dataclass(frozen=True)
class CaseVersion:
    """One version of a case. ``id``: SHA-256 of what it says, ``number``: 1, 2, ... of its case.

    ``input_hash`` is the case's own; ``name`` and ``variant`` are as the case has them.
    """

    id: str
    case_id: str
    number: int
    name: str
    variant: str
    input_hash: str
    rep_count: int
    customer_count: int
    created_at: dt.datetime
    created_by: str


def save_case(write: Write, case_id: str, case: Case) -> CaseVersion:
    """Keep a case as a version of ``case_id``; one that says the same as an earlier version is that version."""
    guardrails = dump_json([asdict(one) for one in case.guardrails])
    input_hash = hash_input(case.records, case.scenario)  # what it says, not what it says of itself
    said = [case_id, input_hash, case.name, case.variant, guardrails]
    id = hashlib.sha256(dump_json(said).encode()).hexdigest()
    known = write.find(case_versions, id=id)
    if known is not None:
        return _version(known)
    if write.find(cases, id=case_id) is None:
        write.connection.execute(
            cases.insert().values(
                workspace_id=write.workspace,
                id=check_name(case_id),
                name=case.name,
                created_at=write.at,
                created_by=write.actor,
            )
        )
        write.tell("create", "case", case_id, name=case.name)
    of_case = (write.here(case_versions), case_versions.c.case_id == case_id)
    last = write.connection.execute(select(func.max(case_versions.c.number)).where(*of_case)).scalar() or 0
    made = CaseVersion(
        id,
        case_id,
        last + 1,
        case.name,
        case.variant,
        input_hash,
        len(case.records.reps),
        len(case.records.customers),
        write.at,
        write.actor,
    )
    write.connection.execute(
        case_versions.insert().values(
            workspace_id=write.workspace,
            scenario=case.scenario.model_dump_json(),
            guardrails=guardrails,
            findings_hash=save_bytes(write, dump_findings(case.findings)),
            **asdict(made),
        )
    )
    tables = {
        name: {"rows": len(frame), "hash": save_frame(write, frame)}
        for name, frame in case.records.tables().items()
    }
    write.connection.execute(
        case_tables.insert(),
        [
            {"workspace_id": write.workspace, "version_id": id, "name": name, "row_count": t["rows"]}
            | {"hash": t["hash"]}
            for name, t in tables.items()
        ],
    )
    write.tell("add_version", "case", case_id, made.number, id=id, input_hash=input_hash, tables=tables)
    return made


def get_case_version(view: View, id: str) -> CaseVersion:
    """A version by its id. Missing when this workspace has none such."""
    return _version(_find(view, id))


def list_cases(view: View, *, proposals: bool = False) -> list[CaseVersion]:
    """The newest version of every case, by case id; ``proposals``: states that proposals were made for count, too."""
    newest = (
        select(case_versions.c.case_id, func.max(case_versions.c.number).label("number"))
        .where(view.here(case_versions), _handed_in(proposals))
        .group_by(case_versions.c.case_id)
        .subquery()
    )
    query = (
        select(case_versions)
        .join(
            newest,
            (case_versions.c.case_id == newest.c.case_id) & (case_versions.c.number == newest.c.number),
        )
        .where(view.here(case_versions))
        .order_by(case_versions.c.case_id)
    )
    return [_version(row) for row in view.connection.execute(query)]


def list_case_versions(view: View, case_id: str, *, proposals: bool = False) -> list[CaseVersion]:
    """Every version of a case, newest first; those of proposals only when asked. Missing when there is no such case."""
    if view.find(cases, id=case_id) is None:
        raise Missing("case", case_id)
    here = view.here(case_versions), case_versions.c.case_id == case_id, _handed_in(proposals)
    query = select(case_versions).where(*here)
    return [_version(r) for r in view.connection.execute(query.order_by(case_versions.c.number.desc()))]


def _handed_in(proposals: bool) -> Any:
    """Versions without the states of some day that proposals are judged on; their variant says the day."""
    return true() if proposals else ~case_versions.c.variant.contains("@", autoescape=True)


def load_case(view: View, id: str) -> Case:
    """A version as the case it was: records, scenario, findings, guardrails.

    Unavailable when its scenario says what this release does not know.
    """
    row = _find(view, id)
    try:
        scenario = Scenario.model_validate_json(row.scenario)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise Unavailable("unknown_scenario", case=row.case_id, number=row.number, place=place) from error
    hashes = _table_hashes(view, id)
    return Case(
        row.name,
        Records(**{name: load_frame(view, hashes[name]) for name in TABLES}),
        scenario,
        load_findings(load_bytes(view, row.findings_hash)),
        row.input_hash,
        row.variant,
        tuple(Guardrail(**one) for one in json.loads(row.guardrails)),
    )


def load_case_table(view: View, id: str, table: str) -> pd.DataFrame:
    """One table of a version."""
    hashes = _table_hashes(view, id)
    if table not in hashes:
        raise Missing("case_version", id)
    return load_frame(view, hashes[table])


def _table_hashes(view: View, id: str) -> dict[str, str]:
    query = select(case_tables.c.name, case_tables.c.hash)
    rows = view.connection.execute(query.where(view.here(case_tables), case_tables.c.version_id == id))
    return dict(rows.all())


def _find(view: View, id: str) -> Any:
    row = view.find(case_versions, id=id)
    if row is None:
        raise Missing("case_version", id)
    return row


def _version(row: Any) -> CaseVersion:
    return CaseVersion(**{name: getattr(row, name) for name in CaseVersion.__dataclass_fields__})
