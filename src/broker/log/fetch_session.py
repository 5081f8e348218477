"""Fetch sessions (KIP-227): a client says once what it follows, then only what changes; answers leave out what has no news. Pure.

Invariants

1. A session's partitions stand in the order in which they are served next: one that gave records goes to the end.
2. A request moves a session's epoch on by one; any other epoch than the next is refused, and changes nothing.
3. There are never more sessions than slots. A session makes room for another when it was idle for EVICTION_MS, or is older than
   that and smaller than the other.
4. All sessions together never follow more than ``partitions_max`` partitions.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from broker.log.fetch_plan import NO_REPLICA, PartitionAnswer, Wanted
from broker.model import ZERO_UUID
from broker.wire.error_codes import ErrorCode

NO_SESSION: Final = 0
INITIAL_EPOCH: Final = 0
FINAL_EPOCH: Final = -1
EVICTION_MS: Final = 120_000

PARTITIONS_MAX: Final = 500_000
"""Partitions of all sessions together, a few hundred bytes each. A client that would exceed it goes on without a session."""

_MAX_EPOCH = 2**31 - 1

PartitionKey = tuple[bytes | str, int]
"""(topic id, or name where ids are not used, and partition index)."""


@dataclass(slots=True)
class SessionPartition(Wanted):
    """One partition that is followed, with what the client was told of it last. ``pid`` is set anew by each request."""

    topic_id: bytes = ZERO_UUID
    topic: str = ""
    partition: int = 0
    high_watermark: int = -1
    log_start: int = -1

    def has_news(self, answer: PartitionAnswer) -> bool:
        """Whether ``answer`` must be sent, and remember it as sent."""
        news = (
            answer.size > 0
            or answer.error_code != 0
            or answer.diverging is not None
            or answer.preferred_replica != NO_REPLICA
            or answer.high_watermark != self.high_watermark
            or answer.log_start != self.log_start
        )
        # After an error the next good answer is news, whatever it says.
        self.high_watermark = -1 if answer.error_code else answer.high_watermark
        self.log_start = answer.log_start
        return news


class FetchSession:
    """What one client follows."""

    __slots__ = ("created_ms", "epoch", "evictable_size", "partitions", "session_id", "used_ms", "uses_topic_ids")

    def __init__(self, session_id: int, uses_topic_ids: bool, now_ms: int) -> None:
        self.session_id = session_id
        self.uses_topic_ids = uses_topic_ids
        self.epoch = next_epoch(INITIAL_EPOCH)
        self.created_ms = self.used_ms = now_ms
        self.partitions: OrderedDict[PartitionKey, SessionPartition] = OrderedDict()
        self.evictable_size = -1

    def key(self, partition: SessionPartition) -> PartitionKey:
        return (partition.topic_id if self.uses_topic_ids else partition.topic, partition.partition)

    def update(self, changed: Iterable[SessionPartition], forgotten: Iterable[PartitionKey]) -> None:
        """Take over what an incremental request says."""
        for partition in changed:
            key = self.key(partition)
            known = self.partitions.get(key)
            if known is None:
                self.partitions[key] = partition
            else:
                known.offset = partition.offset
                known.max_bytes = partition.max_bytes
                known.current_leader_epoch = partition.current_leader_epoch
                known.last_fetched_epoch = partition.last_fetched_epoch
        for key in forgotten:
            self.partitions.pop(key, None)


def next_epoch(epoch: int) -> int:
    """The epoch after ``epoch``; it wraps to 1, for 0 asks for a new session."""
    if epoch < 0:
        return FINAL_EPOCH
    return 1 if epoch == _MAX_EPOCH else epoch + 1


class Included(NamedTuple):
    """A partition and its answer, to be sent."""

    partition: SessionPartition
    answer: PartitionAnswer


class SessionAnswer(NamedTuple):
    """What to send of a fetch."""

    error_code: ErrorCode
    session_id: int
    included: Sequence[Included]


class OpenFetch:
    """One request: ``partitions`` to look at, in order, then :meth:`answer` once. With ``error`` there is nothing to look at."""

    __slots__ = ("_cache", "_session", "_wants_session", "error", "partitions", "uses_topic_ids")

    def __init__(
        self,
        cache: "FetchSessionCache",
        partitions: Sequence[SessionPartition],
        *,
        uses_topic_ids: bool,
        session: FetchSession | None = None,
        wants_session: bool = False,
        error: ErrorCode = ErrorCode.NONE,
    ) -> None:
        self.partitions = partitions
        self.error = error
        self.uses_topic_ids = uses_topic_ids
        self._cache = cache
        self._session = session
        self._wants_session = wants_session

    def answer(self, answers: Sequence[PartitionAnswer], now_ms: int) -> SessionAnswer:
        """What to send, given one answer a partition in the order of ``partitions``."""
        session = self._session
        if session is None:
            session_id = NO_SESSION
            if self._wants_session:
                session_id = self._cache.create(self.partitions, answers, self.uses_topic_ids, now_ms)
            return SessionAnswer(ErrorCode.NONE, session_id, list(map(Included, self.partitions, answers)))
        included: list[Included] = []
        for partition, answer in zip(self.partitions, answers, strict=True):
            if partition.has_news(answer):
                included.append(Included(partition, answer))
                key = session.key(partition)
                if answer.size and session.partitions.get(key) is partition:
                    session.partitions.move_to_end(key)
        return SessionAnswer(ErrorCode.NONE, session.session_id, included)


class FetchSessionCache:
    """All sessions of the process. ``new_id`` gives a random number from 1 to 2^31 - 1."""

    def __init__(self, slots: int, new_id: Callable[[], int], partitions_max: int = PARTITIONS_MAX) -> None:
        self._slots = slots
        self._partitions_max = partitions_max
        self._new_id = new_id
        self._partition_count = 0
        # Least recently used first.
        self._sessions: OrderedDict[int, FetchSession] = OrderedDict()
        # (size, id) of sessions old enough to make room, the smallest first. Entries that no longer hold are passed over.
        self._evictable: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def partition_count(self) -> int:
        """Partitions of all sessions together."""
        return self._partition_count

    def open(
        self,
        session_id: int,
        epoch: int,
        partitions: Sequence[SessionPartition],
        forgotten: Iterable[PartitionKey],
        *,
        uses_topic_ids: bool,
        now_ms: int,
    ) -> OpenFetch:
        """Begin a fetch request: find out which partitions it is about."""
        if epoch in (INITIAL_EPOCH, FINAL_EPOCH):
            self._end(session_id)
            return OpenFetch(
                self,
                partitions,
                uses_topic_ids=uses_topic_ids,
                wants_session=epoch == INITIAL_EPOCH and self._slots > 0,
            )
        session = self._sessions.get(session_id)
        error = ErrorCode.NONE
        if session is None:
            error = ErrorCode.FETCH_SESSION_ID_NOT_FOUND
        elif session.epoch != epoch:
            error = ErrorCode.INVALID_FETCH_SESSION_EPOCH
        elif session.uses_topic_ids != uses_topic_ids:
            error = ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
        if session is None or error is not ErrorCode.NONE:
            return OpenFetch(self, (), uses_topic_ids=uses_topic_ids, error=error)
        before = len(session.partitions)
        session.update(partitions, forgotten)
        self._partition_count += len(session.partitions) - before
        if not session.partitions:
            # Over; what the request names and forgets at once is still answered, as by Kafka.
            self._end(session_id)
            return OpenFetch(self, partitions, uses_topic_ids=uses_topic_ids)
        if self._partition_count > self._partitions_max and len(session.partitions) > before:
            # As if it had been evicted: the client asks for everything again, and is then told that it has no session.
            self._end(session_id)
            return OpenFetch(self, (), uses_topic_ids=uses_topic_ids, error=ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
        session.epoch = next_epoch(epoch)
        self._touch(session, now_ms)
        return OpenFetch(self, list(session.partitions.values()), uses_topic_ids=uses_topic_ids, session=session)

    def create(
        self,
        partitions: Sequence[SessionPartition],
        answers: Sequence[PartitionAnswer],
        uses_topic_ids: bool,
        now_ms: int,
    ) -> int:
        """Begin a session that remembers ``answers`` as sent; its id, or NO_SESSION when there is no room for one."""
        session = FetchSession(NO_SESSION, uses_topic_ids, now_ms)
        for partition, answer in zip(partitions, answers, strict=True):
            partition.has_news(answer)
            session.partitions[session.key(partition)] = partition
        size = len(session.partitions)
        if self._partition_count + size > self._partitions_max or not self._make_room(size, now_ms):
            return NO_SESSION
        session_id = self._new_id()
        while session_id in self._sessions or session_id == NO_SESSION:
            session_id = self._new_id()
        session.session_id = session_id
        self._sessions[session_id] = session
        self._partition_count += size
        return session_id

    def _end(self, session_id: int) -> None:
        session = self._sessions.pop(session_id, None)
        if session is not None:
            self._partition_count -= len(session.partitions)

    def _touch(self, session: FetchSession, now_ms: int) -> None:
        session.used_ms = now_ms
        self._sessions.move_to_end(session.session_id)
        size = len(session.partitions)
        if now_ms - session.created_ms > EVICTION_MS and session.evictable_size != size:
            session.evictable_size = size
            heappush(self._evictable, (size, session.session_id))
            if len(self._evictable) > 4 * self._slots:
                self._evictable = [entry for entry in set(self._evictable) if self._holds(entry)]
                heapify(self._evictable)

    def _holds(self, entry: tuple[int, int]) -> bool:
        size, session_id = entry
        session = self._sessions.get(session_id)
        return session is not None and session.evictable_size == size

    def _make_room(self, size: int, now_ms: int) -> bool:
        """See to a free slot for a session of ``size`` partitions."""
        if len(self._sessions) < self._slots:
            return True
        oldest = next(iter(self._sessions.values()))
        if now_ms - oldest.used_ms > EVICTION_MS:
            self._end(oldest.session_id)
            return True
        while self._evictable and not self._holds(self._evictable[0]):
            heappop(self._evictable)
        if not self._evictable or self._evictable[0][0] >= size:
            return False
        self._end(heappop(self._evictable)[1])
        return True
