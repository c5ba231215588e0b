"""Sending: what webhooks are told, signed as Standard Webhooks has it, tried again until it arrives or is given up.

``send_due`` is a chore of a worker. Each delivery has one id, however often it is sent: a receiver that remembers ids
hears of everything once.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import json
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import optimizer
from optimizer.store import Delivery, Store, Webhook, claim_deliveries, note_attempt
from optimizer.store.moments import now

# Seconds after each try that failed; then it is given up: about a day in all.
WAITS = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
TIMEOUT = 10.0  # seconds for an answer
LEASE = dt.timedelta(minutes=2)  # longer than a round takes
ROUND = 20  # deliveries sent in one go
IDLE, BUSY = 1.0, 0.0  # seconds until the next look
SECRET = "whsec_"


def show_secret(secret: str) -> str:
    """A webhook's secret as libraries for Standard Webhooks take it."""
    return SECRET + base64.b64encode(secret.encode()).decode()


def sign(secret: str, id: str, at: int, body: bytes) -> str:
    """The signature of a message: HMAC-SHA256 of id, moment and body."""
    said = f"{id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()


def send_due(store: Store) -> float:
    """Send what is due, of all workspaces; the seconds until somebody should look again."""
    claimed = claim_deliveries(store, now(), ROUND, LEASE)
    if not claimed:
        return IDLE
    with ThreadPoolExecutor(max_workers=len(claimed)) as pool:  # one that is slow keeps no other waiting
        list(pool.map(lambda pair: _send(store, *pair), claimed))
    return BUSY


def _send(store: Store, delivery: Delivery, hook: Webhook) -> None:
    started = time.perf_counter()
    at = now()
    status, error = None, ""
    if hook.active:
        try:
            status = _post(hook, delivery, at)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            error = (str(problem) or type(problem).__name__)[:200]
    else:
        error = "inactive"
    wait = WAITS[delivery.attempts] if hook.active and delivery.attempts < len(WAITS) else None
    note_attempt(
        store,
        delivery,
        at,
        time.perf_counter() - started,
        status=status,
        error=error,
        next_at=None if wait is None else at + dt.timedelta(seconds=wait),
    )


def _post(hook: Webhook, delivery: Delivery, at: dt.datetime) -> int:
    """The status of the answer; redirects are not followed, for nobody has allowed where they lead."""
    said = {
        "type": delivery.kind,
        "timestamp": delivery.made_at.isoformat(),
        "data": json.loads(delivery.payload),
    }
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    parts, seconds = urlsplit(hook.url), int(at.timestamp())
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"territory-optimizer/{optimizer.__version__}",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(hook.secret, delivery.id, seconds, body),
    }
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
