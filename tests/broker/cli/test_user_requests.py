"""What a broker is sent of a password, and what of it stays here."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from broker.cli import user_requests
from broker.cli.failure import CommandFailed
from broker.cli.user_requests import Credential, altered, check_credential, deletion, read_password, upsertion
from broker.wire.messages.alter_user_scram_credentials import (
    AlterUserScramCredentialsResponse,
    AlterUserScramCredentialsResult,
)

ALICE = Credential("alice", "SCRAM-SHA-512", 4096)


@pytest.mark.parametrize(("mechanism", "digest"), [("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-512", "sha512")])
def test_a_password_is_salted_here(mechanism: str, digest: str) -> None:
    """With a salt of its own each time (RFC 5802)."""
    one, other = (upsertion(Credential("alice", mechanism, 4096), "pässword") for _ in range(2))

    assert one.salted_password == hashlib.pbkdf2_hmac(digest, "pässword".encode(), one.salt, 4096)
    assert (one.name, one.mechanism, one.iterations) == ("alice", user_requests.MECHANISMS[mechanism], 4096)
    assert one.salt != other.salt
    assert len(one.salt) == 32
    assert "pässword" not in repr(one)


def test_one_change_of_a_user_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker refuses two of one user in one request; what it refuses is said with the user's name."""
    asked: list[Any] = []

    def ask(address: Any, key: int, version: int, request: Any) -> Any:
        asked.append([(each.name, each.mechanism) for each in (*request.upsertions, *request.deletions)])
        return AlterUserScramCredentialsResponse(
            results=[
                AlterUserScramCredentialsResult(
                    user=name, error_code=91 if name == "bob" else 0, error_message="not there" if name == "bob" else None
                )
                for name, _ in asked[-1]
            ]
        )

    monkeypatch.setattr(user_requests, "ask", ask)
    monkeypatch.setattr(user_requests, "brokers", lambda *_: [("h", 1)])
    both = [Credential("alice", name, 4096) for name in user_requests.MECHANISMS]
    failures = altered("b", None, [upsertion(each, "p") for each in both], [deletion(Credential("bob", "SCRAM-SHA-256", 1))])

    assert asked == [[("alice", 1), ("bob", 1)], [("alice", 2)]]
    assert failures == ["user bob was not changed: not there (RESOURCE_NOT_FOUND)"]


@pytest.mark.parametrize(("content", "password"), [(b"secret\n", "secret"), (b"secret\r\n", "secret"), (b" s p ", " s p "), (b"a\n\n", "a\n")])
def test_a_password_from_a_file(tmp_path: Path, content: bytes, password: str) -> None:
    """All but the end of the line: spaces may be part of it."""
    file = tmp_path / "password"
    file.write_bytes(content)

    assert read_password(file) == password


@pytest.mark.parametrize("content", [b"", b"\n", b"secret\xff", None], ids=["empty", "a line", "no text", "none"])
def test_a_file_without_one(tmp_path: Path, content: bytes | None) -> None:
    """Is said to be so, and nothing of what is in it."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandFailed) as caught:
        read_password(file)

    assert str(file) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("credential", "why"),
    [
        (Credential("", "SCRAM-SHA-512", 4096), "needs a name"),
        (Credential("a", "PLAIN", 4096), "no mechanism PLAIN"),
        (Credential("a", "SCRAM-SHA-512", 4095), "iterations are from 4096 to 16384"),
        (Credential("a", "SCRAM-SHA-512", 16385), "iterations are from 4096 to 16384"),
    ],
)
def test_what_no_broker_takes(credential: Credential, why: str) -> None:
    """Before a password is asked for."""
    check_credential(ALICE)
    with pytest.raises(CommandFailed, match=why):
        check_credential(credential)
