"""The process that reads far from the ends of logs for a broker: fetches, checks, cuts and stamps, when the machine has nothing else to do.

``python -m broker.log.far_server LIMITS ARGUMENTS`` with a socket as its standard input; ``ARGUMENTS`` say where the objects are (:meth:`ObjectStore.raw_elsewhere`). It does what
:class:`broker.log.cold_reader.ColdReader` would do in the broker, with caches of its own, and hands the bytes over as memory, so that the broker copies none of
them. It knows no catalog, writes nothing, and ends when its socket does, which is also when the broker is killed.
"""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio
import orjson
from anyio.abc import UNIXSocketStream
from anyio.to_thread import run_sync

from broker.log.block_cache import BlockCache
from broker.log.block_reader import BlockReader, BlockSource
from broker.log.cold_reader import ColdReader
from broker.log.far_memory import REGIONS_MAX
from broker.log.far_messages import Did, FarAnswer, FarMark, FarPart, Unframer, answer_message, framed, shares_of
from broker.log.fetch_plan import ColdShare
from broker.log.read_limiter import ReadLimiter
from broker.storage.objects.base import RawObjects
from broker.storage.objects.opening import open_to_read
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.raw_remote import REMOTE

NICENESS: Final = 19
_RECEIVE_BYTES: Final = 64 << 10
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_VECTORS: Final = 256
_AT_ONCE_BYTES: Final = 128 << 10


@dataclass(frozen=True, slots=True)
class FarLimits:
    """``reads`` at once of ``bytes`` together, and ``cache_bytes`` of blocks that are kept."""

    reads: int = 8
    bytes: int = 64 << 20
    cache_bytes: int = 32 << 20


class FilesToRead:
    """Reads :class:`broker.storage.objects.base.RawObjects` on threads."""

    def __init__(self, raw: RawObjects) -> None:
        self._raw = raw

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        """As :meth:`broker.storage.objects.base.ObjectStore.read`."""
        return await run_sync(
            lambda: [self._raw.read(object_id, position, length) for position, length in ranges]
        )


class CountedSource:
    """Remembers what was asked of a store, until :meth:`took` is told."""

    def __init__(self, source: BlockSource) -> None:
        self._source = source
        self._gets: list[tuple[float, int]] = []

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """As :meth:`broker.log.block_reader.BlockSource.read_up_to`."""
        began = time.monotonic()
        data = await self._source.read_up_to(object_id, position, length)
        self._gets.append((round(time.monotonic() - began, 6), len(data)))
        return data

    def took(self) -> list[tuple[float, int]]:
        """Seconds and bytes of requests since the last time."""
        gets, self._gets = self._gets, []
        return gets


class FarServer:
    """Owns the reading. :meth:`serve` ends with its stream."""

    def __init__(self, arguments: Sequence[str], limits: FarLimits) -> None:
        """``arguments`` as :meth:`broker.storage.objects.base.ObjectStore.raw_elsewhere` gives them. Raises BadLocation."""
        self._source: CountedSource | None = None
        self._blocks: BlockReader | None = None
        far = ReadLimiter(limits.reads, limits.bytes)
        if arguments[0] == REMOTE:
            store = open_to_read(arguments[1])
            self._source = CountedSource(store)
            cache = BlockCache(limits.cache_bytes, cold_share=2)
            self._blocks = BlockReader(self._source, cache, limiter=far)
            self._cold = ColdReader(store, blocks=self._blocks, far=far)
        else:
            self._cold = ColdReader(FilesToRead(RawFiles.elsewhere(arguments)), far=far)
        self._sending = anyio.Lock()
        self._regions: list[int] = []
        self._region_bytes = 0

    async def serve(self, stream: UNIXSocketStream) -> None:
        """Answer until the stream ends."""
        unframer = Unframer()
        async with stream, anyio.create_task_group() as tasks:
            if self._blocks is not None:
                tasks.start_soon(self._blocks.run)
            await stream.send(framed({"ready": True}))
            try:
                while True:
                    data, descriptors = await stream.receive_fds(_RECEIVE_BYTES, REGIONS_MAX)
                    self._regions += descriptors
                    for request in unframer.feed(data):
                        if "regions" in request:
                            self._region_bytes = min(request["regions"], default=0)
                            continue
                        tasks.start_soon(self._answer, stream, request["id"], request["region"], shares_of(request))
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                tasks.cancel_scope.cancel()

    async def _answer(
        self, stream: UNIXSocketStream, number: int, region: int | None, shares: list[ColdShare]
    ) -> None:
        failed = {id(share): reason for share, reason in await self._cold.read(shares)}
        parts = [self._part(share, failed.get(id(share))) for share in shares]
        buffers = [
            memoryview(buffer)
            for share, part in zip(shares, parts, strict=True)
            if part.size
            for buffer in share.answer.records
        ]
        size = sum(part.size for part in parts)
        if region is not None and 0 < size <= self._region_bytes:
            write_all(self._regions[region], buffers)
        else:
            region = None
        did = Did() if self._source is None else Did(self._source.took())
        message = framed(answer_message(FarAnswer(number, parts, size, did, region)))
        memory = memory_of(buffers) if size and region is None else None
        try:
            async with self._sending:
                if memory is None:
                    await stream.send(message)
                else:
                    await stream.send_fds(message, [memory])
        except anyio.BrokenResourceError:
            pass  # the broker has gone, and so will this process
        finally:
            if memory is not None:
                os.close(memory)

    def _part(self, share: ColdShare, error: str | None) -> FarPart:
        answer = share.answer
        if error is not None and not answer.size:
            return FarPart(0, answer.next_offset, error=error)
        if not answer.size:
            return FarPart(0, answer.next_offset)
        mark = None
        for number, span in enumerate(share.spans):
            if span.last >= answer.next_offset:
                base, at = self._cold.mark_of(span, answer.next_offset)
                mark = FarMark(number, base, at)
                break
        return FarPart(answer.size, answer.next_offset, mark)


def memory_of(buffers: Sequence[memoryview]) -> int:
    """A descriptor of memory that holds ``buffers`` and that nobody can change any more."""
    memory = os.memfd_create("penstock-far", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        write_all(memory, buffers)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(memory)
        raise
    return memory


def write_all(memory: int, buffers: Sequence[memoryview]) -> None:
    """Write ``buffers`` back to back, from the begin, a little at a time: while the kernel copies, nobody else has the core, whatever the priorities."""
    pieces = [
        buffer[start : start + _AT_ONCE_BYTES] for buffer in buffers for start in range(0, len(buffer), _AT_ONCE_BYTES)
    ]
    pieces.reverse()
    at = 0
    while pieces:
        vector = [pieces.pop()]
        size = len(vector[0])
        while pieces and len(vector) < _VECTORS and size + len(pieces[-1]) <= _AT_ONCE_BYTES:
            size += len(pieces[-1])
            vector.append(pieces.pop())
        while vector:
            written = os.pwritev(memory, vector, at)
            at += written
            while vector and written >= len(vector[0]):
                written -= len(vector.pop(0))
            if vector:
                vector[0] = vector[0][written:]


def take_what_is_idle() -> None:
    """Have this process, and all threads it will have, run when nothing else wants to. In a process group of its own, because Ctrl-C in a terminal is meant
    for the broker; in the broker's session, because sessions may be given equal shares whatever their priorities are."""
    os.setpgid(0, 0)
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(NICENESS)


async def _serve(arguments: Sequence[str], limits: FarLimits) -> None:
    await FarServer(arguments, limits).serve(await UNIXSocketStream.from_socket(socket.socket(fileno=0)))


def main(arguments: Sequence[str]) -> None:
    """Serve the broker that started this process."""
    take_what_is_idle()
    anyio.run(_serve, arguments[1:], FarLimits(*orjson.loads(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
