"""How commands reach a broker's HTTP surface, and what they do not do for it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from broker.cli.admin_api import AdminApi
from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed

Serve = Callable[[int, bytes, dict[str, str]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers everything the same way; what it was sent is in ``seen``."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(status: int, body: bytes, headers: dict[str, str]) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                SEEN.append(dict(self.headers))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    SEEN.clear()
    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


SEEN: list[dict[str, str]] = []


def test_json_comes_back(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the token that is in the file, and through nobody in between."""
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = serve(200, b'{"allowed": true}', {})

    assert AdminApi(url + "/", token).get("/v1/x", [("a", "b c")]) == {"allowed": True}
    assert SEEN[0]["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("status", "body", "headers", "why"),
    [
        (403, b'{"error": "not you"}', {}, "refuses: not you.*--token-file"),
        (401, b"who are you", {}, "refuses: 401.*--token-file"),
        (400, b'{"error": "no such operation"}', {}, "refuses: no such operation$"),
        (500, b"<html>", {}, "refuses: 500"),
        (200, b"<html>", {}, "does not answer as a broker does"),
        (302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}, "refuses: 302"),
    ],
)
def test_what_is_no_answer(serve: Serve, status: int, body: bytes, headers: dict[str, str], why: str) -> None:
    """Is said in words; nobody is sent on to elsewhere, with a token least of all."""
    with pytest.raises(CommandFailed, match=why):
        AdminApi(serve(status, body, headers)).get("/v1/x", [])


def test_nobody_there() -> None:
    """With what to try."""
    with pytest.raises(CommandFailed, match=r"not its listeners.*--admin.*PENSTOCK_ADMIN.*`http`") as caught:
        AdminApi("http://127.0.0.1:1").get("/v1/x", [])

    assert caught.value.exit_code == UNREACHABLE


@pytest.mark.parametrize("url", ["", "127.0.0.1:9644", "ftp://h", "file:///etc/passwd", "http://", "http://[::1"])
def test_what_is_no_url(url: str) -> None:
    """Files are none, above all."""
    with pytest.raises(CommandFailed) as caught:
        AdminApi(url)

    assert caught.value.exit_code == USAGE


def test_a_token_is_not_sent_in_the_clear(tmp_path: Path) -> None:
    """Over the network it needs TLS."""
    token = tmp_path / "token"
    token.write_text("t0ken")
    with pytest.raises(CommandFailed, match="https") as caught:
        AdminApi("http://broker.test:9644", token)
    assert "t0ken" not in str(caught.value)
    AdminApi("https://broker.test:9644", token)

    with pytest.raises(CommandFailed, match="cannot use"):
        AdminApi("https://broker.test:9644", token, tmp_path / "missing.pem")
