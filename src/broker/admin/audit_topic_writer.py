"""AuditTopicWriter: the sink that writes to the internal topic, which it creates when it is not there.

A line is a record's value, its key the number of the broker. All brokers of a cluster write to the one partition there is, so that it has one order.
Where lines are kept in files as well, what those have and the topic does not comes first: a broker can be killed between the two, and while it stops it gives
nothing to the topic any more.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread

from broker.admin.audit_recorder import BATCH_BYTES_MAX, BATCH_LINES_MAX
from broker.admin.topic_administrator import KnownTopic, NewTopic, TopicAdministrator
from broker.admin.topic_names import AUDIT_TOPIC
from broker.errors import BrokerError, StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from observability import logs

_log = logs.get("audit")
_T = TypeVar("_T")


class Appender(Protocol):
    """What is needed of the log's writer."""

    def enqueue(self, pid: int, buffer: bytearray, entry: BatchEntry, on_settled: Callable[[Appended], None]) -> None: ...


class Directory(Protocol):
    """What is needed of the topic directory."""

    def by_name(self, name: str) -> KnownTopic | None: ...


class Mark(Protocol):
    """How far the topic is behind the files."""

    def set(self, line: bytes) -> None: ...

    def behind(self, line: bytes) -> list[bytes]: ...


class AuditTopicWriter:
    """One write at a time. ``mark`` is None where the topic is all there is."""

    name = "topic"

    def __init__(
        self,
        topics: TopicAdministrator,
        directory: Directory,
        writer: Appender,
        *,
        broker: int,
        node_ids: Callable[[], Collection[int]],
        now_ms: Callable[[], int],
        retention_ms: int,
        mark: Mark | None = None,
    ) -> None:
        self._topics = topics
        self._directory = directory
        self._writer = writer
        self._key = str(broker).encode()
        self._node_ids = node_ids
        self._now_ms = now_ms
        self._retention_ms = retention_ms
        self._mark = mark
        self._caught_up = mark is None

    async def write(self, lines: Sequence[bytes]) -> None:
        """Raises BrokerError."""
        if not self._caught_up:
            await self._catch_up(lines[0])
        await self._append(lines)
        if self._mark is not None:
            await _tried(self._mark.set, lines[-1])

    async def _catch_up(self, line: bytes) -> None:
        assert self._mark is not None
        behind = await _tried(self._mark.behind, line) or []
        for batch in _batches(behind):
            await self._append(batch)
        self._caught_up = True

    async def _append(self, lines: Sequence[bytes]) -> None:
        state = self._directory.by_name(AUDIT_TOPIC) or await self._create()
        now_ms = self._now_ms()
        batch = encode_batch(Record(index, now_ms, self._key, line) for index, line in enumerate(lines))
        header = parse_header(batch)
        entry = BatchEntry(
            header.record_count,
            len(batch),
            header.max_timestamp,
            header.producer_id,
            header.producer_epoch,
            header.base_sequence,
            header.last_sequence,
            header.is_transactional,
        )
        outcome: list[Appended] = []
        settled = anyio.Event()

        def on_settled(appended: Appended) -> None:
            outcome.append(appended)
            settled.set()

        self._writer.enqueue(state.pids[0], batch, entry, on_settled)
        await settled.wait()
        if outcome[0].error_code:
            raise StorageUnavailable(f"{AUDIT_TOPIC}: {outcome[0].message or ErrorCode(outcome[0].error_code).name}")

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _create(self) -> KnownTopic:
        config: Mapping[str, str | None] = {"cleanup.policy": "delete", "retention.ms": str(self._retention_ms)}
        try:
            topic = NewTopic(name=AUDIT_TOPIC, partition_count=1, config=config)
            return await self._topics.create(self._topics.plan(topic, self._node_ids(), by_client=False))
        except BrokerError as error:
            if error.code != ErrorCode.TOPIC_ALREADY_EXISTS:
                raise
            if self._topics.refresh is not None:
                await self._topics.refresh()  # another broker was faster
            state = self._directory.by_name(AUDIT_TOPIC)
            if state is None:
                raise
            return state


async def _tried(step: Callable[[bytes], _T], line: bytes) -> _T | None:
    """In a thread. That a mark cannot be kept is no reason to keep no log: at worst lines come twice, or are missing from the topic and in the files."""
    try:
        return await anyio.to_thread.run_sync(step, line)
    except OSError as error:
        _log.warning("it is not known how far the topic of the audit log is behind its files", reason=str(error))
        return None


def _batches(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """In portions of the size that lines are written in."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == BATCH_LINES_MAX or size + len(line) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch
