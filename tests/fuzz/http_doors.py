"""Target: requests to the HTTP surface, from the gate to the admin API behind it."""

import asyncio
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from broker.http import doors
from broker.http.admin import admin_routes
from broker.http.doors import Gate, TokenReader
from broker.http.surface import surface
from observability.health import Health
from security.audit.event import NoRecorder
from security.identity import Identity
from tests.broker.http.test_admin import Denying
from tests.fuzz.target import Finding, Target

_TOKEN = b"t0ken-of-the-scraper"
_PATHS = (b"/livez", b"/readyz", b"/v1/acls/explain", b"/nowhere")
_HEADERS = (b"Authorization: Bearer " + _TOKEN, b"Authorization: Basic YW5uOnJpZ2h0", b"Host: localhost", b"Host: [::1]:9644", b"Host: example.com:99999999",
            b"Accept: application/openmetrics-text", b"X: \xff\xfe")  # fmt: skip
_QUERY = b"principal=User:a&operation=read&resource=topic:orders&group=Group:g&host=10.0.0.1"
_STATUSES = frozenset({200, 400, 401, 403, 404, 405, 503})


class Stage:
    """Made on first use, in the process that fuzzes."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self, ways: tuple[str, ...], scope: dict[str, Any]) -> int:
        """The status of the answer."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._folder = tempfile.TemporaryDirectory(prefix="penstock-fuzz-")
            tokens = Path(self._folder.name) / "tokens"
            tokens.write_bytes(b"scraper " + _TOKEN + b"\n")
            self._tokens = TokenReader(tokens)
            self._app = surface(Health(), admin_routes(Denying()))
        gate = Gate(self._app, ways, NoRecorder(), tokens=self._tokens)
        gate.check_password = _check
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        before, doors.REFUSAL_DELAY_S = doors.REFUSAL_DELAY_S, 0.0  # type: ignore[misc]
        try:
            self._loop.run_until_complete(gate(scope, receive, send))
        finally:
            doors.REFUSAL_DELAY_S = before  # type: ignore[misc]
        if len(statuses) != 1:
            raise Finding(f"{len(statuses)} answers")
        return statuses[0]


async def _check(user: str, password: str) -> Identity | None:
    return Identity(f"User:{user}") if (user, password) == ("ann", "right") else None


_stage = Stage()


def run_request(data: bytes) -> None:
    """A byte says who must show himself and which path is asked for; lines follow: the query, then headers, as the server cuts them."""
    if not data:
        return
    order, (query, *lines) = data[0], data[1:].split(b"\n")
    path = _PATHS[order % len(_PATHS)]
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path.decode(), "raw_path": path, "root_path": "",
        "query_string": query, "headers": headers, "client": ("127.0.0.1" if order & 0x40 else "10.1.1.1", 4711), "server": ("127.0.0.1", 9644),
    }  # fmt: skip
    must_show = bool(order & 0x80)
    status = _stage.ask(("token", "basic") if must_show else (), scope)
    if status not in _STATUSES:
        raise Finding(f"status {status}")
    shown = [value for name, value in headers if name == b"authorization"]
    if must_show and status not in (401, 503) and path not in (b"/livez", b"/readyz") and not (len(shown) == 1 and (_TOKEN in shown[0] or b" " in shown[0])):
        raise Finding(f"status {status} for {shown}")


def seed_request(rng: Random) -> bytes:
    """Something that is asked."""
    lines = [rng.choice((b"", _QUERY, b"principal=User:a", b"%ff=%00&&&=")), *rng.sample(_HEADERS, rng.randrange(4))]
    return bytes([rng.randrange(256)]) + b"\n".join(lines)


TARGETS = (Target("http_requests", run_request, seed_request, ("broker.http",), allowance=2 << 20),)
