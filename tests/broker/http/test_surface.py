"""What the HTTP paths answer."""

import json

import anyio
import pytest

from broker.http.server import HttpServer
from broker.http.surface import surface
from observability.health import Health


async def fetch(port: int, path: str, accept: str = "*/*") -> tuple[int, dict[str, str], bytes]:
    """A plain HTTP/1.1 GET."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n".encode())
        data = b""
        with anyio.fail_after(10):
            while True:
                try:
                    data += await stream.receive()
                except anyio.EndOfStream:
                    break
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/nowhere"])
async def test_paths(path: str) -> None:
    """Health is JSON with each check's word, metrics are the exposition format, anything else is 404."""
    health = Health()
    health.add_liveness("storage", lambda: None)
    health.add_readiness("serving", lambda: "draining")
    server = HttpServer(surface(health), "127.0.0.1", 0)
    _, port = server.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        status, headers, body = await fetch(port, path)
        _, open_headers, open_body = await fetch(port, "/metrics", "application/openmetrics-text; version=1.0.0")
        server.stop()

    if path == "/livez":
        assert (status, json.loads(body)) == (200, {"status": "ok", "checks": {"storage": "ok"}})
    elif path == "/readyz":
        assert status == 503
        assert json.loads(body)["checks"] == {"storage": "ok", "serving": "draining"}
    elif path == "/metrics":
        assert status == 200
        assert headers["content-type"].startswith("text/plain")
        assert b"penstock_process_resident_memory_bytes" in body
        assert b"penstock_network_bytes_in_total" in body
    else:
        assert status == 404
    assert open_headers["content-type"].startswith("application/openmetrics-text")
    assert open_body.endswith(b"# EOF\n")
