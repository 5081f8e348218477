"""AuditTopicWriter: the sink that writes to the internal topic, which it creates when it is not there.

A line is a record's value, its key the number of the broker. All brokers of a cluster write to the one partition there is, so that it has one order.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import anyio

from broker.admin.topic_administrator import KnownTopic, NewTopic, TopicAdministrator
from broker.admin.topic_names import AUDIT_TOPIC
from broker.errors import BrokerError, StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch


class Appender(Protocol):
    """What is needed of the log's writer."""

    def enqueue(self, pid: int, buffer: bytearray, entry: BatchEntry, on_settled: Callable[[Appended], None]) -> None: ...


class Directory(Protocol):
    """What is needed of the topic directory."""

    def by_name(self, name: str) -> KnownTopic | None: ...


class AuditTopicWriter:
    """One write at a time."""

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
    ) -> None:
        self._topics = topics
        self._directory = directory
        self._writer = writer
        self._key = str(broker).encode()
        self._node_ids = node_ids
        self._now_ms = now_ms
        self._retention_ms = retention_ms

    async def write(self, lines: Sequence[bytes]) -> None:
        """Raises BrokerError."""
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
