"""Uses: when a token was last used is written down beside the requests, so that who only reads waits for no write."""

from __future__ import annotations

import threading
from contextlib import suppress

from optimizer.store import Store, Token, Unavailable, is_noted, note_use


class Uses:
    """What is noted just now, each token once. What cannot be noted now is, when the token is used again."""

    def __init__(self, store: Store) -> None:
        self._store, self._door = store, threading.Lock()
        self._noting: set[str] = set()

    def note(self, token: Token) -> None:
        """Note that a token is used; returns at once."""
        if is_noted(token):
            return
        with self._door:
            if token.id in self._noting:
                return
            self._noting.add(token.id)
        threading.Thread(target=self._write, args=(token,), name="noting", daemon=True).start()

    def _write(self, token: Token) -> None:
        try:
            with suppress(Unavailable):
                note_use(self._store, token)
        finally:
            with self._door:
                self._noting.discard(token.id)
