"""Stored spans that can be read from another process: files, or a remote store, with batches of all sizes, and what a reader must be given of them."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from broker.log.cold_reader import ColdReader
from broker.log.far_reader import FarReader
from broker.log.far_server import FarLimits
from broker.log.fetch_plan import ColdShare, Wanted, answer_of
from broker.model import LogBounds
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import ObjectStore
from broker.storage.objects.files import FileObjectStore
from broker.wire.records.batch import stamp
from tests.broker.log.harness import batch

EPOCH = 3


@dataclass
class StoredLog:
    """One log's spans in a store."""

    store: ObjectStore
    spans: list[Span]
    end: int

    def share(self, offset: int, limit: int, *, at_least_one: bool = True, spans: Sequence[Span] | None = None) -> ColdShare:
        """What is to be read from ``offset`` on."""
        wanted = [span for span in spans or self.spans if span.last >= offset]
        bounds = LogBounds(0, self.end + 1000, self.end + 1000, EPOCH, 0)
        return ColdShare(Wanted(1, offset, limit), answer_of(bounds), bounds, wanted, limit, self.end, at_least_one)

    async def read_here(self, share: ColdShare) -> tuple[bytes, int]:
        """What a reader in this process is given."""
        mine = ColdShare(
            share.wanted, answer_of(share.bounds), share.bounds, share.spans, share.limit, share.upper, share.at_least_one
        )
        assert await ColdReader(self.store).read([mine]) == []
        return given(mine), mine.answer.next_offset


def given(share: ColdShare) -> bytes:
    """The bytes of an answer."""
    return b"".join(share.answer.records)


async def fill(store: ObjectStore, seed: int, groups: int = 6, largest: int = 200_000) -> StoredLog:
    """Write flushes of several batches of one log, and some of final offsets."""
    dice = random.Random(seed)
    log = StoredLog(store, [], 0)
    for _ in range(groups):
        is_final = dice.random() < 0.4
        base = log.end
        batches = []
        for _ in range(dice.randint(1, 6)):
            each = batch(dice.randint(1, 4), value=dice.randbytes(int(largest ** dice.random())))
            if is_final:
                stamp(each, 0, log.end, EPOCH)
            batches.append(each)
            log.end += int.from_bytes(each[23:27], "big") + 1
        data = b"".join(batches)
        extent = await store.append([bytes(dice.randint(0, 50)), data], [])
        position = extent.position + extent.length - len(data)
        flags = FLAG_FINAL_OFFSETS if is_final else 0
        log.spans.append(Span(base, log.end - 1, extent.object_id, position, len(data), 0, 0, len(batches), flags))
    return log


@asynccontextmanager
async def stored_log(tmp_path: Path, seed: int = 1) -> AsyncIterator[StoredLog]:
    """A log in files."""
    store = FileObjectStore(tmp_path / "segments")
    yield await fill(store, seed)
    await store.aclose()


@asynccontextmanager
async def far_reader(arguments: Sequence[str], megabytes: int = 8, **options: float) -> AsyncIterator[FarReader]:
    """One that runs."""
    far = FarReader(arguments, FarLimits(4, megabytes << 20, 4 << 20), **options)  # type: ignore[arg-type]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(far.run)
        yield far
        tasks.cancel_scope.cancel()


async def until_it_reads(far: FarReader, share: ColdShare) -> None:
    """The process is there."""
    with anyio.fail_after(30):
        while await far.read([share]) is None:  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.02)
