"""Sessions: who is signed in at a browser, in a cookie that nobody can forge, and the proof that a form is our own."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from optimizer.web.access import Session
from optimizer.web.problems import Refusal
from optimizer.web.settings import Settings


class Sessions:
    """Reads and writes the session cookie; a ``secret`` of its own where the settings name none."""

    def __init__(self, settings: Settings) -> None:
        self.secret = settings.secret or secrets.token_urlsafe(32)
        self._signer = URLSafeTimedSerializer(self.secret, salt="session")
        self._seconds = round(settings.session_hours * 3600)
        self._https = settings.is_https
        # The prefix keeps other hosts of the domain from setting it.
        self.cookie = "__Host-optimizer" if settings.is_https else "optimizer"

    def read(self, request: Request) -> Session | None:
        """The session of a request; None without one, or when it is too old or not ours."""
        said = request.cookies.get(self.cookie)
        if not said:
            return None
        try:
            return Session(**self._signer.loads(said, max_age=self._seconds))
        except (BadSignature, TypeError):
            return None

    def start(self, response: Response, **who: str) -> None:
        """Sign somebody in at this browser."""
        session = Session(secrets.token_urlsafe(24), **who)
        response.set_cookie(
            self.cookie,
            self._signer.dumps(asdict(session)),
            max_age=self._seconds,
            httponly=True,
            samesite="lax",
            secure=self._https,
        )

    def end(self, response: Response) -> None:
        """Sign out at this browser."""
        response.delete_cookie(self.cookie, httponly=True, samesite="lax", secure=self._https)

    def check_csrf(self, session: Session, shown: str) -> None:
        """403 unless ``shown`` is what our own page was given."""
        if not hmac.compare_digest(session.csrf.encode(), shown.encode("utf-8", "replace")):
            raise Refusal(403, "not_our_form")
