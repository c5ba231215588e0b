"""The application: the store behind it, the API, signing in and the first page, put together."""

from __future__ import annotations

import threading
import time
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.middleware.cors import CORSMiddleware

import optimizer
from optimizer.store import Refused, Store
from optimizer.web import login, pages
from optimizer.web.access import RULES, Guarded
from optimizer.web.api import ROUTERS
from optimizer.web.front import Front
from optimizer.web.metrics import Metrics
from optimizer.web.pace import Pace
from optimizer.web.problems import MEDIA_TYPE, Problem, handle_problems
from optimizer.web.sessions import Sessions
from optimizer.web.settings import Settings
from optimizer.web.uses import Uses
from optimizer.web.warm import Warm

PREFIX = "/api/v1"
KNOCKS, KNOCKS_RATE = 20, 0.2  # wrong tokens of one address at once, and a second
_WHEN = {
    400: "It cannot be understood",
    401: "No token, or one that opens nothing",
    403: "The role does not allow it",
    404: "There is no such thing in this workspace, or no such workspace for whoever asks",
    409: "It cannot be done as things stand; `changes` says what was done since",
    413: "More than is taken in",
    422: "What was sent is wrong; `findings` says where",
    429: "Too many requests",
    500: "Nobody expected this",
    503: "The database is busy or away",
    507: "A disk of the service is full",
}
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": about, **_PROBLEM} for status, about in _WHEN.items()
}
open_router = APIRouter(include_in_schema=False)


def build_app(store: Store, settings: Settings | None = None) -> Front:
    """The whole of it as an ASGI application over an open store; its ``api`` is FastAPI's."""
    settings = settings or Settings()

    app = FastAPI(
        title="Territory optimizer",
        version=optimizer.__version__,
        description="Sales territories and task assignments: cases, plans, who owns whom, progress and reassignment.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.store, app.state.settings = store, settings
    app.state.warm, app.state.metrics = Warm(), Metrics(store)
    app.state.stopping = threading.Event()
    app.state.uses = Uses(store)
    app.state.sessions = Sessions(settings)
    app.state.pace = Pace(settings.rate, settings.burst)
    app.state.knocks = Pace(KNOCKS_RATE, KNOCKS)
    handle_problems(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, responses=PROBLEMS)
    for router in (open_router, login.router, pages.router):
        app.include_router(router)
    app.mount("/static", pages.STATIC)
    login.set_up(app, settings)
    _check_rules()
    _describe(app)
    inner: Any = app
    if settings.cors:
        inner = CORSMiddleware(
            app,
            allow_origins=settings.cors,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Accept-Language"],
            expose_headers=["ETag", "X-Request-ID", "Retry-After"],
        )
    return Front(inner, app, settings, app.state.metrics)


def list_routes() -> list[APIRoute]:
    """Every endpoint of the API, without the prefix."""
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _check_rules() -> None:
    """ValueError unless every endpoint has a rule, and every rule an endpoint."""
    names = [route.name for route in list_routes()]
    open_ones = {route.name for route in list_routes() if not isinstance(route, Guarded)}
    odd = open_ones | set(names) ^ set(RULES) | {name for name in names if names.count(name) > 1}
    if odd:
        raise ValueError(f"endpoints without a rule, rules without an endpoint, or twice: {sorted(odd)}")


def _describe(app: FastAPI) -> None:
    """Say in the OpenAPI document how problems look and how to come in."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            parts = document["components"]
            model = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            parts["schemas"] |= model.pop("$defs", {})
            parts["schemas"]["Problem"] = model
            for name in ("HTTPValidationError", "ValidationError"):
                parts["schemas"].pop(name, None)
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"token": []}]
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


@open_router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether this process answers; no thread is needed for it, so that nobody kills a process that is only busy."""
    return {"status": "ok", "release": optimizer.__version__}


@open_router.get("/readyz")
def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Whether the database answers too."""
    started = time.perf_counter()
    try:
        with request.app.state.store.view():
            pass
    except Exception as error:
        response.status_code = 503
        code = error.code if isinstance(error, Refused) else type(error).__name__
        return {"status": "unavailable", "code": code}
    return {"status": "ok", "seconds": round(time.perf_counter() - started, 4)}


@open_router.get("/metrics")
def metrics(request: Request) -> Response:
    """Counters for Prometheus; no names, no ids."""
    return Response(request.app.state.metrics.write(), headers={"Content-Type": CONTENT_TYPE_LATEST})
