"""What every simulated client shares: a connection that is made anew when it ends, and questions asked until they are answered."""

from collections.abc import Callable, Collection
from typing import Any

import anyio

from broker.wire.error_codes import ErrorCode
from tests.simulation.chance import Violation
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.network import Gone, Question, Wire

RETRIABLE = frozenset(
    {
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.NOT_ENOUGH_REPLICAS,
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        ErrorCode.NOT_COORDINATOR,
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode.REQUEST_TIMED_OUT,
        ErrorCode.CONCURRENT_TRANSACTIONS,
    }
)


FENCING = frozenset(
    {
        ErrorCode.PRODUCER_FENCED,
        ErrorCode.INVALID_PRODUCER_EPOCH,
        ErrorCode.INVALID_PRODUCER_ID_MAPPING,
        ErrorCode.INVALID_TXN_STATE,
    }
)
"""What a producer is told that has been replaced, or whose transaction timed out."""


class Fenced(Exception):
    """The client is told that it is not who it was; its instance ends."""


class Client:
    """One client, by its name."""

    lingers = True
    """Whether what it sent through a connection that it left may still arrive."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger) -> None:
        self.name = name
        self.machine = machine
        self.chance = machine.chance
        self.ledger = ledger
        self.wire: Wire | None = None

    async def connected(self) -> Wire:
        """The connection, a new one when there is none; waits until somebody answers."""
        while self.wire is None or self.wire.is_cut or self.wire.is_left:
            try:
                self.wire = await self.machine.connect(self.name, self.lingers)
            except Gone:
                await anyio.sleep(self.chance.seconds(1))
        return self.wire

    async def ask(self, key: int, version: int, request: Any) -> Any:
        """One question on the present connection. Raises Gone."""
        return await (await self.connected()).ask(key, version, request)

    async def post(self, key: int, version: int, request: Any) -> Question:
        return (await self.connected()).post(key, version, request)

    async def insist(
        self, key: int, version: int, request: Any, error_of: Callable[[Any], int], final: Collection[int] = (0,)
    ) -> Any:
        """Ask until the error is one of ``final``. Raises Fenced for errors that end a producer's instance."""
        while True:
            try:
                answer = await self.ask(key, version, request)
            except Gone:
                await self.pause()
                continue
            error = error_of(answer)
            if error in final:
                return answer
            if error in FENCING:
                raise Fenced(f"{type(request).__name__}: {name_of(error)}")
            if error not in RETRIABLE:
                raise self.defect(f"{type(request).__name__}: {name_of(error)}")
            await self.pause()

    async def pause(self) -> None:
        await anyio.sleep(0.05 + self.chance.seconds(0.5))

    def note(self, what: str) -> None:
        self.chance.note(self.name, what)

    def defect(self, what: str) -> Violation:
        return Violation(f"{self.name}: {what}")

    def leave(self) -> None:
        if self.wire is not None:
            self.wire.leave()


def name_of(error: int) -> str:
    """An error code in words."""
    return ErrorCode(error).name
