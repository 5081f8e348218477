"""The admin API over HTTP."""

import json
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from broker.admin.access_keeper import AccessKeeper
from broker.http.admin import admin_routes, known_or_local
from broker.http.doors import BASIC, IDENTITY, TOKEN
from broker.http.server import HttpServer
from broker.http.surface import surface
from observability.health import Health
from security.acls.decision import Decision
from security.acls.kinds import Operation, ResourceType
from security.identity import MUTUAL_TLS, NOBODY, Identity

PATH = "/v1/acls/explain?principal=User:a&operation=read&resource=topic:orders"


class Denying(AccessKeeper):
    """Denies everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def explain(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> Decision:
        self.asked.append((identity.principal, host))
        return Decision(False, "no rule allows it")


async def get(port: int, path: str, host: str = "localhost") -> tuple[int, Any]:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        data = b""
        with anyio.fail_after(10):
            while True:
                try:
                    data += await stream.receive()
                except anyio.EndOfStream:
                    break
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else body


async def answers(access: AccessKeeper, *requests: tuple[str, str], **options: Any) -> list[tuple[int, Any]]:
    server = HttpServer(surface(Health(), admin_routes(access, **options)), "127.0.0.1", 0)
    _, port = server.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        found = [await get(port, path, host) for path, host in requests]
        server.stop()
    return found


async def test_a_decision_is_explained() -> None:
    """The same decision as requests get; a host that is not named is one that no rule names."""
    access = Denying()
    found = await answers(access, (PATH, "localhost"), (PATH + "&host=10.0.0.1", "127.0.0.1:9644"), ("/v1/acls/explain", "[::1]:9644"))

    assert [(status, body.get("allowed"), body.get("reason")) for status, body in found[:2]] == [(200, False, "no rule allows it")] * 2
    assert found[2] == (400, {"error": "principal is missing"})
    assert access.asked == [("User:a", "0.0.0.0"), ("User:a", "10.0.0.1")]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1:9644"])
async def test_a_web_page_with_a_name_of_its_own_is_not_served(host: str) -> None:
    """Its name may resolve to this machine, but it is in the request."""
    access = Denying()
    ((status, body),) = await answers(access, (PATH, host))

    assert (status, "this machine only" in body["error"]) == (403, True)
    assert not access.asked


@pytest.mark.parametrize(("client", "served"), [(("127.0.0.1", 1), True), (("::1", 1), True), (("10.0.0.9", 1), False), (None, False)])
async def test_others_are_not_served_without_authentication(client: tuple[str, int] | None, served: bool) -> None:
    """Whatever Host they send."""
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")], "client": client}

    assert (await known_or_local(Request(scope)) is None) is served
    assert await known_or_local(Request({**scope, IDENTITY: Identity("User:operator")})) is None
    assert (await known_or_local(Request({**scope, IDENTITY: NOBODY})) is None) is served


@pytest.mark.parametrize(
    ("identity", "may_describe", "served"),
    [
        (Identity("User:bob", mechanism=BASIC), False, False),
        (Identity("User:bob", mechanism=BASIC), True, True),
        (Identity("User:bob", mechanism=MUTUAL_TLS), False, False),
        (Identity("User:scraper", mechanism=TOKEN), False, True),
        (NOBODY, False, True),
    ],
)
async def test_users_see_rules_by_permission(identity: Identity, may_describe: bool, served: bool) -> None:
    """That on the cluster which DescribeAcls asks for; the operator's tokens and this machine need none."""

    class Permitting(Denying):
        def allows(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> bool:
            assert (operation, resource_type, name) == (Operation.DESCRIBE, ResourceType.CLUSTER, "kafka-cluster")
            return may_describe

    access = Permitting()
    (route,) = admin_routes(access)
    app = Starlette(routes=[route])

    async def known(scope: Any, receive: Any, send: Any) -> None:
        scope[IDENTITY] = identity
        await app(scope, receive, send)

    server = HttpServer(known, "127.0.0.1", 0)
    _, port = server.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        status, body = await get(port, PATH)
        server.stop()
    assert (status, bool(access.asked)) == ((200, True) if served else (403, False)), body


async def test_a_guard_decides_whom_to_serve() -> None:
    """Its answer is what is sent."""

    async def nobody(request: Request) -> Response | None:
        return Response(status_code=401)

    access = Denying()
    ((status, _),) = await answers(access, (PATH, "localhost"), guard=nobody)

    assert status == 401
    assert not access.asked
