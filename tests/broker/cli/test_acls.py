"""``penstock acls``, as a person runs it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.broker.cli.conftest import Result, Run, run_command
from tests.broker.cli.guarded import guarded_broker
from tests.support.penstock import Penstock


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with guarded_broker(tmp_path_factory.mktemp("acls")) as broker:
        yield lambda *arguments, stdin=b"": run_command(*arguments, bootstrap=broker.bootstrap, stdin=stdin)


def test_from_the_first_rule_to_the_last(guarded: Run) -> None:
    """Added, once and again; listed by principal and by resource; removed as they were written."""
    rule = ("--principal", "User:alice", "--operation", "read", "--operation", "write", "--resource", "topic:ord", "--prefixed")
    done = guarded("acls", "add", *rule)
    assert done.code == 0
    assert done.err.splitlines() == [f"added: allow User:alice {name} on topic:ord* (prefix)" for name in ("read", "write")]
    assert guarded("acls", "add", *rule).code == 0
    deny = ("-p", "User:bob", "-o", "all", "-r", "cluster", "--deny", "--host", "10.0.0.0/8")
    assert guarded("acls", "add", *deny).code == 0
    about_orders = guarded("acls", "list", "--resource", "topic:orders", "--json").json
    assert [(row["name"], row["pattern_type"], row["operation"]) for row in about_orders] == [("ord", "PREFIXED", "READ"), ("ord", "PREFIXED", "WRITE")]
    (of_bob,) = guarded("acls", "list", "--principal", "User:bob", "--json").json
    assert (of_bob["resource_type"], of_bob["host"], of_bob["permission"]) == ("CLUSTER", "10.0.0.0/8", "DENY")
    assert "User:bob" in guarded("acls", "list").out
    assert guarded("acls", "remove", *deny, "--yes").code == 0
    again = guarded("acls", "remove", *deny, "--yes")
    assert (again.code, again.err) == (1, "penstock: there is no such rule: deny User:bob all on cluster from 10.0.0.0/8\n")
    assert guarded("acls", "remove", *rule, "-y").code == 0
    assert guarded("acls", "list", "--json").json == []


def test_where_authorization_is_off_it_is_said(penstock: Run) -> None:
    """Rules that nobody asks about would only seem to protect."""
    done = penstock("acls", "list")

    assert (done.code, "SECURITY_DISABLED" in done.err) == (1, True)


class _Surface(BaseHTTPRequestHandler):
    asked: list[tuple[str, list[tuple[str, str]]]] = []  # noqa: RUF012 - the test's

    rule: ClassVar[dict[str, str]] = {
        "resource_type": "TOPIC",
        "pattern_type": "PREFIXED",
        "name": "ord",
        "principal": "Group:team",
        "host": "10.0.0.0/8",
        "operation": "READ",
        "permission": "ALLOW",
    }

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        question = parse_qsl(url.query)
        self.asked.append((url.path, question))
        is_allowed = ("principal", "User:alice") in question
        answer = {"allowed": is_allowed, "reason": "a rule allows it" if is_allowed else "no rule allows it", "rule": self.rule if is_allowed else None}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def surface() -> Iterator[str]:
    """A stand-in for the broker's HTTP surface."""
    server = HTTPServer(("127.0.0.1", 0), _Surface)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_decision_is_explained(surface: str) -> None:
    """In a line, or as JSON; the exit code tells scripts."""

    def explain(principal: str, *more: str) -> Result:
        question = ("--principal", principal, "--operation", "read", "--resource", "topic:orders", "--host", "10.0.0.1")
        return run_command("acls", "explain", *question, *more, "--admin", surface)

    allowed, denied = explain("User:alice", "--group", "Group:team"), explain("User:bob", "--json")

    assert (allowed.code, allowed.out) == (0, "allowed: a rule allows it (allow Group:team read on topic:ord* (prefix) from 10.0.0.0/8)\n")
    assert (denied.code, denied.json["allowed"]) == (1, False)
    path, question = _Surface.asked[0]
    assert path == "/v1/acls/explain"
    assert dict(question) == {
        "principal": "User:alice",
        "operation": "READ",
        "resource": "TOPIC:orders",
        "host": "10.0.0.1",
        "group": "Group:team",
    }


def test_a_real_broker_explains_over_http_alone(tmp_path: Path) -> None:
    """By its own rules; who does not reach its HTTP surface, or may not ask there, is told what to do."""
    (tmp_path / "token").write_text("ops t0ken-of-ops\n")
    (tmp_path / "ask").write_text("t0ken-of-ops\n")
    settings = {
        "super.users": "User:ANONYMOUS",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "http_authentication": "token",
        "http_token_file": tmp_path / "token",
    }
    (tmp_path / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    question = ("acls", "explain", "-p", "User:alice", "-o", "read", "-r", "topic:orders")
    with Penstock(tmp_path / "data", "--properties", str(tmp_path / "server.properties")) as broker:

        def explain(*more: str) -> Result:
            return run_command(*question, *more, bootstrap=broker.bootstrap)

        here = ("--admin", f"http://{broker.http}")
        knows = ("--token-file", str(tmp_path / "ask"))
        denied = explain(*here, *knows)
        assert run_command("acls", "add", *question[2:], bootstrap=broker.bootstrap).code == 0
        allowed = explain(*here, *knows)
        unknown = explain(*here)
        listener = explain("--admin", f"http://{broker.bootstrap}")
    nobody = explain(*here)

    assert (denied.code, denied.out.startswith("denied: no rule")) == (1, True)
    assert (allowed.code, allowed.out) == (0, "allowed: a rule allows it (allow User:alice read on topic:orders)\n")
    assert (unknown.code, "--token-file FILE" in unknown.err) == (1, True)
    for failed in (listener, nobody):
        assert failed.out == ""
        assert "--admin URL (or PENSTOCK_ADMIN)" in failed.err
    assert nobody.code == 3
    assert "t0ken" not in denied.err + allowed.err + unknown.err


def test_a_rule_that_this_command_does_not_know_is_an_error_that_shows_it(surface: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a newer broker: not a stack trace."""
    monkeypatch.setitem(_Surface.rule, "operation", "TELEPORT")
    told = run_command("acls", "explain", "-p", "User:alice", "-o", "read", "-r", "topic:orders", "--admin", surface)
    assert (told.code, told.out) == (1, "")
    assert "TELEPORT" in told.err
