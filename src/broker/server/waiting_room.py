"""Where new connections wait whose address has used its time for connecting: as the system handed them over, before anything is made for them.

Who knocks without end costs a few system calls each time, and the loop stays with those who are in. Those that wait are heard one after the other as
their address has time again, and each after a few seconds at the latest; who has left meanwhile is never heard of.
"""

import contextlib
import socket
from collections import deque
from collections.abc import Callable, Sized
from time import monotonic
from typing import Final, NamedTuple

import anyio
from anyio.abc import TaskGroup

from broker.server.connecting_time import LONGEST_WAIT_S, ConnectingTime, network_of
from observability.quota_metrics import CONNECTIONS_HELD

SHARE: Final = 4
"""One address has a quarter of the room."""

SWEEP_S: Final = 0.2
"""How often it is looked who of a full queue has left."""

_RESET: Final = b"\1\0\0\0\0\0\0\0"
"""Linger for no time: the other side is told, and nothing is kept."""

Begin = Callable[[socket.socket], None]


class _Waiting(NamedTuple):
    accepted: socket.socket
    begin: Begin
    since: float


class _Queue(deque[_Waiting]):
    """Those of one network, in the order they came. ``swept`` is when those who left were thrown out last."""

    swept = 0.0


class WaitingRoom:
    """Of one listener. ``cost_s`` is what an address is charged for each connection that begins; ``most`` says how many may wait, and ``refused`` is told
    host, port and why of one that may not."""

    def __init__(
        self,
        time: ConnectingTime,
        tasks: TaskGroup,
        *,
        cost_s: float,
        most: Callable[[], int],
        refused: Callable[[str, int, str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._time = time
        self._tasks = tasks
        self._cost_s = cost_s
        self._most = most
        self._refused = refused
        self._clock = clock
        self._queues: dict[str, _Queue] = {}
        self._attending: dict[str, anyio.CancelScope] = {}
        self._count = 0
        self._closed = False

    def __len__(self) -> int:
        return self._count

    def keeps(self, accepted: socket.socket, host: str, port: int, begin: Begin) -> bool:
        """Whether the room has it from here on: ``begin`` is called with it when its time comes, if its client is still there."""
        network = network_of(host)
        if network not in self._queues and not self._time.wait_s(host):
            self._time.spend(host, self._cost_s)
            return False
        queue = self._queues.get(network)
        if self._closed or self._is_full(queue):
            _reset(accepted)
            self._refused(host, port, "connecting takes more of the broker's time than one address has, and others from there are waiting")
            return True
        if queue is None:
            queue = self._queues[network] = _Queue()
            self._tasks.start_soon(self._attend, network, host)
        queue.append(_Waiting(accepted, begin, self._clock()))
        self._count += 1
        CONNECTIONS_HELD.labels("address").inc()
        return True

    def _is_full(self, queue: _Queue | None) -> bool:
        if queue is not None and not self._has_room(queue) and self._clock() - queue.swept >= SWEEP_S:
            self._sweep(queue)
        return not self._has_room(queue or ())

    def _has_room(self, queue: Sized) -> bool:
        most = self._most()
        return self._count < most and len(queue) * SHARE < most

    def _sweep(self, queue: _Queue) -> None:
        """Throw out those who have left."""
        queue.swept = self._clock()
        for _ in range(len(queue)):
            each = queue.popleft()
            if _has_left(each.accepted):
                each.accepted.close()
                self._count -= 1
            else:
                queue.append(each)

    def _take(self, queue: _Queue) -> _Waiting:
        self._count -= 1
        return queue.popleft()

    async def _attend(self, network: str, host: str) -> None:
        """Begin those of one network in the order they came."""
        with anyio.CancelScope() as scope:
            self._attending[network] = scope
            queue = self._queues[network]
            try:
                while queue and not self._closed:
                    wait_s = min(self._time.wait_s(host), queue[0].since + LONGEST_WAIT_S - self._clock())
                    if wait_s > 0:
                        await anyio.sleep(wait_s)
                    else:
                        self._begin(self._take(queue), host)
            finally:
                while queue:
                    _reset(self._take(queue).accepted)
                del self._queues[network], self._attending[network]

    def _begin(self, first: _Waiting, host: str) -> None:
        if _has_left(first.accepted):
            first.accepted.close()
        else:
            self._time.spend(host, self._cost_s)
            first.begin(first.accepted)

    def close(self) -> None:
        """Nobody is heard any more."""
        self._closed = True
        for scope in self._attending.values():
            scope.cancel()


def _has_left(accepted: socket.socket) -> bool:
    """Whether the other side has closed without a word."""
    try:
        return not accepted.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True


def _reset(accepted: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    accepted.close()
