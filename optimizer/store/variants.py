"""Variants in the store: small named changes of a case, checked as their files are, each with its version."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from optimizer.comparing.variants.variant import Variant, make_variant, pick_variant
from optimizer.store.audit import dump_json
from optimizer.store.refusals import Missing, Unfit
from optimizer.store.schema import cases, variants
from optimizer.store.transactions import View, Write


@dataclass(frozen=True)
class KeptVariant:
    """A variant of a case; ``content`` is what its file would say, ``version`` counts its changes."""

    case_id: str
    name: str
    content: Mapping[str, Any]
    version: int
    written_at: dt.datetime
    written_by: str


def save_variant(
    write: Write, case_id: str, name: str, content: Mapping[str, Any], expected: int | None = None
) -> KeptVariant:
    """Make a variant, or change it. ``expected``: the version that the writer saw, 0 for one that is new.

    InputError with every finding when the content is not a variant; Conflict when somebody else wrote it since.
    """
    if write.find(cases, id=case_id) is None:
        raise Missing("case", case_id)
    if "+" in name or not name.strip():
        raise Unfit("bad_variant_name", name=ascii(name))
    (part,) = make_variant(name, content).parts
    known = write.find(variants, case_id=case_id, name=name)
    write.expect("variant", f"{case_id}/{name}", 0 if known is None else known.version, expected)
    after = part.patch.model_dump(mode="json", exclude_unset=True)
    version = 1 if known is None else known.version + 1
    values = {
        "content": dump_json(after),
        "version": version,
        "written_at": write.at,
        "written_by": write.actor,
    }
    if known is None:
        write.connection.execute(
            variants.insert().values(workspace_id=write.workspace, case_id=case_id, name=name, **values)
        )
    else:
        write.connection.execute(variants.update().where(*_one(write, case_id, name)).values(**values))
    write.tell(
        "create" if known is None else "change",
        "variant",
        f"{case_id}/{name}",
        version,
        before=None if known is None else json.loads(known.content),
        after=after,
    )
    return get_variant(write, case_id, name)


def delete_variant(write: Write, case_id: str, name: str, expected: int | None = None) -> None:
    """Take a variant away; plans that were made with it stay."""
    known = get_variant(write, case_id, name)
    write.expect("variant", f"{case_id}/{name}", known.version, expected)
    write.connection.execute(variants.delete().where(*_one(write, case_id, name)))
    write.tell("delete", "variant", f"{case_id}/{name}", known.version + 1, before=known.content)


def get_variant(view: View, case_id: str, name: str) -> KeptVariant:
    """A variant by its name. Missing when there is none."""
    row = view.find(variants, case_id=case_id, name=name)
    if row is None:
        raise Missing("variant", f"{case_id}/{name}")
    return _kept(row)


def list_variants(view: View, case_id: str) -> list[KeptVariant]:
    """Every variant of a case, by name."""
    if view.find(cases, id=case_id) is None:
        raise Missing("case", case_id)
    query = select(variants).where(view.here(variants), variants.c.case_id == case_id)
    return [_kept(row) for row in view.connection.execute(query.order_by(variants.c.name))]


def load_variant(view: View, case_id: str, name: str) -> Variant:
    """One variant, or several put together (``a+b``), ready to be laid on the case. InputError names unknown ones."""
    known = {one.name: make_variant(one.name, one.content) for one in list_variants(view, case_id)}
    return pick_variant(known, name)


def _one(view: View, case_id: str, name: str) -> tuple[Any, ...]:
    return view.here(variants), variants.c.case_id == case_id, variants.c.name == name


def _kept(row: Any) -> KeptVariant:
    return KeptVariant(
        row.case_id, row.name, json.loads(row.content), row.version, row.written_at, row.written_by
    )
