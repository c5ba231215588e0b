"""Tokens: keys for programs, shown once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from optimizer.store import Role, Token
from optimizer.store import list_tokens as find_tokens
from optimizer.store import make_token as make
from optimizer.store import revoke_token as revoke
from optimizer.web.access import Guarded
from optimizer.web.room import Body, Here, Moment, Name

router = APIRouter(prefix="/workspaces/{workspace}/tokens", tags=["access"], route_class=Guarded)


class TokenBody(Body):
    """A token to be made for this workspace."""

    name: Name = Field(min_length=1, examples=["crm sync"])
    role: Role = Field(examples=["service"])
    expires_at: Moment | None = Field(
        None, description="Opens nothing from then on", examples=["2027-12-31T00:00:00Z"]
    )


class NewToken(BaseModel):
    """A token, and the text that opens, which cannot be had again."""

    token: Token
    secret: str = Field(examples=["opt_01k8v2m0q3w5e7r9t1y2_..."])


@router.get("")
def list_tokens(here: Here) -> list[Token]:
    """The tokens of a workspace; `-` is the whole store."""
    with here.read() as view:
        return find_tokens(view)


@router.post("", status_code=201)
def make_token(here: Here, body: TokenBody) -> NewToken:
    """Make a token; its secret is shown here and never again."""
    token, secret = here.write(lambda write: make(write, body.name, body.role, body.expires_at))
    return NewToken(token=token, secret=secret)


@router.delete("/{token_id}")
def revoke_token(here: Here, token_id: Annotated[str, Path(max_length=64)]) -> Token:
    """Make a token open nothing from now on."""
    return here.write(lambda write: revoke(write, token_id))
