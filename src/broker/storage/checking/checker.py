"""The checker: goes over a catalog and its objects and says what does not agree. It changes nothing.

K1  The catalog is read in one snapshot. Objects are looked at later, so one that is gone by then counts only when the catalog names it still.
K2  Memory is bounded: rows come in streams, and of objects a few are looked at at a time, each with its spans.
K3  What is found is told as it is found, whatever else there is.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.checking.batch_rules import BatchCheck
from broker.storage.checking.dump import CatalogDump, LogRow, ObjectRow
from broker.storage.checking.log_rules import Finding, LogCheck, log_name
from broker.storage.checking.object_contents import CheckedObjects, ObjectDamaged, ObjectMissing
from broker.storage.checking.object_rules import ObjectCheck, is_inline, object_name, row_findings
from broker.storage.one_failure import one_failure

_OBJECTS_AT_ONCE: Final = 16
_SPANS_AT_ONCE: Final = 50_000
_LISTED_AT_ONCE: Final = 1000
_PRODUCERS_MOST: Final = 100_000

Tell = Callable[[Finding], None]


@dataclass(slots=True)
class Totals:
    """What was gone over. ``orphans`` are objects in the store that the catalog does not know: what was not committed (yet), or left to be swept."""

    logs: int = 0
    spans: int = 0
    objects: int = 0
    going: int = 0
    inline: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    without_footer: int = 0
    batches: int = 0
    findings: int = 0
    unreadable: int = 0


@dataclass(slots=True)
class _Named:
    """An object that spans name, with all of them."""

    row: ObjectRow
    spans: Sequence[tuple[int, Span]] = field(default_factory=list)


class Checker:
    """Owns one pass. ``deep``: every byte is read and every batch looked at."""

    def __init__(self, dump: CatalogDump, objects: CheckedObjects, tell: Tell, *, deep: bool = False) -> None:
        self._dump = dump
        self._objects = objects
        self._tell = tell
        self._deep = deep
        self.totals = Totals()

    async def run(self) -> Totals:
        """Check everything. Raises StorageUnavailable when catalog or store cannot be reached at all."""
        async for log in self._dump.logs():
            await self._check_log(log)
        for what, count in (await self._dump.strays()).items():
            if count:
                self._found(Finding("the catalog", "I3", f"{count} {what} belong to no log"))
        await self._check_objects()
        await self._count_orphans()
        return self.totals

    # Logs

    async def _check_log(self, log: LogRow) -> None:
        self.totals.logs += 1
        check = LogCheck(log)
        states: dict[int, ProducerState] = {}
        async for state in self._dump.producers(log.pid):
            check.producer(state)
            if self._deep and len(states) < _PRODUCERS_MOST:
                states[state.producer_id] = state
        batches = BatchCheck(log, states)
        async for span in self._dump.spans(log.pid):
            check.span(span)
            if self._deep and span.object_id >= 0 and span.length:
                await self._check_batches(log, span, batches)
        async for row in self._dump.aborted(log.pid):
            check.aborted(row)
        self.totals.spans += check.spans
        self.totals.batches += batches.batches
        for finding in (*check.finish(), *batches.finish()):
            self._found(finding)

    async def _check_batches(self, log: LogRow, span: Span, batches: BatchCheck) -> None:
        try:
            data = await self._bytes_of(span)
        except StorageUnavailable as error:
            if await self._dump.still_names(span.object_id):
                self._found(Finding(log_name(log), "I2", f"offsets {span.base} to {span.last} cannot be read: {error}"))
            return
        for finding in batches.span(span, data):
            self._found(finding)

    async def _bytes_of(self, span: Span) -> memoryview:
        if not is_inline(span.object_id):
            return await self._objects.read(span.object_id, span.position, span.length)
        kept = await self._dump.inline_bytes(span.object_id)
        if kept is None:
            raise StorageUnavailable("the catalog does not have its bytes")
        return kept[span.position : span.position + span.length]

    # Objects

    async def _check_objects(self) -> None:
        waiting: list[_Named] = []
        spans = 0
        async for named in self._named_objects():
            waiting.append(named)
            spans += len(named.spans)
            if len(waiting) >= _OBJECTS_AT_ONCE or spans >= _SPANS_AT_ONCE:
                await self._look_at(waiting)
                waiting, spans = [], 0
        await self._look_at(waiting)

    async def _named_objects(self) -> AsyncIterator[_Named]:
        """Rows and spans, both in order of object ids, brought together."""
        spans = self._dump.spans_by_object()
        pending = await anext(spans, None)
        async for row in self._dump.objects():
            while pending is not None and pending[1].object_id < row.object_id:
                pending = await self._unknown_object(pending, spans)
            own: list[tuple[int, Span]] = []
            while pending is not None and pending[1].object_id == row.object_id:
                own.append(pending)
                pending = await anext(spans, None)
            self.totals.objects += 1
            self.totals.going += row.is_going
            self.totals.inline += row.inline_bytes is not None
            for finding in row_findings(
                row, len(own), max((span.position + span.length for _, span in own), default=0)
            ):
                self._found(finding)
            if own and not is_inline(row.object_id):
                yield _Named(row, own)
        while pending is not None:
            pending = await self._unknown_object(pending, spans)

    async def _unknown_object(
        self, first: tuple[int, Span], spans: AsyncIterator[tuple[int, Span]]
    ) -> tuple[int, Span] | None:
        count = 0
        pending: tuple[int, Span] | None = first
        while pending is not None and pending[1].object_id == first[1].object_id:
            count += 1
            pending = await anext(spans, None)
        self._found(Finding(object_name(first[1].object_id), "I4", f"{count} spans name it, and it has no row"))
        return pending

    async def _look_at(self, named: Sequence[_Named]) -> None:
        with one_failure():
            async with anyio.create_task_group() as tasks:
                for each in named:
                    tasks.start_soon(self._check_object, each)

    async def _check_object(self, named: _Named) -> None:
        where = object_name(named.row.object_id)
        try:
            contents = await self._objects.contents(named.row.object_id)
            if self._deep:
                await self._objects.verify(named.row.object_id)
        except ObjectMissing:
            if await self._dump.still_names(named.row.object_id):
                self._found(Finding(where, "I2", f"it is missing, and {len(named.spans)} spans name it"))
            return
        except ObjectDamaged as error:
            self._found(Finding(where, "I2", f"it is damaged: {error}"))
            return
        except StorageUnavailable as error:
            self.totals.unreadable += 1
            self._found(Finding(where, "I2", f"it cannot be read: {error}"))
            return
        self.totals.without_footer += not contents.is_told
        check = ObjectCheck(contents)
        for finding in (*check.size_findings(named.row), *check.span_findings(named.spans)):
            self._found(finding)

    async def _count_orphans(self) -> None:
        page: dict[int, int] = {}
        async for object_id, size, _ in self._objects.stored_objects():
            page[object_id] = size
            if len(page) >= _LISTED_AT_ONCE:
                await self._count(page)
                page = {}
        await self._count(page)

    async def _count(self, page: dict[int, int]) -> None:
        known = await self._dump.known_objects(list(page))
        for object_id, size in page.items():
            if object_id not in known:
                self.totals.orphans += 1
                self.totals.orphan_bytes += size

    def _found(self, finding: Finding) -> None:
        self.totals.findings += 1
        self._tell(finding)
