"""A client that sends what it likes, over TLS or not, and says what it got."""

import contextlib
import json
import socket
import ssl
import struct
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Final, Self

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest, SaslAuthenticateResponse
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest, SaslHandshakeResponse
from broker.wire.registry import FLEXIBLE_FROM, codec
from broker.wire.writer import Writer

TIMEOUT_S: Final = 20.0
SASL_HANDSHAKE: Final = 17
SASL_AUTHENTICATE: Final = 36
CLOSED: Final = "closed"
SOURCE: Final = ("127.0.0.2", 0)
"""Hostile clients come from another address than honest ones."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the broker is, what it may be reached with, and a user it knows who means no good."""

    tls: str
    plain: str
    authorities: str
    public_key: str
    """A file with the key that tokens are checked with, which everybody may know."""
    user: str = "mallory"
    password: str = "pa55word"

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> "Target":
        return cls(**json.loads(text))


def connected(address: str) -> socket.socket:
    """A connection and nothing more."""
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), TIMEOUT_S, source_address=SOURCE)


def framed(data: bytes) -> bytes:
    """With its length in front."""
    return len(data).to_bytes(4, "big") + data


def header(key: int, version: int, correlation: int = 1, tags: bytes = b"\0") -> bytes:
    """A request's header without a client id."""
    return struct.pack(">hhih", key, version, correlation, -1) + (tags if version >= FLEXIBLE_FROM.get(key, 1 << 15) else b"")


def request(key: int, version: int, message: Any) -> bytes:
    """A whole frame."""
    writer = Writer(header(key, version))
    codec(key).encode_request(version, message, writer)
    return framed(b"".join(bytes(chunk) for chunk in writer.chunks()))


def uvarint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def tagged_fields(count: int, size: int = 0) -> bytes:
    """A section of that many fields nobody knows, each of a size."""
    value = uvarint(size) + bytes(size)
    return uvarint(count) + b"".join(uvarint(100 + number) + value for number in range(count))


class RawClient:
    """One connection."""

    def __init__(self, target: Target, *, tls: bool = True, certificate: str | None = None) -> None:
        self.target = target
        self.stream: socket.socket = connected(target.tls if tls else target.plain)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context(cafile=target.authorities)
            if certificate is not None:
                context.load_cert_chain(certificate)
            try:
                self.stream = context.wrap_socket(self.stream, server_hostname="localhost")
            except BaseException:
                self.stream.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stream.close()

    def send(self, data: bytes) -> None:
        self.stream.sendall(data)

    def try_to_send(self, data: bytes) -> bool:
        """Whether it could all be sent: the broker may have closed meanwhile."""
        with contextlib.suppress(OSError):
            self.stream.sendall(data)
            return True
        return False

    def frame(self) -> bytes | None:
        """The next answer; None when the connection is closed instead."""
        try:
            size = self._read(4)
            return None if size is None else self._read(int.from_bytes(size, "big"))
        except TimeoutError:
            raise
        except OSError:
            return None

    def _read(self, size: int) -> bytes | None:
        data = bytearray()
        while len(data) < size:
            piece = self.stream.recv(min(size - len(data), 1 << 16))
            if not piece:
                return None
            data += piece
        return bytes(data)

    def answer(self, key: int, version: int) -> Any:
        """The next answer, decoded, or None."""
        data = self.frame()
        flexible = version >= FLEXIBLE_FROM[key] and key != 18
        return None if data is None else codec(key).decode_response(version, data, 5 if flexible else 4)

    def ask(self, key: int, version: int, message: Any) -> Any:
        """Send a request; its answer, None when the connection is closed."""
        return self.answer(key, version) if self.try_to_send(request(key, version, message)) else None

    def heard(self) -> str:
        """What comes next, in words."""
        data = self.frame()
        return CLOSED if data is None else f"an answer of {len(data)} bytes"

    # --- logging in ---------------------------------------------------------------------------------------------------

    def choose(self, mechanism: str) -> SaslHandshakeResponse | None:
        found: SaslHandshakeResponse | None = self.ask(SASL_HANDSHAKE, 1, SaslHandshakeRequest(mechanism=mechanism))
        return found

    def token(self, data: bytes) -> SaslAuthenticateResponse | None:
        found: SaslAuthenticateResponse | None = self.ask(SASL_AUTHENTICATE, 2, SaslAuthenticateRequest(auth_bytes=data))
        return found

    def log_in(self) -> Self:
        """As the user of the target."""
        self.choose("PLAIN")
        answer = self.token(f"\0{self.target.user}\0{self.target.password}".encode())
        if answer is None or answer.error_code:
            raise ConnectionError("the broker did not let in who may come in")
        return self


def told(answer: SaslAuthenticateResponse | None) -> str:
    """What a login came to, in words."""
    if answer is None:
        return CLOSED
    if answer.error_code:
        return f"{ErrorCode(answer.error_code).name}: {answer.error_message}"
    return f"went on: {answer.auth_bytes.decode(errors='replace')[:40]}"
