"""Reads objects in aligned blocks that are kept in memory and fetched once, however many readers want them at the same time.

Between the readers of logs and a store that is far away: each request there costs money and tens of milliseconds, whether it asks for ten
bytes or a million. Small objects are one block. Blocks that lie side by side and are both missing are one request.

What is given out is a copy: it is stamped by whoever gets it, and keeps no block alive.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import anyio

from broker.errors import StorageUnavailable
from broker.log.block_cache import BlockCache, BlockKey
from broker.log.read_limiter import ReadLimiter
from observability.metrics import READING

BLOCK_BYTES: Final = 1024 * 1024
"""Aligned: the first block of an object begins where the object does."""

REQUEST_BLOCKS_MAX: Final = 8
_AHEAD_MAX: Final = 64


class BlockSource(Protocol):
    """What is needed of a store."""

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """``length`` bytes at ``position``, fewer when the object ends before. Raises StorageUnavailable when there is no such object."""
        ...


class _Flight:
    """A block on its way. With neither ``data`` nor ``error`` once it has landed, whoever asked for it has given up."""

    __slots__ = ("data", "error", "landed")

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.data: memoryview | None = None
        self.error: StorageUnavailable | None = None


class Ahead(NamedTuple):
    """Bytes that somebody will soon ask for."""

    object_id: int
    position: int
    length: int


class BlockReader:
    """Owns the blocks in memory and those on their way. :meth:`run` reads ahead, and ends by being cancelled."""

    def __init__(
        self, source: BlockSource, cache: BlockCache, *, block_bytes: int = BLOCK_BYTES, limiter: ReadLimiter | None = None
    ) -> None:
        """``limiter`` bounds what is read ahead together with whatever else takes its turns there."""
        self._source = source
        self._cache = cache
        self._block_bytes = block_bytes
        self._limiter = limiter
        self._flights: dict[BlockKey, _Flight] = {}
        self._ahead: deque[Ahead] = deque(maxlen=_AHEAD_MAX)
        self._wished = anyio.Event()

    async def read(
        self, object_id: int, ranges: Sequence[tuple[int, int]], *, is_hot: bool = False
    ) -> list[memoryview]:
        """As :meth:`broker.storage.objects.base.ObjectStore.read`. ``is_hot``: others will soon want the same."""
        ends = self._ends_by_block(ranges)
        blocks = await self._gather(object_id, ends, is_hot)
        return [self._assemble(object_id, blocks, position, length) for position, length in ranges]

    def read_ahead(self, ahead: Ahead) -> None:
        """Have bytes brought here that will soon be asked for. Nothing comes of it when there is too much of that already."""
        self._ahead.append(ahead)
        self._wished.set()

    async def run(self) -> None:
        """Read ahead, one request at a time, until cancelled."""
        while True:
            if not self._ahead:
                self._wished = anyio.Event()
                await self._wished.wait()
                continue
            await self._bring(self._ahead.popleft())

    def clear(self) -> None:
        """Keep nothing of what is in memory."""
        self._cache.clear()
        self._ahead.clear()

    async def _bring(self, ahead: Ahead) -> None:
        ends = {
            index: end
            for index, end in self._ends_by_block([(ahead.position, ahead.length)]).items()
            if BlockKey(ahead.object_id, index) not in self._cache
        }
        if not ends:
            return
        try:
            if self._limiter is None:
                await self._gather(ahead.object_id, ends, False, is_ahead=True)
            else:
                async with self._limiter.turn(len(ends) * self._block_bytes):
                    await self._gather(ahead.object_id, ends, False, is_ahead=True)
        except StorageUnavailable:
            pass  # who needs it will hear of it
        else:
            READING.read_ahead(len(ends))

    def _ends_by_block(self, ranges: Sequence[tuple[int, int]]) -> dict[int, int]:
        """The blocks that hold ``ranges``, and up to where each is needed."""
        size = self._block_bytes
        ends: dict[int, int] = {}
        for position, length in ranges:
            stop = position + length
            for index in range(position // size, max(stop - 1, position) // size + 1):
                ends[index] = max(ends.get(index, 0), min(stop - index * size, size))
        return ends

    async def _gather(
        self, object_id: int, ends: dict[int, int], is_hot: bool, is_ahead: bool = False
    ) -> dict[int, memoryview]:
        """Every block of ``ends``: from memory, by waiting for others who fetch it, or from the store."""
        blocks: dict[int, memoryview] = {}
        for index, end in ends.items():
            held = self._cache.take(BlockKey(object_id, index), end)
            if held is not None:
                blocks[index] = held
        READING.blocks(len(blocks), len(ends) - len(blocks))
        while missing := sorted(ends.keys() - blocks.keys()):
            free = [index for index in missing if BlockKey(object_id, index) not in self._flights]
            if free:
                await self._fetch_all(object_id, free, ends, blocks, is_hot, is_ahead)
                continue
            flight = self._flights[BlockKey(object_id, missing[0])]
            await flight.landed.wait()
            if flight.error is not None:
                raise StorageUnavailable(str(flight.error))
            if flight.data is not None:
                if len(flight.data) < ends[missing[0]]:
                    raise _shorter(object_id)
                blocks[missing[0]] = flight.data
        return blocks

    async def _fetch_all(
        self, object_id: int, free: list[int], ends: dict[int, int], blocks: dict[int, memoryview], is_hot: bool, is_ahead: bool
    ) -> None:
        """Fetch blocks that nobody else fetches; neighbours in one request. Raises StorageUnavailable."""
        runs: list[list[int]] = []
        for index in free:
            if runs and runs[-1][-1] + 1 == index and len(runs[-1]) < REQUEST_BLOCKS_MAX:
                runs[-1].append(index)
            else:
                runs.append([index])
        flights = {index: _Flight() for index in free}
        self._flights.update((BlockKey(object_id, index), flight) for index, flight in flights.items())
        errors: list[StorageUnavailable] = []

        async def fetch(run: list[int]) -> None:
            try:
                fetched = await self._fetch(object_id, run, ends)
            except StorageUnavailable as error:
                errors.append(error)
                for index in run:
                    flights[index].error = error
                return
            for index, block in fetched.items():
                blocks[index] = flights[index].data = block
                given_to = 0 if is_ahead else ends[index]
                self._cache.put(BlockKey(object_id, index), block, is_hot=is_hot, given_to=given_to)
                flights[index].landed.set()

        try:
            if len(runs) == 1:
                await fetch(runs[0])
            else:
                async with anyio.create_task_group() as tasks:
                    for run in runs:
                        tasks.start_soon(fetch, run)
        finally:
            for index, flight in flights.items():
                flight.landed.set()
                del self._flights[BlockKey(object_id, index)]
        if errors:
            raise errors[0]

    async def _fetch(self, object_id: int, run: list[int], ends: dict[int, int]) -> dict[int, memoryview]:
        """Consecutive blocks in one request. Raises StorageUnavailable."""
        size = self._block_bytes
        data = await self._source.read_up_to(object_id, run[0] * size, len(run) * size)
        fetched: dict[int, memoryview] = {}
        for number, index in enumerate(run):
            block = data[number * size : (number + 1) * size]
            if len(block) < ends[index]:
                raise _shorter(object_id)
            # By itself: one block must not keep its neighbours alive.
            fetched[index] = block if len(run) == 1 else memoryview(bytes(block))
        return fetched

    def _assemble(self, object_id: int, blocks: dict[int, memoryview], position: int, length: int) -> memoryview:
        size = self._block_bytes
        whole = bytearray(length)
        at = 0
        while at < length:
            index, start = divmod(position + at, size)
            part = blocks[index][start : start + length - at]
            if not part:
                raise _shorter(object_id)
            whole[at : at + len(part)] = part
            at += len(part)
        return memoryview(whole)


def _shorter(object_id: int) -> StorageUnavailable:
    return StorageUnavailable(f"object {object_id} is shorter than asked")
