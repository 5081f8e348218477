"""Which HTTP path answers what. Answers are plain text or JSON; nothing here changes anything."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPENMETRICS_TYPE
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from observability.health import Health
from observability.metrics import REGISTRY


def surface(health: Health, more: Sequence[Route] = ()) -> Starlette:
    """The application behind the HTTP port, with ``more`` that others answer."""

    async def livez(request: Request) -> Response:
        return _checks(health.liveness())

    async def readyz(request: Request) -> Response:
        return _checks(health.readiness())

    return Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", _metrics),
            *more,
        ]
    )


def _checks(results: dict[str, str | None]) -> Response:
    complaints = {name: why for name, why in results.items() if why is not None}
    body: dict[str, Any] = {
        "status": "ok" if not complaints else "failing",
        "checks": {name: why or "ok" for name, why in results.items()},
    }
    return JSONResponse(body, status_code=200 if not complaints else 503, headers={"Cache-Control": "no-store"})


async def _metrics(request: Request) -> Response:
    openmetrics = "application/openmetrics-text" in request.headers.get("accept", "")
    generate = generate_openmetrics if openmetrics else generate_latest
    # Thousands of series take tens of milliseconds to print: not on the event loop.
    body = await anyio.to_thread.run_sync(partial(generate, REGISTRY))
    return Response(body, media_type=OPENMETRICS_TYPE if openmetrics else CONTENT_TYPE_LATEST)
