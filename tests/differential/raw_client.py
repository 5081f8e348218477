"""A client of raw requests: any API at any version, answers decoded, connections kept until the broker closes them."""

import socket
from typing import Any

from broker.wire.registry import FLEXIBLE_FROM, codec
from broker.wire.writer import Writer

TIMEOUT_S = 30.0


class Closed:
    """The broker closed the connection instead of answering."""

    def __repr__(self) -> str:
        return "Closed()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Closed)

    __hash__ = None  # type: ignore[assignment]


class RawClient:
    """One connection; a new one is made when the broker closed the last."""

    def __init__(self, bootstrap: str, client_id: str | None = "differential") -> None:
        host, _, port = bootstrap.rpartition(":")
        self._address = (host, int(port))
        self._client_id = client_id
        self._socket: socket.socket | None = None
        self._correlation = 0
        self._unanswered: list[int] = []

    @property
    def waiting_socket(self) -> socket.socket:
        """To wait for; there is one once something was sent."""
        assert self._socket is not None
        return self._socket

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._unanswered.clear()

    def send(self, key: int, version: int, request: Any, *, codec_version: int | None = None) -> int:
        """Send without waiting; the correlation id. ``codec_version`` encodes the body as another version than the header says."""
        body = Writer()
        codec(key).encode_request(version if codec_version is None else codec_version, request, body)
        return self.send_body(key, version, b"".join(bytes(chunk) for chunk in body.chunks()))

    def send_body(self, key: int, version: int, body: bytes) -> int:
        """Send a request whose body is given as bytes, however wrong."""
        self._correlation += 1
        self._unanswered.append(self._correlation)
        header = key.to_bytes(2, "big", signed=True) + version.to_bytes(2, "big", signed=True)
        header += self._correlation.to_bytes(4, "big")
        if self._client_id is None:
            header += b"\xff\xff"
        else:
            header += len(self._client_id).to_bytes(2, "big") + self._client_id.encode()
        if key in FLEXIBLE_FROM and version >= FLEXIBLE_FROM[key]:
            header += b"\0"
        self.send_frame(header + body)
        return self._correlation

    def send_frame(self, frame: bytes) -> None:
        self.send_bytes(len(frame).to_bytes(4, "big") + frame)

    def send_bytes(self, data: bytes) -> None:
        """Send anything at all."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=TIMEOUT_S)
        self._socket.sendall(data)

    def receive(self, key: int, version: int, *, answer_version: int | None = None) -> Any:
        """The next answer, or Closed."""
        frame = self.receive_frame()
        if frame is None:
            return Closed()
        answered = int.from_bytes(frame[:4], "big")
        assert answered in self._unanswered, f"an answer to {answered}, waiting for {self._unanswered}"
        # Those before it were not to be answered (acks=0), or never will be: answers come in order.
        del self._unanswered[: self._unanswered.index(answered) + 1]
        position = 4
        if version >= FLEXIBLE_FROM.get(key, 1 << 15) and key != 18:
            position = 5
        return codec(key).decode_response(version if answer_version is None else answer_version, frame, position)

    def receive_frame(self) -> bytes | None:
        """The next frame, or None when the broker closed the connection."""
        head = self._read(4)
        return None if head is None else self._read(int.from_bytes(head, "big"))

    def _read(self, size: int) -> bytes | None:
        assert self._socket is not None
        parts = b""
        while len(parts) < size:
            try:
                piece = self._socket.recv(size - len(parts))
            except ConnectionError:
                piece = b""
            if not piece:
                self.close()
                return None
            parts += piece
        return parts

    def call(self, key: int, version: int, request: Any) -> Any:
        """Ask and wait: the decoded answer, or Closed."""
        self.send(key, version, request)
        return self.receive(key, version)
