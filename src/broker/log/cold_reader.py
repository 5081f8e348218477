"""Reads from the store what memory does not hold of a fetch: finds the batches, checks them, gives them their offsets.

What the catalog says lies in a span is read in ranges, those near each other in one go. Markers are in no object: their batches
are made here and take their place among what was read.

Reading near the end of a log and far from it have a limiter each: who keeps up never waits for who does not. Far reads rest when the broker is short of CPU. From a store that is far away
blocks are read (:mod:`broker.log.block_reader`), and whoever goes through a log finds what comes next there.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

import anyio
from anyio.to_thread import run_sync

from broker.answer_room import AnswerRoom
from broker.errors import StorageUnavailable
from broker.log.batch_marks import WORTH_BYTES, BatchMarks, Mark
from broker.log.block_reader import Ahead, BlockReader
from broker.log.far_messages import FarRead
from broker.log.fetch_plan import ColdShare, ReadRange, merge, ranges_of
from broker.log.marker_batches import batch_of_span, is_marker
from broker.log.read_limiter import ReadLimiter
from broker.log.read_pacer import ReadPacer
from broker.log.stored_batches import Piece, StoredDataError, cut, skip
from broker.model import UNKNOWN_OFFSET
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import Buffer, is_inline
from broker.wire.records.batch import NO_LEADER_EPOCH
from observability.metrics import READING

COLD_READERS: Final = 4
"""Fetches that read from the store at the same time, near the ends of logs and as many far from them. They share its threads with nobody who
writes."""

COLD_BYTES_AT_ONCE: Final = 64 * 1024 * 1024

NEAR_BYTES: Final = 4 * 1024 * 1024
"""Who has no more than this to read of a log keeps up with it."""

_LOCATE_BYTES: Final = 1024 * 1024
_CHECK_IN_THREAD_BYTES: Final = 2 * 1024 * 1024
_AHEAD_BYTES: Final = 4 * 1024 * 1024
_PASSERS_MAX: Final = 4096


class RangeSource(Protocol):
    """What is needed of a store."""

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        """As :meth:`broker.storage.objects.base.ObjectStore.read`."""
        ...


class Elsewhere(Protocol):
    """Reads far from the ends of logs where that disturbs nobody (:class:`broker.log.far_reader.FarReader`)."""

    async def read(self, shares: Sequence[ColdShare]) -> Sequence[FarRead] | None: ...


class ColdReader:
    """Owns the limiters of cold reads and what is known of batches within stored spans."""

    def __init__(
        self,
        store: RangeSource,
        readers: int = COLD_READERS,
        *,
        blocks: BlockReader | None = None,
        far: ReadLimiter | None = None,
        bytes_at_once: int = COLD_BYTES_AT_ONCE,
        elsewhere: Elsewhere | None = None,
        pacer: ReadPacer | None = None,
        room: AnswerRoom | None = None,
    ) -> None:
        """With ``blocks`` everything is read through them. ``far`` bounds what is read far from the ends of logs. What ``elsewhere`` can read of that,
        is not read here."""
        self._store = store
        self._blocks = blocks
        self._near = ReadLimiter(readers, bytes_at_once)
        self._far = far or ReadLimiter(readers, bytes_at_once)
        self._elsewhere = elsewhere
        self.pacer = pacer or ReadPacer()
        self._room = room or AnswerRoom()
        self._marks = BatchMarks()
        # Where readers who go through a log will go on: (pid, offset), the one longest ago first.
        self._passers: OrderedDict[tuple[int, int], None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._near) + len(self._far)

    def size_from(self, spans: Sequence[Span], offset: int) -> int:
        """About how many bytes ``spans`` have from ``offset`` on."""
        if not spans:
            return 0
        return sum(span.length for span in spans) - self._marks.find(spans[0], offset).at

    async def read(self, shares: Sequence[ColdShare]) -> list[tuple[ColdShare, str]]:
        """Fill the answers from the store. Returns the shares that could not be read."""
        is_near = all(self._is_near(share) for share in shares)
        async with (self._near if is_near else self._far).turn(sum(max(share.limit, 0) for share in shares)):
            shares = self._cut(shares)
            left = shares
            with self._room.reading(sum(share.limit for share in shares)):
                if is_near:
                    self.pacer.others_worked = True
                    failed = await self._read_in_turn(shares, is_near)
                else:
                    async with self.pacer.reading():
                        left = await self._read_elsewhere(shares)
                        failed = await self._read_in_turn(left, is_near) if left else []
                        self.pacer.has_read(sum(share.answer.size for share in shares))
        READING.cold_read(is_near, sum(share.answer.size for share in shares))
        if self._blocks is not None:
            for share in left:
                self._follow(share, self._blocks)
        return failed

    def _cut(self, shares: Sequence[ColdShare]) -> Sequence[ColdShare]:
        """What there is room for: others may have taken it since it was planned. Returns the shares that are to be read, the first in any case."""
        left = self._room.most(sum(max(share.limit, 0) for share in shares))
        for share in shares:
            share.limit = max(0, min(share.limit, left))
            left -= share.limit
        return [share for share in shares if share.limit or share.at_least_one]

    def _is_near(self, share: ColdShare) -> bool:
        """Whether so little is left to the end of the log that others will soon want the same."""
        return share.has_the_end and self.size_from(share.spans, share.wanted.offset) <= NEAR_BYTES

    def mark_of(self, span: Span, offset: int) -> Mark:
        """The last batch of ``span``, at or before ``offset``, of which is known where it begins."""
        return self._marks.find(span, offset)

    async def _read_elsewhere(self, shares: Sequence[ColdShare]) -> Sequence[ColdShare]:
        """Fill answers with what is read elsewhere. Returns the shares that are to be read here: all, where there is nobody else, those that failed, so
        that what cannot be read is found to be so here, and those that nobody else can read."""
        if self._elsewhere is None:
            return shares
        could = [share for share in shares if not any(is_inline(span.object_id) for span in share.spans)]
        found = await self._elsewhere.read(could) if could else None
        if found is None:
            return shares
        done: set[int] = set()
        for share, read in zip(could, found, strict=True):
            part = read.part
            if part.error is not None:
                continue
            done.add(id(share))
            if part.mark is not None:
                self._marks.add(share.spans[part.mark.number], part.mark.base, part.mark.at)
            if part.size:
                share.answer.give([read.records], part.size, part.next_offset)
        return [share for share in shares if id(share) not in done]

    async def _read_in_turn(self, shares: Sequence[ColdShare], is_near: bool) -> list[tuple[ColdShare, str]]:
        failed: list[tuple[ColdShare, str]] = []
        ranges: list[list[ReadRange]] = []
        for share in shares:
            try:
                first = share.spans[0]
                base, at = await self._locate(first, share.wanted.offset, is_near)
                ranges.append(ranges_of(share.spans, base, at, share.limit, share.at_least_one))
            except (StorageUnavailable, StoredDataError) as error:
                failed.append((share, str(error)))
                ranges.append([])
        pieces = await self._read_ranges([each for of_share in ranges for each in of_share], is_near)
        for share, of_share in zip(shares, ranges, strict=True):
            if not of_share:
                continue
            try:
                await self._fill(share, of_share, pieces)
            except (StorageUnavailable, StoredDataError) as error:
                failed.append((share, str(error)))
        return failed

    async def read_span(self, span: Span) -> Piece:
        """A whole span as it is stored, unchecked. Raises StorageUnavailable."""
        if is_marker(span):
            return Piece(batch_of_span(span, NO_LEADER_EPOCH), span.base, span.last, True, True)
        async with self._far.turn(span.length):
            (data,) = await self._read(span.object_id, [(span.position, span.length)], False)
        return Piece(data, span.base, span.last, bool(span.flags & FLAG_FINAL_OFFSETS), True)

    async def _read(self, object_id: int, ranges: Sequence[tuple[int, int]], is_hot: bool) -> list[memoryview]:
        if self._blocks is None:
            return await self._store.read(object_id, ranges)
        return await self._blocks.read(object_id, ranges, is_hot=is_hot)

    def _follow(self, share: ColdShare, blocks: BlockReader) -> None:
        """When the reader goes through the log, have what comes next brought to memory."""
        answer, pid = share.answer, share.wanted.pid
        if not answer.size:
            return
        goes_on = (pid, share.wanted.offset) in self._passers
        self._passers.pop((pid, share.wanted.offset), None)
        self._passers[pid, answer.next_offset] = None
        if len(self._passers) > _PASSERS_MAX:
            self._passers.popitem(last=False)
        following = [span for span in share.spans if span.last >= answer.next_offset]
        if not goes_on or not following:
            return
        base, at = self._marks.find(following[0], answer.next_offset)
        for each in ranges_of(following, base, at, min(share.limit, _AHEAD_BYTES), False):
            if not is_marker(each.span):
                blocks.read_ahead(Ahead(each.span.object_id, each.position, each.length))

    async def _read_ranges(
        self, ranges: Sequence[ReadRange], is_hot: bool
    ) -> dict[tuple[int, int], memoryview | StorageUnavailable]:
        """The bytes of each range by (object id, position), ranges near each other read as one; or why they cannot be had."""
        by_object: dict[int, list[ReadRange]] = {}
        for each in ranges:
            if is_marker(each.span):
                continue
            by_object.setdefault(each.span.object_id, []).append(each)
        pieces: dict[tuple[int, int], memoryview | StorageUnavailable] = {}

        async def read_object(object_id: int, members: list[ReadRange]) -> None:
            merged = merge([(member.position, member.length) for member in members])
            try:
                views = await self._read(object_id, [(each.position, each.length) for each in merged], is_hot)
            except StorageUnavailable as error:
                for member in members:
                    pieces[object_id, member.position] = error
                return
            for each, view in zip(merged, views, strict=True):
                for index in each.members:
                    member = members[index]
                    at = member.position - each.position
                    pieces[object_id, member.position] = view[at : at + member.length]

        if len(by_object) == 1:
            ((object_id, members),) = by_object.items()
            await read_object(object_id, members)
        elif by_object:
            async with anyio.create_task_group() as tasks:
                for object_id, members in by_object.items():
                    tasks.start_soon(read_object, object_id, members)
        return pieces

    async def _fill(
        self,
        share: ColdShare,
        ranges: Sequence[ReadRange],
        pieces: dict[tuple[int, int], memoryview | StorageUnavailable],
    ) -> None:
        """Cut what was read for one partition into its answer. Raises StoredDataError or StorageUnavailable when nothing came."""
        held: list[tuple[ReadRange, memoryview]] = []
        for each in ranges:
            if is_marker(each.span):
                held.append((each, batch_of_span(each.span, share.bounds.leader_epoch)))
                continue
            data = pieces[each.span.object_id, each.position]
            if isinstance(data, StorageUnavailable):
                if not held:
                    raise data
                break
            held.append((each, data))
        size = sum(len(data) for _, data in held)
        if size > _CHECK_IN_THREAD_BYTES:
            needed = await run_sync(self._cut_all, share, held)
        else:
            needed = self._cut_all(share, held)
        if needed and share.at_least_one:
            # The batch that must come is larger than what was read of it; now its size is known.
            each, _ = held[0]
            length = min(needed, each.span.position + each.span.length - each.position)
            (data,) = await self._read(each.span.object_id, [(each.position, length)], False)
            self._cut_all(share, [(each._replace(length=length), data)])

    def _cut_all(self, share: ColdShare, held: Sequence[tuple[ReadRange, memoryview]]) -> int:
        """Cut, check and stamp; returns the size of the batch that did not fit when nothing did, else 0."""
        answer = share.answer
        records: list[Buffer] = []
        taken = 0
        needed = 0
        next_offset = UNKNOWN_OFFSET
        for each, data in held:
            span = each.span
            piece = Piece(data, each.base, span.last, bool(span.flags & FLAG_FINAL_OFFSETS), each.is_whole)
            try:
                result = cut(
                    piece,
                    share.wanted.offset,
                    share.upper,
                    share.limit - taken,
                    share.bounds.leader_epoch,
                    share.at_least_one and not taken,
                )
            except StoredDataError:
                if not taken:
                    raise
                break
            if result.next_offset <= span.last:
                self._marks.add(span, result.next_offset, each.position - span.position + result.next_at)
            if result.data:
                records.append(result.data)
                taken += len(result.data)
                next_offset = result.next_offset
            needed = result.needed
            if result.next_offset <= span.last:
                break
        if taken:
            answer.give(records, taken, next_offset)
            return 0
        return needed

    async def _locate(self, span: Span, offset: int, is_hot: bool) -> tuple[int, int]:
        """(first offset, bytes into the span) of the batch that holds ``offset``; of the span's first for a small span.

        Walks a large span from the nearest known batch in steps, and remembers what it comes across.
        """
        base, at = self._marks.find(span, offset)
        if span.length <= WORTH_BYTES:
            return span.base, 0
        final = bool(span.flags & FLAG_FINAL_OFFSETS)
        while base < offset:
            length = min(span.length - at, _LOCATE_BYTES)
            (data,) = await self._read(span.object_id, [(span.position + at, length)], is_hot)
            step = skip(Piece(data, base, span.last, final, at + length == span.length), offset)
            base, at = step.base, at + step.at
            self._marks.add(span, base, at)
            if step.is_found:
                break
        return base, at
