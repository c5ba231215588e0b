"""Requests that may come twice: the answer is remembered with what it answered, and given again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from optimizer.store.refusals import Blocked
from optimizer.store.service_schema import requests
from optimizer.store.transactions import View, Write


@dataclass(frozen=True)
class Answer:
    """What was answered to a request: an HTTP status and a body."""

    status: int
    response: str
    answered_at: dt.datetime


def recall(view: View, key: str, fingerprint: str) -> Answer | None:
    """What was answered under this key; None when it is new.

    Asked at the beginning of the write that would answer, two requests with one key cannot both be new. Blocked when
    the key was used for another request (``fingerprint``: a hash of the whole of it).
    """
    row = view.find(requests, key=key)
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise Blocked("key_reused", key=key)
    return Answer(row.status, row.response, row.answered_at)


def remember(write: Write, key: str, fingerprint: str, status: int, response: str) -> None:
    """Remember an answer, in the same write as what it answers."""
    write.connection.execute(
        requests.insert().values(
            workspace_id=write.workspace,
            key=key,
            fingerprint=fingerprint,
            status=status,
            response=response,
            answered_at=write.at,
        )
    )


def forget(write: Write, before: dt.datetime) -> int:
    """Forget answers older than ``before``; how many they were."""
    done = write.connection.execute(
        requests.delete().where(write.here(requests), requests.c.answered_at < before)
    )
    write.tell("forget", "requests", write.workspace, before=before.isoformat(), count=done.rowcount)
    return int(done.rowcount)
