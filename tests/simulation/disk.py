"""What outlives a crash, and the doors through which a broker's process reaches it.

The disk holds exactly the catalog and the objects. Everything behind a door happens at once or not at all; the door decides by the seed
when, whether the process is told, and whether it lives to hear of it.
"""

import sys
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any, Final

import anyio

from broker.errors import StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import GroupCommitter, UnstoredGroup
from broker.storage.objects.base import Extent
from broker.storage.objects.memory import MemoryObjectStore
from tests.simulation.chance import Chance

OBJECT_BYTES: Final = 3000
"""Small, so that objects are filled, emptied and given back."""

_SLOW_S: Final = 0.5
_DEFINITE: Final = frozenset({"withdraw"})
"""Calls that have no way to be refused: failing is the end of the broker."""


class Disk:
    """The durable state."""

    def __init__(self) -> None:
        self.catalog = MemoryCatalog()
        self.store = MemoryObjectStore(OBJECT_BYTES)
        self.written: UnstoredGroup | None = None
        self.extent: Extent | None = None
        """The last group, from the moment it is durable until its fate is known."""

    async def recover(self) -> bool:
        """Commit what was durable when the process died, as the start of an embedded broker does; True when there was something."""
        if self.written is None or self.extent is None:
            return False
        await self.catalog.commit_spans(self.written.stored_at(self.extent))
        self.forget()
        return True

    def forget(self) -> None:
        self.written = self.extent = None


class RememberingCommitter:
    """Tells the disk what is on its way to the catalog."""

    def __init__(self, disk: Disk, inside: GroupCommitter) -> None:
        self._disk = disk
        self._inside = inside

    async def commit(self, group: UnstoredGroup) -> list[list[Appended]]:
        self._disk.written = group
        try:
            return await self._inside.commit(group)
        finally:
            if not isinstance(sys.exception(), Killed):
                self._disk.forget()


class Killed(BaseException):
    """The process is gone: nothing of it goes on. Not an Exception, so nobody answers it."""


class Life:
    """Of one process of the broker. ``on_death`` is called once."""

    def __init__(self, on_death: Callable[[], None]) -> None:
        self.is_over = False
        self._over = anyio.Event()
        self._on_death = on_death

    def end(self) -> None:
        """kill -9."""
        if not self.is_over:
            self.is_over = True
            self._over.set()
            self._on_death()

    async def spend(self, seconds: float) -> None:
        """Let time go by, unless the process dies meanwhile. Shields do not protect from that."""
        if not self.is_over:
            if seconds:
                with anyio.move_on_after(seconds):
                    await self._over.wait()
            else:
                await anyio.lowlevel.checkpoint()
        if self.is_over:
            raise Killed


class Door:
    """Stands for ``inside`` to one process: the same methods, with what can go wrong on the way."""

    def __init__(self, inside: Any, life: Life, chance: Chance) -> None:
        self._inside = inside
        self._life = life
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        inside = getattr(self._inside, name)
        if not iscoroutinefunction(inside):
            return inside

        def call(*arguments: Any) -> Awaitable[Any]:
            return self._call(name, lambda: inside(*arguments))

        return call

    async def _call(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        chance, weather = self._chance, self._chance.weather
        await self._life.spend(chance.seconds(_SLOW_S) if chance.fault(weather.dawdle) else 0)
        if name not in _DEFINITE and chance.fault(weather.refuse):
            chance.note("disk", f"{name} refused")
            raise StorageUnavailable("the seed says no")
        answer = await work()
        if chance.fault(weather.lose_reply):
            chance.note("disk", f"{name} done, its reply lost")
            self._life.end()
        await self._life.spend(chance.seconds(_SLOW_S) if chance.fault(weather.dawdle) else 0)
        return answer


class StoreDoor(Door):
    """The store: what it has taken is durable, whoever lives to hear of it."""

    def __init__(self, disk: Disk, life: Life, chance: Chance) -> None:
        super().__init__(disk.store, life, chance)
        self._disk = disk

    async def append(self, parts: Any, toc: Any) -> Extent:
        async def durable() -> Extent:
            self._disk.extent = await self._disk.store.append([bytes(part) for part in parts], toc)
            return self._disk.extent

        return await self._call("append", durable)  # type: ignore[no-any-return]

    async def withdraw(self, extent: Extent) -> None:
        async def gone() -> None:
            await self._disk.store.withdraw(extent)
            self._disk.forget()

        await self._call("withdraw", gone)


class CatalogDoor(Door):
    """The catalog. What it can often say from memory it must at times be asked for."""

    def find_spans_now(self, queries: Any) -> Any:
        return None if self._chance.fault(0.2) else self._inside.find_spans_now(queries)

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> Any:
        return None if self._chance.fault(0.2) else self._inside.peek_aborted(pid, first_offset, upper_offset)
