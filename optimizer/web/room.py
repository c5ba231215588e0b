"""What endpoints have at hand: the workspace they speak of, the version the asker saw, and answers given once."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from optimizer.reading.parsing import FIRST_YEAR, LAST_YEAR
from optimizer.store import Store, View, Write, recall, remember
from optimizer.web.problems import Refusal
from optimizer.web.settings import Settings

T = TypeVar("T")
_FIRST, _LAST = dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)
Day = Annotated[dt.date, Field(ge=_FIRST, le=_LAST)]
Moment = Annotated[
    AwareDatetime,
    Field(ge=dt.datetime(FIRST_YEAR, 1, 2, tzinfo=dt.UTC), le=dt.datetime(LAST_YEAR, 12, 30, tzinfo=dt.UTC)),
]
Name = Annotated[str, Field(max_length=200)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1000, description="The most that are listed")]
Cursor = Annotated[str | None, Query(max_length=200, description="The `next` of the page before")]
_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class Body(BaseModel):
    """What is sent; a field that is not known is a mistake and is told."""

    model_config = ConfigDict(extra="forbid")


class Listed(BaseModel, Generic[T]):
    """Some of a list; ``next`` is the cursor for those behind it, null at the end."""

    items: list[T]
    next: str | None = None


class Reason(Body):
    """Why something is done; it stands in the audit log."""

    reason: str = Field("", max_length=1000, examples=["agreed in the review"])


@dataclass(frozen=True)
class Room:
    """A workspace, and who asks there."""

    store: Store
    name: str
    actor: str

    def read(self) -> AbstractContextManager[View]:
        """The workspace at one moment."""
        return self.store.read(self.name)

    def write(self, work: Callable[[Write], T], reason: str = "") -> T:
        """Change it; done once more where it failed for a passing reason."""
        return self.store.perform(self.name, self.actor, work, reason)


def find_room(
    request: Request,
    workspace: Annotated[str, Path(max_length=64, description="The workspace", examples=["north"])],
) -> Room:
    """The workspace that an address names; ``admit`` has seen to it that the asker may be there."""
    return Room(request.app.state.store, workspace, request.state.asker.actor)


def read_seen(
    if_match: Annotated[
        str | None,
        Header(max_length=100, description='The ETag that was seen, such as "3"', examples=['"3"']),
    ] = None,
) -> int | None:
    """The version that the asker saw; None when they do not care."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Refusal(400, "bad_if_match")
    return int(found[1])


def read_settings_of(request: Request) -> Settings:
    """What the service is told."""
    settings: Settings = request.app.state.settings
    return settings


Here = Annotated[Room, Depends(find_room)]
Seen = Annotated[int | None, Depends(read_seen)]
Told = Annotated[Settings, Depends(read_settings_of)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A request that comes again under the same key is answered as it was, and does nothing more",
    ),
]


def tag(response: Response, version: int) -> None:
    """Say which version was answered."""
    response.headers["ETag"] = f'"{version}"'


def answer_once(
    room: Room,
    key: str | None,
    said: tuple[str, BaseModel],
    kind: Any,
    work: Callable[[Write], Any],
    status: int = 201,
) -> Response:
    """Do ``work`` in a write and answer what it gives, a ``kind``; under a ``key`` that came before, as it was then.

    ``said``: what was asked for, the endpoint and the body. Answer and effect are one write, so neither is there
    without the other, whatever dies in between.
    """
    name, body = said
    fingerprint = hashlib.sha256(f"{name}\n{body.model_dump_json()}".encode()).hexdigest()
    adapter = TypeAdapter(kind)

    def once(write: Write) -> tuple[int, str, bool]:
        if key is not None and (known := recall(write, key, fingerprint)) is not None:
            return known.status, known.response, True
        text = adapter.dump_json(work(write)).decode()
        if key is not None:
            remember(write, key, fingerprint, status, text)
        return status, text, False

    code, text, again = room.write(once)
    headers = {"Idempotent-Replayed": "true"} if again else None
    return Response(text, code, headers, "application/json")
