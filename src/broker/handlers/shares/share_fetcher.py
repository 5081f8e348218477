"""One ShareFetch: reads what a member may be given, has it acquired, and waits when there is nothing.

It waits for arrivals as any fetch does, and for whatever else makes records available: released ones, locks that ended, room for more.
Between looking at what is free and acquiring it nothing else happens when memory can answer. When the store must be asked, the
partition is nobody else's to read until that is done, so that members do not all read the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio

from broker.coordinators.share_partition_keeper import Held, SharePartitionKeeper
from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import Acquired
from broker.coordinators.shares.share_sessions import PartitionKey, ShareSession
from broker.errors import BrokerError
from broker.handlers.shares.fetched_batches import place, slices
from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.reader import Reader
from broker.log.waiting_room import Waiter
from broker.storage.objects.base import Buffer
from broker.wire.error_codes import ErrorCode

READ_BYTES_MIN: Final = 64 * 1024
READ_BYTES_UNKNOWN: Final = 1024 * 1024
_MORE_THAN_AVERAGE: Final = 2


@dataclass(slots=True)
class Given:
    """What one partition answers."""

    error_code: ErrorCode = ErrorCode.NONE
    records: list[Buffer] = field(default_factory=list)
    size: int = 0
    acquired: Sequence[Acquired] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks of its session's partitions."""

    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    max_records: int
    batch_size: int
    is_exact: bool


@dataclass(slots=True)
class _Place:
    """A partition of the session that can be read."""

    key: PartitionKey
    pid: int
    held: Held


class ShareFetcher:
    """Made for one request."""

    def __init__(self, reader: Reader, keeper: SharePartitionKeeper, session: ShareSession, asked: Asked) -> None:
        self._reader = reader
        self._keeper = keeper
        self._session = session
        self._asked = asked
        self._given: dict[PartitionKey, Given] = {}
        self._available = 0
        self._waiter: Waiter | None = None

    async def fetch(self, pids: Mapping[PartitionKey, int]) -> dict[PartitionKey, Given]:
        """What the partitions give, errors included; a partition that has nothing is left out."""
        asked, session = self._asked, self._session
        deadline = anyio.current_time() + asked.max_wait_ms / 1000
        places = await self._hold(pids)
        while places and not session.is_ended:
            if any(each.held.is_fenced for each in places):
                # Somebody has set the group's offset, or the topic is gone.
                places = await self._hold({each.key: each.pid for each in places})
                continue
            limits = self._keeper.limits(session.group_id)
            is_last = anyio.current_time() >= deadline or self._is_stopping
            readable = [each for each in places if each.held.partition.can_acquire(limits)]
            waiter = self._reader.enter([each.pid for each in readable], asked.min_bytes, limits.isolation)
            for each in places:
                each.held.watchers[waiter.wake] = None
            self._waiter = waiter
            try:
                moved = await self._take(readable, limits, is_last)
                if self._given or is_last:
                    break
                if not moved:
                    waiter.add(self._available)
                    with anyio.move_on_after(deadline - anyio.current_time()):
                        await waiter.wait()
            finally:
                self._reader.leave(waiter)
                for each in places:
                    each.held.watchers.pop(waiter.wake, None)
        return self._given

    async def _hold(self, pids: Mapping[PartitionKey, int]) -> list[_Place]:
        """The partitions that can be read; the others have their answer."""
        held = await self._keeper.hold(self._session.group_id, pids)
        places: list[_Place] = []
        for key, pid in pids.items():
            found = held[key]
            if isinstance(found, ErrorCode):
                self._given[key] = Given(found)
            else:
                places.append(_Place(key, pid, found))
        return places

    @property
    def _is_stopping(self) -> bool:
        return self._keeper.is_closed or self._reader.is_stopping

    async def _take(self, places: Sequence[_Place], limits: ShareLimits, is_last: bool) -> bool:
        """Acquire what there is. True when the partitions have moved on without giving anything: it is worth looking again."""
        asked, session = self._asked, self._session
        places = [each for each in places if not each.held.is_reading and not each.held.is_fenced]
        self._available = 0
        if not places:
            return False
        share = max(asked.max_bytes // len(places), 1)
        wanted: list[Wanted] = []
        for each in places:
            await self._follow_log_start(each)
            partition = each.held.partition
            wanted.append(Wanted(each.pid, partition.next_fetch_offset(), min(share, self._worth_reading(each.held))))
        try:
            answers = await self._read(places, wanted, limits)
        except BrokerError as refusal:
            # The rest of the answer, what was acknowledged above all, is not to be lost with it.
            self._given.update((each.key, Given(refusal.code)) for each in places)
            return False
        if session.is_ended:
            return False
        self._available = sum(answer.size for answer in answers)
        if self._available < asked.min_bytes and not is_last and not any(answer.error_code for answer in answers):
            return False
        left = asked.max_records
        moved = False
        for each, from_here, answer in zip(places, wanted, answers, strict=True):
            if answer.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
                continue  # the log's start has moved meanwhile, or the group was put behind the log's end
            if answer.error_code:
                self._given[each.key] = Given(ErrorCode(answer.error_code))
            elif answer.size and left > 0:
                left -= self._acquire(each, from_here.offset, answer, limits, left)
                moved |= each.held.partition.next_fetch_offset() != from_here.offset
        return moved

    def _acquire(self, at: _Place, offset: int, answer: PartitionAnswer, limits: ShareLimits, records_max: int) -> int:
        """How many records were acquired of what was read."""
        asked, session = self._asked, self._session
        partition = at.held.partition
        fetched = place(answer.records, answer.aborted, max(offset, partition.end), records_max)
        acquired = self._keeper.acquire(
            at.held,
            session.member_id,
            offset,
            fetched.batches,
            limits,
            records_max=records_max,
            batch_size=asked.batch_size,
            is_exact=asked.is_exact,
        )
        at.held.bytes_per_record = fetched.size / fetched.offsets
        if not acquired:
            return 0
        records, size = slices(answer.records, fetched, acquired[0].first, acquired[-1].last)
        self._given[at.key] = Given(ErrorCode.NONE, records, size, acquired)
        session.served(at.key)
        return sum(each.last - each.first + 1 for each in acquired)

    async def _read(self, places: Sequence[_Place], wanted: Sequence[Wanted], limits: ShareLimits) -> Sequence[PartitionAnswer]:
        look = self._reader.look(wanted, self._asked.max_bytes, limits.isolation)
        if look is not None:
            return look.answers
        for each in places:
            each.held.is_reading = True
        try:
            return await self._reader.read(
                wanted, min_bytes=0, max_bytes=self._asked.max_bytes, max_wait_ms=0, isolation=limits.isolation
            )
        finally:
            for each in places:
                each.held.is_reading = False
                each.held.wake(but=self._waiter.wake if self._waiter is not None else None)

    async def _follow_log_start(self, at: _Place) -> None:
        bounds = await self._reader.recent_bounds(at.pid)
        if bounds is not None and bounds.log_start > at.held.partition.start:
            self._keeper.log_start_moved(at.held, bounds.log_start)

    def _worth_reading(self, held: Held) -> int:
        """About as many bytes as the records that may be given have; more would be read for nothing."""
        if not held.bytes_per_record:
            return READ_BYTES_UNKNOWN
        return max(int(self._asked.max_records * held.bytes_per_record * _MORE_THAN_AVERAGE), READ_BYTES_MIN)
