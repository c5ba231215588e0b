"""Variants: small named changes of a case."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from optimizer.store import (
    KeptVariant,
    get_variant,
    save_variant,
)
from optimizer.store import delete_variant as remove_variant
from optimizer.store import (
    list_variants as find_variants,
)
from optimizer.web.access import Guarded
from optimizer.web.api.cases import CaseId
from optimizer.web.room import Body, Here, Seen, tag

router = APIRouter(
    prefix="/workspaces/{workspace}/cases/{case_id}/variants", tags=["variants"], route_class=Guarded
)
VariantName = Annotated[str, Path(min_length=1, max_length=100, examples=["hire_two"])]


class VariantBody(Body):
    """What a variant changes, as its file would say it."""

    content: dict[str, Any] = Field(
        examples=[{"description": "Travel counts double", "scenario": {"travel.price": 2.0}}]
    )


@router.get("")
def list_variants(here: Here, case_id: CaseId) -> list[KeptVariant]:
    """Every variant of a case."""
    with here.read() as view:
        return find_variants(view, case_id)


@router.get("/{name}")
def read_variant(here: Here, case_id: CaseId, name: VariantName, response: Response) -> KeptVariant:
    """One variant."""
    with here.read() as view:
        found = get_variant(view, case_id, name)
    tag(response, found.version)
    return found


@router.put("/{name}")
def write_variant(
    here: Here, case_id: CaseId, name: VariantName, body: VariantBody, seen: Seen, response: Response
) -> KeptVariant:
    """Make a variant, or change it; `If-Match: "0"` when it must be new."""
    kept = here.write(lambda write: save_variant(write, case_id, name, body.content, seen))
    tag(response, kept.version)
    return kept


@router.delete("/{name}", status_code=204)
def delete_variant(here: Here, case_id: CaseId, name: VariantName, seen: Seen) -> None:
    """Take a variant away; plans that were made with it stay."""
    here.write(lambda write: remove_variant(write, case_id, name, seen))
