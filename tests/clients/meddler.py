"""Stands between clients and a broker, hands frames on, and meddles with what clients of metrics are told: which compression is liked best.

Also notes how what they push is compressed.
"""

import contextlib
import socket
import threading
from collections.abc import Callable

from tests.support.process import free_port

PUSH_TELEMETRY = 72
CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
_ACCEPTED = bytes([5, 4, 3, 1, 2])
"""As it stands in the answer: four of them, in the broker's order."""


class Meddler:
    """Listens on ``port``. ``preferred`` names the codec that the next answers put first; ``pushed`` are the codecs that were used."""

    def __init__(self) -> None:
        self.port = free_port()
        self.broker_port = 0
        self.preferred = "zstd"
        self.pushed: list[int] = []
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self._listening, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self.broker_port))
            except OSError:
                client.close()
                continue
            self._sockets += [client, broker]
            for source, target, change in ((client, broker, self._note), (broker, client, self._prefer)):
                threading.Thread(target=_hand_on, args=(source, target, change), daemon=True).start()

    def _note(self, frame: bytes) -> bytes:
        if int.from_bytes(frame[:2], "big") == PUSH_TELEMETRY:
            client_id = int.from_bytes(frame[8:10], "big")
            self.pushed.append(frame[10 + client_id + 1 + 16 + 4 + 1])
        return frame

    def _prefer(self, frame: bytes) -> bytes:
        wanted = CODECS[self.preferred]
        return frame.replace(_ACCEPTED, bytes([5, wanted, *(each for each in _ACCEPTED[1:] if each != wanted)]))


def _hand_on(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    reading = source.makefile("rb")
    with contextlib.suppress(OSError):
        while len(head := reading.read(4)) == 4:
            frame = change(reading.read(int.from_bytes(head, "big")))
            target.sendall(len(frame).to_bytes(4, "big") + frame)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
