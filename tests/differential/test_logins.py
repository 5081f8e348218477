"""The same logins, right and wrong, to Penstock and to Apache Kafka: what is answered, and when the connection is closed."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from broker.wire.headers import response_header_is_flexible, start_request
from broker.wire.messages.api_versions import ApiVersionsRequest
from broker.wire.messages.metadata import MetadataRequest
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest
from broker.wire.registry import codec
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.process import free_port
from tests.toolchain import required

pytestmark = [pytest.mark.differential, pytest.mark.timeout(180)]

CLOSED = "closed"
PATIENCE_S = 10.0
JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="wonder" user_bob="builder";'


class Talk:
    """One connection, and what came of each thing that was sent."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        self.heard: list[Any] = []

    def ask(self, key: int, version: int, message: Any, *fields: str) -> None:
        writer = start_request(key, version, 7, "test")
        codec(key).encode_request(version, message, writer)
        frame = self._exchange(b"".join(bytes(chunk) for chunk in writer.frame()))
        if frame is None:
            self.heard.append(CLOSED)
            return
        answer = codec(key).decode_response(version, frame, 5 if response_header_is_flexible(key, version) else 4)
        self.heard.append({name: getattr(answer, name) for name in fields})

    def versions(self, version: int = 3) -> None:
        self.ask(18, version, ApiVersionsRequest(client_software_name="a", client_software_version="1"), "error_code")

    def handshake(self, mechanism: str = "PLAIN", version: int = 1) -> None:
        self.ask(17, version, SaslHandshakeRequest(mechanism=mechanism), "error_code", "mechanisms")

    def token(self, data: bytes, version: int = 2) -> None:
        fields = ["error_code", "auth_bytes"] + ["session_lifetime_ms"] * (version > 0)
        self.ask(36, version, SaslAuthenticateRequest(auth_bytes=data), *fields)

    def metadata(self) -> None:
        self.ask(3, 9, MetadataRequest(topics=[]))

    def raw(self, data: bytes) -> None:
        self.heard.append(self._exchange(len(data).to_bytes(4, "big") + data) or CLOSED)

    def end(self) -> None:
        """Whether the broker closes the connection by itself now."""
        self.socket.settimeout(1)
        try:
            self.heard.append(CLOSED if not self.socket.recv(1) else "more")
        except TimeoutError:
            self.heard.append("open")
        except ConnectionError:
            self.heard.append(CLOSED)
        self.socket.close()

    def _exchange(self, data: bytes) -> bytes | None:
        try:
            self.socket.sendall(data)
            size = self._read(4)
            return None if size is None else self._read(int.from_bytes(size, "big"))
        except ConnectionError:
            return None

    def _read(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                return None
            data += piece
        return data


GOOD, BAD = b"\0alice\0wonder", b"\0alice\0wrong"


def logged_in(talk: Talk) -> None:
    talk.handshake()
    talk.token(GOOD)


TALKS: dict[str, Callable[[Talk], Any]] = {
    "right": lambda it: (it.versions(), it.handshake(), it.token(GOOD), it.metadata(), it.versions()),
    "right, token v0": lambda it: (it.handshake(), it.token(GOOD, 0), it.metadata()),
    "wrong password": lambda it: (it.handshake(), it.token(BAD)),
    "unknown user": lambda it: (it.handshake(), it.token(b"\0eve\0wonder")),
    "another to act as": lambda it: (it.handshake(), it.token(b"bob\0alice\0wonder")),
    "itself to act as": lambda it: (it.handshake(), it.token(b"alice\0alice\0wonder"), it.metadata()),
    "no password": lambda it: (it.handshake(), it.token(b"\0alice\0")),
    "two parts": lambda it: (it.handshake(), it.token(b"alice\0wonder")),
    "four parts": lambda it: (it.handshake(), it.token(b"\0alice\0wonder\0")),
    "nothing": lambda it: (it.handshake(), it.token(b"")),
    "unknown mechanism": lambda it: it.handshake("GSSAPI"),
    "metadata first": lambda it: it.metadata(),
    "token first": lambda it: it.token(GOOD),
    "versions twice": lambda it: (it.versions(), it.versions()),
    "unknown versions, then right": lambda it: (it.ask(18, 0, ApiVersionsRequest(), "error_code"), it.handshake(), it.token(GOOD)),
    "handshake twice": lambda it: (it.handshake(), it.handshake()),
    "versions between": lambda it: (it.handshake(), it.versions()),
    "raw": lambda it: (it.handshake(version=0), it.raw(GOOD), it.metadata()),
    "raw and wrong": lambda it: (it.handshake(version=0), it.raw(BAD)),
    "handshake after": lambda it: (logged_in(it), it.handshake(), it.metadata()),
    "token after": lambda it: (logged_in(it), it.token(GOOD), it.metadata()),
}
AGAIN: dict[str, Callable[[Talk], Any]] = {
    "again": lambda it: (logged_in(it), logged_in(it), it.metadata()),
    "again too soon": lambda it: (logged_in(it), logged_in(it), it.handshake(), it.metadata()),
    "again as another": lambda it: (logged_in(it), it.handshake(), it.token(b"\0bob\0builder")),
    "again and wrong": lambda it: (logged_in(it), it.handshake(), it.token(BAD)),
}


# Apache Kafka closes the connection without a word.
BY_ANOTHER: Callable[[Talk], Any] = lambda it: (logged_in(it), it.handshake("SCRAM-SHA-256"), it.token(b"n,,n=alice,r=x"))  # noqa: E731


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """The listeners of both: one whose sessions do not end, one whose do."""
    folder = tmp_path_factory.mktemp("logins")
    (folder / "users").write_text("alice:wonder\nbob:builder\n")
    common = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LASTING:SASL_PLAINTEXT,ENDING:SASL_PLAINTEXT",
        "listener.name.ending.connections.max.reauth.ms": 60_000,
    }
    properties = folder / "penstock.properties"
    ours = {**common, "sasl_plain_users_file": folder / "users"}
    properties.write_text("".join(f"{name}={value}\n" for name, value in ours.items()))
    penstock = Penstock(
        folder / "data", "--listener", "LASTING://127.0.0.1:0", "--listener", "ENDING://127.0.0.1:0", "--properties", str(properties)
    )
    plain, control, lasting, ending = (free_port() for _ in range(4))
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    theirs: dict[str, str | int] = {
        **common,
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{control}",
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},LASTING://127.0.0.1:{lasting},ENDING://127.0.0.1:{ending},CONTROLLER://127.0.0.1:{control}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},LASTING://127.0.0.1:{lasting},ENDING://127.0.0.1:{ending}",
        **{f"listener.name.{name}.plain.sasl.jaas.config": JAAS for name in ("lasting", "ending")},
        **{f"listener.name.{name}.scram-sha-256.sasl.jaas.config": scram for name in ("lasting", "ending")},
    }
    kafka = required(lambda: ApacheKafka(folder / "kafka", theirs, low_heap=True))
    with penstock, kafka:
        found = penstock.bootstrap.split(",")
        yield {
            "lasting": (found[1], f"127.0.0.1:{lasting}"),
            "ending": (found[2], f"127.0.0.1:{ending}"),
        }


def both(addresses: tuple[str, str], talk: Callable[[Talk], Any]) -> list[list[Any]]:
    heard = []
    for address in addresses:
        it = Talk(address)
        talk(it)
        it.end()
        heard.append(it.heard)
    return heard


@pytest.mark.parametrize("name", TALKS)
def test_a_login(addresses: dict[str, tuple[str, str]], name: str) -> None:
    """Codes, tokens, lifetimes, and whether the connection stays."""
    ours, theirs = both(addresses["lasting"], TALKS[name])

    assert ours == theirs


@pytest.mark.parametrize("name", AGAIN)
def test_a_login_again(addresses: dict[str, tuple[str, str]], name: str) -> None:
    """KIP-368, with all that can be wrong with it."""
    ours, theirs = both(addresses["ending"], AGAIN[name])

    assert ours == theirs


def test_another_mechanism_is_told(addresses: dict[str, tuple[str, str]]) -> None:
    """The one difference: who logs in again by another mechanism is refused by both, and told so by us."""
    ours, theirs = both(addresses["ending"], BY_ANOTHER)

    assert ours[:3] == theirs[:3]
    assert ours[3]["error_code"] == 58
    assert theirs[3] == CLOSED
    assert ours[-1] == theirs[-1] == CLOSED
