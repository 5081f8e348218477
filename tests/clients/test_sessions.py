"""Sessions of real clients end with what they rest on, and the first administrator is there at the first start."""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from broker.wire.headers import response_header_is_flexible, start_request
from broker.wire.messages.api_versions import ApiVersionsRequest
from broker.wire.messages.create_delegation_token import CreateDelegationTokenRequest
from broker.wire.messages.expire_delegation_token import ExpireDelegationTokenRequest
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest
from broker.wire.registry import codec
from tests.clients.brokers import target_is_cluster, target_is_kafka
from tests.security.sasl.scram_client import ScramClient
from tests.support.penstock import Penstock

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(target_is_kafka() or target_is_cluster(), reason="these start a broker of their own, alone"),
]


class Scene:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.users = folder / "users"
        self.users.write_text("carol:singer\n")
        certificates = folder / "certs"
        subprocess.run([sys.executable, "-m", "broker", "certs", "dev", str(certificates)], check=True, stdout=subprocess.DEVNULL)
        self.authority = certificates / "ca.pem"
        self.broker = Penstock(
            folder / "data",
            *("--listener", "SASL_PLAINTEXT://127.0.0.1:0", "--listener", "SASL_SSL://127.0.0.1:0"),
            env={
                "PENSTOCK_SASL_ENABLED_MECHANISMS": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
                "PENSTOCK_SASL_PLAIN_USERS_FILE": str(self.users),
                "PENSTOCK_INITIAL_ADMIN": "root",
                "PENSTOCK_DELEGATION_TOKENS": "true",
                "PENSTOCK_SSL_KEYSTORE_LOCATION": str(certificates / "broker.pem"),
            },
        )

    def settings(self, user: str, password: str, mechanism: str = "SCRAM-SHA-256") -> dict[str, Any]:
        return {
            "bootstrap.servers": self.broker.bootstrap.split(",")[1],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": mechanism,
            "sasl.username": user,
            "sasl.password": password,
            "log_level": 0,
        }

    @property
    def password(self) -> str:
        return (self.broker.data_dir / "initial-admin-password").read_text().strip()

    def admin(self) -> AdminClient:
        return AdminClient(self.settings("root", self.password))

    def revoked(self) -> float:
        with urllib.request.urlopen(f"http://{self.broker.http}/metrics") as answer:
            found = re.search(r'^penstock_connections_closed_total\{reason="revoked"\} (\S+)$', answer.read().decode(), re.M)
        return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("sessions"))
    try:
        made.broker.start()
        yield made
    finally:
        made.broker.kill()


class Session:
    """One connection that has logged in, and does nothing by itself: libraries come and go between their connections."""

    def __init__(self, scene: Scene, user: str, password: str, mechanism: str = "SCRAM-SHA-256", extension: str = "") -> None:
        host, _, port = scene.broker.bootstrap.split(",")[1].rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=15)
        assert self.ask(17, 1, SaslHandshakeRequest(mechanism=mechanism)).error_code == 0
        if mechanism == "PLAIN":
            answer = self.token(f"\0{user}\0{password}".encode())
        else:
            client = ScramClient(mechanism, user, password)
            client.bare += extension
            answer = self.token(client.final(self.token(client.first()).auth_bytes))
            assert client.verified(answer.auth_bytes)
        assert answer.error_code == 0

    def token(self, data: bytes) -> Any:
        return self.ask(36, 1, SaslAuthenticateRequest(auth_bytes=data))

    def ask(self, key: int, version: int, message: Any) -> Any:
        writer = start_request(key, version, 1, "test")
        codec(key).encode_request(version, message, writer)
        self.socket.sendall(b"".join(bytes(chunk) for chunk in writer.frame()))
        size = int.from_bytes(self._read(4), "big")
        return codec(key).decode_response(version, self._read(size), 5 if response_header_is_flexible(key, version) else 4)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            assert piece, "the broker closed the connection"
            data += piece
        return data

    def ends(self) -> bool:
        """The broker closes it, without being asked anything."""
        return self.socket.recv(1) == b""

    def goes_on(self) -> bool:
        return bool(self.ask(18, 2, ApiVersionsRequest()).error_code == 0)


def logs_in(settings: dict[str, Any]) -> bool:
    """A client of a library."""
    failures: list[str] = []
    producer = Producer({**settings, "error_cb": lambda error: failures.append(error.name())})
    try:
        producer.list_topics(timeout=2)
        return True
    except KafkaException:
        producer.poll(0)
        assert "_AUTHENTICATION" in failures
        return False


def test_the_first_administrator_is_there(scene: Scene) -> None:
    """With a password that was made for it, which the log does not show; it makes other users."""
    change = UserScramCredentialUpsertion("alice", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"wonder")
    admin = scene.admin()
    for future in admin.alter_user_scram_credentials([change]).values():
        future.result(10)
    assert logs_in(scene.settings("alice", "wonder"))

    assert os.stat(scene.broker.data_dir / "initial-admin-password").st_mode & 0o077 == 0
    assert scene.password not in scene.broker.log_tail(10_000)
    assert not logs_in(scene.settings("root", "guess"))


@pytest.mark.parametrize("how", ["removed", "changed"])
def test_a_user_whose_password_is_gone_is_out(scene: Scene, how: str) -> None:
    """At once, on connections that it has; others do not notice."""
    admin = scene.admin()
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
    for user in (f"bob-{how}", f"eve-{how}"):
        for future in admin.alter_user_scram_credentials([UserScramCredentialUpsertion(user, info, b"first")]).values():
            future.result(10)
    bob, eve = (Session(scene, f"{user}-{how}", "first") for user in ("bob", "eve"))
    before = scene.revoked()
    if how == "removed":
        change: Any = UserScramCredentialDeletion(f"bob-{how}", ScramMechanism.SCRAM_SHA_256)
    else:
        change = UserScramCredentialUpsertion(f"bob-{how}", info, b"second")
    for future in admin.alter_user_scram_credentials([change]).values():
        future.result(10)

    assert bob.ends()
    assert scene.revoked() == before + 1
    assert eve.goes_on()
    assert not logs_in(scene.settings(f"bob-{how}", "first"))
    assert logs_in(scene.settings(f"bob-{how}", "second")) == (how == "changed")


def test_a_user_who_is_taken_out_of_the_file_is_out(scene: Scene) -> None:
    """Within seconds of the change, without a restart; who was added is in."""
    carol = Session(scene, "carol", "singer", "PLAIN")
    new = scene.folder / "new"
    new.write_text("dave:diver\n")
    new.rename(scene.users)

    assert carol.ends()
    assert logs_in(scene.settings("dave", "diver", "PLAIN"))
    assert not logs_in(scene.settings("carol", "singer", "PLAIN"))


def test_a_delegation_token_logs_in_and_ends(scene: Scene) -> None:
    """KIP-48: its bearer acts as its owner, makes no other token, and is out when it ends."""
    owner = Session(scene, "root", scene.password)
    made = owner.ask(38, 3, CreateDelegationTokenRequest(renewers=[], max_lifetime_ms=-1, owner_principal_type=None, owner_principal_name=None))
    assert made.error_code == 0
    secret = b64encode(made.hmac).decode()
    bearer = Session(scene, made.token_id, secret, extension=",tokenauth=true")
    assert bearer.goes_on()
    again = CreateDelegationTokenRequest(renewers=[], max_lifetime_ms=-1, owner_principal_type=None, owner_principal_name=None)
    assert bearer.ask(38, 3, again).error_code == 64
    with pytest.raises(AssertionError):
        Session(scene, made.token_id, secret)
    assert owner.ask(40, 2, ExpireDelegationTokenRequest(hmac=made.hmac, expiry_time_period_ms=-1)).error_code == 0

    assert bearer.ends()
    assert owner.goes_on()
    with pytest.raises(AssertionError):
        Session(scene, made.token_id, secret, extension=",tokenauth=true")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_logins_go_over_tls(scene: Scene, mechanism: str) -> None:
    """SASL_SSL, with the certificates of ``penstock certs dev``."""
    safe = {"security.protocol": "SASL_SSL", "ssl.ca.location": str(scene.authority), "bootstrap.servers": scene.broker.bootstrap.split(",")[2]}

    assert logs_in({**scene.settings("root", scene.password, mechanism), **safe})
    assert not logs_in({**scene.settings("root", "guess", mechanism), **safe})


def test_the_administrator_is_not_made_again(scene: Scene) -> None:
    """Another start finds what there is; the password that was made still holds."""
    password = scene.password
    scene.broker.stop()
    (scene.broker.data_dir / "initial-admin-password").unlink()
    scene.broker.start()

    assert not (scene.broker.data_dir / "initial-admin-password").exists()
    assert logs_in(scene.settings("root", password))
