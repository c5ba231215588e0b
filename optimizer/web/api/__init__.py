"""The API, one file a noun; ``ROUTERS`` are all of them."""

from __future__ import annotations

from optimizer.web.api import (
    audit,
    cases,
    deciding,
    events,
    explaining,
    jobs,
    owners,
    plans,
    reassigning,
    suggesting,
    tokens,
    variants,
    webhooks,
    workspaces,
)

ROUTERS = tuple(
    module.router
    for module in (
        workspaces,
        cases,
        variants,
        plans,
        explaining,
        suggesting,
        deciding,
        owners,
        events,
        reassigning,
        jobs,
        tokens,
        webhooks,
        audit,
    )
)
