"""Webhooks: who is told when something happens, signed, tried again, and with a log of what was told."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, Field

from optimizer.messages import Phrase
from optimizer.store import Attempt, Delivery, Webhook, get_webhook
from optimizer.store import add_webhook as add
from optimizer.store import change_webhook as change
from optimizer.store import list_deliveries as find_deliveries
from optimizer.store import list_webhooks as find_webhooks
from optimizer.web.access import Guarded
from optimizer.web.room import Body, Here, Limit, Seen, tag
from optimizer.web.sending import show_secret

router = APIRouter(prefix="/workspaces/{workspace}/webhooks", tags=["webhooks"], route_class=Guarded)
WebhookId = Annotated[str, Path(max_length=64)]


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        fine = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and url.isprintable()
        )
        fine = fine and (parts.port is None or parts.port > 0) and "@" not in parts.netloc and " " not in url
    except ValueError:
        fine = False
    if not fine:
        raise ValueError(Phrase("problem_reason.address"))
    return url


Url = Annotated[str, Field(max_length=2000), AfterValidator(_check_url)]
Kinds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)]


class WebhookBody(Body):
    """Who is to be told of what; no kinds: of everything."""

    url: Url = Field(examples=["https://crm.example.com/hooks/territories"])
    kinds: Kinds = Field([], examples=[["plan.proposed", "plan.published"]])


class WebhookChange(Body):
    """What is to be different."""

    url: Url | None = None
    kinds: Kinds | None = None
    active: bool | None = Field(None, examples=[False])


class WebhookAnswer(BaseModel):
    """Who is told of what."""

    id: str
    url: str
    kinds: list[str]
    active: bool
    version: int


class NewWebhook(WebhookAnswer):
    """The same, with the secret that signs what is sent; it is shown once (Standard Webhooks)."""

    secret: str = Field(examples=["whsec_..."])


class DeliveryAnswer(BaseModel):
    """Something that was told, or is to be, with every try."""

    id: str
    kind: str
    state: str = Field(examples=["delivered"])
    made_at: dt.datetime
    next_at: dt.datetime
    attempts: list[Attempt]


@router.get("")
def list_webhooks(here: Here) -> list[WebhookAnswer]:
    """Who is told of what."""
    with here.read() as view:
        return [_answer(one) for one in find_webhooks(view)]


@router.post("", status_code=201)
def add_webhook(here: Here, body: WebhookBody, response: Response) -> NewWebhook:
    """Tell an address from now on; the secret that signs is shown here and never again."""
    made = here.write(lambda write: add(write, body.url, body.kinds))
    tag(response, made.version)
    return NewWebhook(**_answer(made).model_dump(), secret=show_secret(made.secret))


@router.get("/{webhook_id}")
def read_webhook(here: Here, webhook_id: WebhookId, response: Response) -> WebhookAnswer:
    """One webhook."""
    with here.read() as view:
        found = get_webhook(view, webhook_id)
    tag(response, found.version)
    return _answer(found)


@router.patch("/{webhook_id}")
def change_webhook(
    here: Here, webhook_id: WebhookId, body: WebhookChange, seen: Seen, response: Response
) -> WebhookAnswer:
    """Change where it goes and of what, or stop telling it."""
    after = here.write(
        lambda write: change(
            write, webhook_id, url=body.url, kinds=body.kinds, active=body.active, expected=seen
        )
    )
    tag(response, after.version)
    return _answer(after)


@router.get("/{webhook_id}/deliveries")
def list_deliveries(here: Here, webhook_id: WebhookId, limit: Limit = 100) -> list[DeliveryAnswer]:
    """The log of what it was told, newest first."""
    with here.read() as view:
        found = find_deliveries(view, webhook_id, limit)
    return [_describe(delivery, tries) for delivery, tries in found]


def _answer(hook: Webhook) -> WebhookAnswer:
    return WebhookAnswer(
        id=hook.id, url=hook.url, kinds=list(hook.kinds), active=hook.active, version=hook.version
    )


def _describe(delivery: Delivery, tries: list[Attempt]) -> DeliveryAnswer:
    names = ("id", "kind", "state", "made_at", "next_at")
    return DeliveryAnswer(**{name: getattr(delivery, name) for name in names}, attempts=tries)
