"""Refusals: why the store does not do what was asked; nothing of it has happened then.

``code`` names an entry ``refused.<code>`` of the catalogue, ``details`` fill its gaps. The class says what kind of
answer it is, so that an API can give each kind one status.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DontWrapMixin

from optimizer.messages import say


class Refused(Exception):
    """The store says no, and why."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.details: Mapping[str, Any] = details
        super().__init__(self.sentence())

    def sentence(self, lang: str = "") -> str:
        """Why, and what to do about it."""
        return say(f"refused.{self.code}", lang, **self.details)


class Missing(Refused):
    """There is no such thing in this workspace."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__("missing", kind=kind, id=id)


class Unfit(Refused, DontWrapMixin):
    """What was given cannot be kept: it does not fit together, or no database can hold it."""


class Blocked(Refused):
    """It cannot be done as things stand: a guard of the plan's status, a verdict, a later publication."""


class Unavailable(Refused):
    """The database cannot be used: not there, busy, of another release, or a package is not installed."""


class Outage(Unavailable):
    """It cannot be used for a while: ``busy``, ``away``, or there is ``no_room`` on its disk.

    What was to be written is not there, unless the connection was lost while it was committed.
    """


def lacks_room(error: BaseException | None) -> bool:
    """Whether a full disk, or a full share of one, is behind an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
