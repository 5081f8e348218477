"""Takes new connections from the system, a few at a time, so that whoever is connected already is served meanwhile.

A flood of connections costs the event loop a fraction of a millisecond each, and the system hands over as many as wait. They get a share of the loop's time
and no more; the others wait where they are, in the system's queue, which costs the broker nothing.
"""

import errno
import socket
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final, Protocol

from observability import logs

AT_ONCE: Final = 4
"""Connections taken in one iteration of the loop."""

SHARE: Final = 0.15
"""Of the event loop's time, for all new connections of a listener together."""

AFTERWARDS: Final = 3.0
"""A connection that comes to nothing costs so many times what is measured here, until it is gone."""

BURST_S: Final = 0.02
"""So much of that time may be used in one go: some dozens of connections."""

WITHOUT_RESOURCES_S: Final = 1.0
"""How long nothing is accepted when the system has no descriptors or no memory left."""

_NO_TLS: Final[Mapping[str, Any]] = MappingProxyType({})
_OUT_OF_RESOURCES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = logs.get("listener")


class AcceptTime:
    """What new connections have cost, less what they may. Seconds; the clock never runs back."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._owed = 0.0
        self._at = clock()

    def spent(self, seconds: float) -> None:
        """One was taken in."""
        self._settle()
        self._owed += seconds * AFTERWARDS

    def rest_s(self) -> float:
        """How long no other may be taken in."""
        self._settle()
        return max(0.0, self._owed - BURST_S) / SHARE

    def _settle(self) -> None:
        now = self._clock()
        self._owed = max(0.0, self._owed - (now - self._at) * SHARE)
        self._at = now


class Gate(Protocol):
    """Decides who may not begin just now."""

    def keeps(self, accepted: socket.socket, host: str, port: int, begin: Callable[[socket.socket], None]) -> bool:
        """Whether it has the connection from here on; it may call ``begin`` with it later."""
        ...


class Acceptor:
    """Owns listening sockets. ``make_link`` makes the protocol of a new connection; it may say what that cost (:attr:`time`).

    ``tls`` is what the loop is to be told for doing TLS itself, where it does. Connections are beginning until their handshake is done then; of these there are
    ``beginning_max`` at most, and the one that is at it for longest goes when another comes. The ``gate`` sees who comes before anything is made for it.
    """

    def __init__(
        self,
        loop: Any,
        sockets: Sequence[socket.socket],
        make_link: Callable[[AcceptTime], Any],
        *,
        tls: Mapping[str, Any] = _NO_TLS,
        beginning_max: int | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._loop = loop
        self._sockets = list(sockets)
        self._make_link = make_link
        self._tls = dict(tls)
        self._beginning_max = beginning_max
        self._gate = gate
        self._beginning: dict[Any, None] = {}
        self.time = AcceptTime()
        name = self._sockets[0].getsockname()
        self.host: str = name[0]
        self.port: int = name[1]
        for each in self._sockets:
            each.setblocking(False)
            self._watch(each)

    def stop_accepting(self) -> None:
        """Close the listening sockets; connections that came in stay."""
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            self._loop.remove_reader(each)
            each.close()

    def _watch(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _rest(self, listening: socket.socket, seconds: float) -> None:
        self._loop.remove_reader(listening)
        self._loop.call_later(seconds, self._watch, listening)

    def _accept(self, listening: socket.socket) -> None:
        began = perf_counter()
        for _ in range(AT_ONCE):
            try:
                accepted, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                break
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    break  # of that connection's network; accept(2) hands such errors over
                _log.error("no connection can be accepted for now", reason=error.strerror)
                self._rest(listening, WITHOUT_RESOURCES_S)
                return
            accepted.setblocking(False)
            if self._gate is None or not self._gate.keeps(accepted, str(address[0]), int(address[1]), self._start):
                self._start(accepted)
        self._bound()
        self.time.spent(perf_counter() - began)
        if rest_s := self.time.rest_s():
            self._rest(listening, rest_s)

    def _start(self, accepted: socket.socket) -> None:
        task = self._loop.create_task(self._begin(accepted))
        self._beginning[task] = None
        task.add_done_callback(self._begun)

    def _bound(self) -> None:
        if self._beginning_max is not None:
            for task in list(self._beginning)[: max(0, len(self._beginning) - self._beginning_max)]:
                task.cancel()

    def _begun(self, task: Any) -> None:
        self._beginning.pop(task, None)

    async def _begin(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: self._make_link(self.time), accepted, **self._tls)
        except OSError:
            accepted.close()  # it left before it was in
