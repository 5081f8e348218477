"""Reading: fetch sessions, what lies in open transactions left out, what aborted ones wrote passed over; as a consumer does it."""

from collections.abc import Iterable
from typing import Any, Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from tests.simulation.clients.base import RETRIABLE, Client, name_of
from tests.simulation.clients.records import entries
from tests.simulation.ledger import MARKER, Ledger, Partition
from tests.simulation.machine import Machine
from tests.simulation.network import Gone

FETCH: Final = 1
LIST_OFFSETS: Final = 2
EARLIEST: Final = -2
LATEST: Final = -1
READ_COMMITTED: Final = 1

Found = tuple[Partition, int, bytes]


class LogReader(Client):
    """Owns positions; :meth:`poll` moves them."""

    def __init__(
        self, name: str, machine: Machine, ledger: Ledger, partitions: Iterable[Partition], *, committed: bool, sessions: bool
    ) -> None:
        super().__init__(name, machine, ledger)
        self.positions = dict.fromkeys(partitions, 0)
        self._isolation = READ_COMMITTED if committed else 0
        self._sessions = sessions
        self._session = 0
        self._session_epoch = 0
        self._told: dict[Partition, int] = {}

    def _reset(self) -> None:
        self._session, self._session_epoch = 0, 0
        self._told = {}

    async def poll(self, max_wait_ms: int = 500) -> list[Found]:
        """What comes next, in the order of each partition."""
        in_session = self._sessions and self._session_epoch >= 0
        asked = {
            partition: offset for partition, offset in self.positions.items() if self._told.get(partition) != offset
        }
        request = FetchRequest(
            max_wait_ms=max_wait_ms,
            min_bytes=1,
            max_bytes=self.chance.pick((1, 300, 2000, 1 << 20)),
            isolation_level=self._isolation,
            session_id=self._session,
            session_epoch=self._session_epoch if in_session else -1,
            topics=[
                FetchTopic(
                    topic=topic,
                    partitions=[
                        FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=self.chance.pick((100, 1000, 1 << 20)))
                        for (name, index), offset in asked.items()
                        if name == topic
                    ],
                )
                for topic in dict.fromkeys(topic for topic, _ in asked)
            ],
        )
        before = {partition: self.ledger.bounds_before(partition) for partition in self.positions}
        try:
            answer = await self.ask(FETCH, 12, request)
        except Gone:
            self._reset()
            await self.pause()
            return []
        if answer.error_code in (ErrorCode.FETCH_SESSION_ID_NOT_FOUND, ErrorCode.INVALID_FETCH_SESSION_EPOCH):
            self._reset()
            return []
        if answer.error_code:
            if answer.error_code not in RETRIABLE:
                raise self.defect(f"fetch: {name_of(answer.error_code)}")
            await self.pause()
            return []
        if in_session:
            self._told.update(asked)
            self._session = answer.session_id
            self._session_epoch = self._session_epoch + 1 if answer.session_id else 0
        if not answer.session_id:
            self._told = {}
        found: list[Found] = []
        for topic in answer.responses:
            for part in topic.partitions:
                found += await self._take((topic.topic, part.partition_index), part, before)
        return found

    async def _take(self, partition: Partition, part: Any, before: dict[Partition, tuple[int, int, int]]) -> list[Found]:
        if part.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
            start = await self.offset(partition, EARLIEST)
            self.ledger.check(
                self.positions[partition] < start, f"{self.name}: {partition} {self.positions[partition]} is out of range, start {start}"
            )
            self.positions[partition] = start
            return []
        if part.error_code:
            if part.error_code not in RETRIABLE:
                raise self.defect(f"fetch of {partition}: {name_of(part.error_code)}")
            self._told.pop(partition, None)
            return []
        self.ledger.bounds(partition, before[partition], part.high_watermark, part.last_stable_offset, part.log_start_offset)
        return self._read(partition, part)

    def _read(self, partition: Partition, part: Any) -> list[Found]:
        ahead = sorted((one.first_offset, one.producer_id) for one in part.aborted_transactions or ())
        ignored: set[int] = set()
        given: set[int] = set()
        found: list[Found] = []
        position = self.positions[partition]
        upper = part.last_stable_offset if self._isolation else part.high_watermark
        for offset, entry, commits in entries(part.records or b""):
            while ahead and ahead[0][0] <= offset:
                ignored.add(ahead.pop(0)[1])
            self.ledger.check(offset < upper, f"{self.name}: {partition} {offset} was given, beyond {upper}")
            if commits is None:
                given.add(entry.producer_id)
            elif entry.producer_id in given or not self.machine.is_shared:
                # Where brokers share the catalog it is not asked about markers without data.
                self.ledger.check(
                    not self._isolation or commits is not (entry.producer_id in ignored),
                    f"{self.name}: {partition} {offset} is a marker at odds with the aborted transactions",
                )
            if commits is not None:
                ignored.discard(entry.producer_id)
            if offset < position:
                continue
            self.ledger.check(offset == position, f"{self.name}: {partition} goes on at {offset} behind {position - 1}")
            position = offset + 1
            self.ledger.saw(partition, offset, entry)
            if entry.value != MARKER and not (self._isolation and entry.transactional and entry.producer_id in ignored):
                found.append((partition, offset, entry.value))
        self.positions[partition] = position
        return found

    async def offset(self, partition: Partition, timestamp: int) -> int:
        """ListOffsets, asked until it is answered."""
        topic = ListOffsetsTopic(
            name=partition[0], partitions=[ListOffsetsPartition(partition_index=partition[1], timestamp=timestamp)]
        )
        request = ListOffsetsRequest(isolation_level=self._isolation, topics=[topic])
        high, stable, start = self.ledger.bounds_before(partition)
        answer = await self.insist(LIST_OFFSETS, 7, request, lambda answer: answer.topics[0].partitions[0].error_code)
        offset = int(answer.topics[0].partitions[0].offset)
        least = start if timestamp == EARLIEST else stable if self._isolation else high
        self.ledger.check(offset >= least, f"{self.name}: ListOffsets {timestamp} of {partition} says {offset}, {least} was known")
        return offset

    async def read_all(self) -> dict[Partition, list[tuple[int, bytes]]]:
        """From where it is to the end as it is now."""
        ends = {partition: await self.offset(partition, LATEST) for partition in self.positions}
        found: dict[Partition, list[tuple[int, bytes]]] = {partition: [] for partition in self.positions}
        while any(self.positions[partition] < end for partition, end in ends.items()):
            for partition, offset, value in await self.poll(0):
                found[partition].append((offset, value))
        return found


class Consumer(LogReader):
    """Reads on and on, and remembers what it was given."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, partitions: Iterable[Partition], *, committed: bool) -> None:
        super().__init__(name, machine, ledger, partitions, committed=committed, sessions=machine.chance.happens(0.7))
        self.is_committed = committed
        self.seen: dict[Partition, list[tuple[int, bytes]]] = {partition: [] for partition in self.positions}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for partition, offset, value in await self.poll(self.chance.pick((0, 100, 2000))):
                self.seen[partition].append((offset, value))
            await anyio.sleep(self.chance.seconds(1))
            if self.chance.happens(0.05):
                for partition in self.positions:
                    await self.offset(partition, self.chance.pick((EARLIEST, LATEST)))
