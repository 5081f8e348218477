"""The rewriter: has rounds of compaction, and merges, carried out where they disturb nobody.

What takes more than a moment runs in a process of its own, at low priority, which is started when there is work and ended when there is none. A
small log, and one in a store that other processes cannot reach, is done on a worker thread.
"""

import contextlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import anyio
import orjson
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.to_thread import run_sync

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log.compaction_round import CompactionRound, Indexed, Rewritten, RoundSettings, Uncleanable
from broker.log.jobs.merge_round import Merged, RunToWrite, merge
from broker.log.rewriting_process import (
    begin_request,
    encode,
    indexed_of,
    merge_request,
    merged_of,
    rewritten_of,
    span_rows,
)
from broker.storage.catalog.base import Span
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import ObjectStore, RawObjects

SMALL_BYTES: Final = 64 << 10
"""A log up to this size is done on a thread: a process would cost more than the work."""

MERGED_HERE_BYTES: Final = 8 << 20
"""Likewise, where objects are merged every few seconds, whose bytes were in the catalog for a part."""

_LINE_BYTES_MAX: Final = 16 << 20
_ENDING_S: Final = 2.0


class Rewriting(Protocol):
    """A round that is under way; see :class:`broker.log.compaction_round.CompactionRound`."""

    async def index(self, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Indexed: ...

    async def rewrite(
        self, object_id: int, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]
    ) -> Rewritten: ...


class Rewriter:
    """Owns the process, while there is one. One round at a time."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._raw: RawObjects | None = None
        self._process: Process | None = None
        self._answers: BufferedByteReceiveStream | None = None

    async def begin(self, settings: RoundSettings, size: int) -> Rewriting:
        """A new round over a log of ``size`` bytes; the one before is over. Raises StorageUnavailable when no process can be had."""
        raw = await self._prepare(size, self._store.raw_elsewhere())
        if raw is not None:
            return _OnThread(CompactionRound(raw, settings))
        await self.ask(encode(begin_request(settings)))
        return _InProcess(self)

    async def new_object_id(self) -> int:
        """An id for what is to be written. Where ids are leased, more are had first when there are few. Raises StorageUnavailable, Fenced."""
        lease = getattr(self._store, "lease_ids", None)
        if lease is not None:
            await lease()
        return self._store.new_object_id()

    async def merge(self, object_id: int, runs: Sequence[RunToWrite], inline: Mapping[int, bytes]) -> Merged:
        """As :func:`broker.log.jobs.merge_round.merge`; what is cancelled may leave a part of the object behind. Raises StorageUnavailable,
        of which ObjectUnreadable says what could not be read."""
        size = sum(span.length for run in runs for span in run.spans)
        is_small = size <= MERGED_HERE_BYTES and self._store.raw_elsewhere() is None
        raw = await self._prepare(size, None if is_small else self._store.stored_elsewhere())
        if raw is not None:
            return await run_sync(merge, raw, object_id, runs, inline)
        line = await run_sync(lambda: encode(merge_request(object_id, runs, inline)))  # megabytes
        return merged_of(await self.ask(line))

    async def _prepare(self, size: int, arguments: Sequence[str] | None) -> RawObjects | None:
        """Access for work of ``size`` bytes on a thread; None: the process is there for it."""
        if arguments is None or size <= SMALL_BYTES:
            if self._raw is None:
                self._raw = await run_sync(self._store.raw)  # a client of a remote store reads certificates
            return self._raw
        if self._process is None:
            await self._start(arguments)
        return None

    async def ask(self, line: bytes) -> Mapping[str, Any]:
        """One request, as a line, to the process. Raises StorageUnavailable, also when the process is gone, ObjectUnreadable, and Uncleanable."""
        process, answers = self._process, self._answers
        if process is None or process.stdin is None or answers is None:
            raise StorageUnavailable("the process that compacts is gone")
        try:
            await process.stdin.send(line)
            answer: dict[str, Any] = orjson.loads(await answers.receive_until(b"\n", _LINE_BYTES_MAX))
        except BaseException as error:
            # Whatever it answers now would be taken for the answer to the next request.
            await self.rest()
            if isinstance(
                error, (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead)
            ):
                raise StorageUnavailable("the process that compacts has ended") from error
            raise
        if "uncleanable" in answer:
            raise Uncleanable(answer["uncleanable"])
        if "object" in answer:
            raise ObjectUnreadable(answer["unavailable"], answer["object"], is_lost=answer["is_lost"])
        if "unavailable" in answer:
            raise StorageUnavailable(answer["unavailable"])
        return answer

    async def rest(self) -> None:
        """There is no more work for now: end the process, close files."""
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()
        process, self._process, self._answers = self._process, None, None
        if process is None:
            return
        with anyio.CancelScope(shield=True):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            with anyio.move_on_after(_ENDING_S):
                await process.aclose()

    async def _start(self, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-P", "-m", "broker.log.rewriting_process", *arguments]
        try:
            process = await anyio.open_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None)
        except OSError as error:
            raise StorageUnavailable(f"the process that compacts cannot be started: {error.strerror}") from error
        assert process.stdout is not None
        self._process, self._answers = process, BufferedByteReceiveStream(process.stdout)


class _OnThread:
    def __init__(self, work: CompactionRound) -> None:
        self._work = work

    async def index(self, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Indexed:
        return await run_sync(self._work.index, spans, aborted)

    async def rewrite(self, object_id: int, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Rewritten:
        return await run_sync(self._work.rewrite, object_id, spans, aborted)


class _InProcess:
    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter

    async def index(self, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Indexed:
        return indexed_of(await self._rewriter.ask(encode({"index": True, **_part(spans, aborted)})))

    async def rewrite(self, object_id: int, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Rewritten:
        return rewritten_of(await self._rewriter.ask(encode({"rewrite": object_id, **_part(spans, aborted)})))


def _part(spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> dict[str, Any]:
    return {
        "spans": span_rows(spans),
        "aborted": [[each.producer_id, each.first_offset, each.last_offset] for each in aborted],
    }
