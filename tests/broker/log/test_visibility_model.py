"""Producers, transactions and what readers see, of both catalogs, against a model that only knows lists of records.

The model shares no code with the broker: a log is a list that says of each record who wrote it, with which sequence, in which transaction; it
knows no windows, spans, bounds or indexes. What a batch is answered, where each isolation level ends, and which aborted transactions an
answer must name is told from the records each time anew.
"""

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.offset_finder import OffsetFinder
from broker.log.reader import Reader
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.model import Appended
from broker.storage.catalog.base import Catalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.committing import TwoStepCommitter, UnstoredGroup
from broker.storage.objects.base import TocEntry
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import iter_batches
from broker.wire.records.record import iter_records
from tests.broker.log.harness import NOW_MS, batch, entry

SEQUENCES: Final = 2**31
PARTITIONS: Final = 2
PLAIN, IDEMPOTENT, TRANSACTIONAL = "plain", "idempotent", "transactional"
DAY_MS: Final = 86_400_000


@dataclass(slots=True, eq=False)
class Transaction:
    """``outcome`` is None while it is open."""

    producer_id: int
    partitions: set[int] = field(default_factory=set)
    outcome: bool | None = None


@dataclass(slots=True, eq=False)
class Sent:
    """One batch that was appended, as its producer numbered it on a line without wrap."""

    producer_id: int
    epoch: int
    first: int
    count: int
    base: int


@dataclass(slots=True)
class Entry:
    """One offset."""

    timestamp: int
    transaction: Transaction | None = None
    is_marker: bool = False


@dataclass(slots=True)
class Log:
    """One partition. ``sent`` are all batches of producers that it still knows."""

    entries: list[Entry] = field(default_factory=list)
    start: int = 0
    sent: list[Sent] = field(default_factory=list)
    fences: dict[int, int] = field(default_factory=dict)
    """The epoch of a marker that raised a producer's."""

    def is_open(self, at: int) -> bool:
        transaction = self.entries[at].transaction
        return transaction is not None and transaction.outcome is None

    @property
    def stable(self) -> int:
        # The log may have been cut off in the middle of an open transaction.
        return max(self.start, min((at for at in range(len(self.entries)) if self.is_open(at)), default=len(self.entries)))

    def of(self, producer_id: int) -> list[Sent]:
        return [one for one in self.sent if one.producer_id == producer_id]

    def aborted(self) -> list[tuple[int, int, int]]:
        """(producer id, first record, marker), in the order of the markers."""
        found = []
        for at, one in enumerate(self.entries):
            if one.is_marker and one.transaction is not None and one.transaction.outcome is False:
                first = next(offset for offset, other in enumerate(self.entries) if other.transaction is one.transaction)
                found.append((one.transaction.producer_id, first, at))
        return found

    def readable(self, at: int) -> bool:
        """Whether a read_committed consumer hands the record on."""
        one = self.entries[at]
        return not one.is_marker and (one.transaction is None or one.transaction.outcome is True)


@dataclass(slots=True)
class Producer:
    """A client, with the numbers it would use next on each partition."""

    kind: str
    name: str
    producer_id: int = -1
    epoch: int = 0
    next: dict[int, int] = field(default_factory=dict)
    open: Transaction | None = None


BATCHES = st.lists(
    st.tuples(
        st.integers(0, 4),  # who
        st.integers(0, PARTITIONS - 1),
        st.integers(1, 3),  # records
        st.sampled_from(("next", "next", "next", "next", "again", "gap", "old epoch", "new epoch")),
        st.integers(0, 7),  # how far back, or how wide
    ),
    min_size=1,
    max_size=6,
)
STARTS: Final = (0, SEQUENCES - 3, SEQUENCES - 2, SEQUENCES - 1)


class Side:
    """One catalog with a store and a reader that remembers next to nothing."""

    def __init__(self, catalog: Catalog) -> None:
        self.store = MemoryObjectStore(2000)
        self.use(catalog)

    def use(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.reader = Reader(self.store, catalog, TailCache(0), WaitingRoom())

    async def commit(self, group: UnstoredGroup) -> list[list[Appended]]:
        return await TwoStepCommitter(self.store, self.catalog).commit(group)

    async def read(self, pid: int, offset: int, max_bytes: int, isolation: int) -> PartitionAnswer:
        wanted = [Wanted(pid, offset, max_bytes)]
        (answer,) = await self.reader.read(wanted, min_bytes=0, max_bytes=max_bytes, max_wait_ms=0, isolation=isolation)
        return answer


class Everything(RuleBasedStateMachine):
    """Five producers, two of them with transactions, on two partitions of both catalogs."""

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.directory = Path(tempfile.mkdtemp())
        self.cleanup.callback(shutil.rmtree, self.directory)
        self.portal = self.cleanup.enter_context(start_blocking_portal())
        self.memory = self.portal.call(self.side, MemoryCatalog)
        self.sqlite = self.portal.call(self.side, self.opened)
        self.logs: dict[int, Log] = {}
        self.stable: dict[int, int] = {}
        self.clock = NOW_MS
        self.producers = [
            Producer(PLAIN, "plain"),
            Producer(IDEMPOTENT, "first", 1),
            Producer(IDEMPOTENT, "second", 2),
            Producer(TRANSACTIONAL, "one"),
            Producer(TRANSACTIONAL, "other"),
        ]
        self.next_id = 10

    def opened(self) -> SqliteCatalog:
        return SqliteCatalog.open(self.directory / "catalog.db", tail_spans=2)

    async def side(self, make: Callable[[], Catalog]) -> Side:
        return Side(make())

    def teardown(self) -> None:
        self.portal.call(self.sqlite.catalog.aclose)
        self.cleanup.close()

    def both(self, work: Callable[[Side], Awaitable[Any]]) -> Any:
        """Have both sides do it, and see that they answer the same."""
        ours, theirs = self.portal.call(work, self.memory), self.portal.call(work, self.sqlite)
        assert ours == theirs
        return ours

    @initialize()
    def begin(self) -> None:
        made = self.both(lambda side: side.catalog.create_topic("t", bytes(16), PARTITIONS, 1, {}, NOW_MS))
        self.pids = made.partitions
        self.logs = {pid: Log() for pid in self.pids}
        self.stable = dict.fromkeys(self.pids, 0)

    # What producers do

    @rule(batches=BATCHES, start=st.sampled_from(STARTS))
    def produce(self, batches: list[tuple[int, int, int, str, int]], start: int) -> None:
        """One group of several producers' batches, some of them wrong."""
        self.clock += 1
        written: dict[int, list[bytearray]] = {}
        wanted: dict[int, list[tuple[int, int]]] = {}
        # The order of the group is by partition, and so is the order in which it is decided.
        for who, index, count, how, much in sorted(batches, key=lambda one: one[1]):
            producer, pid = self.producers[who], self.pids[index]
            if producer.kind == TRANSACTIONAL and producer.open is None:
                continue
            epoch, first, size = self.numbers(producer, pid, count, how, much, start)
            fields = {} if producer.kind == PLAIN else {
                "producer_id": producer.producer_id,
                "producer_epoch": epoch,
                "base_sequence": first % SEQUENCES,
                "transactional": producer.kind == TRANSACTIONAL,
            }  # fmt: skip
            written.setdefault(pid, []).append(batch(size, timestamp=self.clock + much, **fields))
            wanted.setdefault(pid, []).append(self.append(producer, pid, epoch, first, size, self.clock + much))
        if not written:
            return
        toc, at = [], 0
        for pid, data in written.items():
            toc.append(TocEntry(pid, at, sum(map(len, data))))
            at += toc[-1].length
        parts = [each for data in written.values() for each in data]
        entries = [[entry(each) for each in data] for data in written.values()]
        answers = self.both(lambda side: side.commit(UnstoredGroup(parts, toc, entries, self.clock)))
        assert [[(each.error_code, each.base_offset) for each in of_pid] for of_pid in answers] == list(wanted.values())

    def numbers(self, producer: Producer, pid: int, count: int, how: str, much: int, start: int) -> tuple[int, int, int]:
        """Epoch, first sequence without wrap, records."""
        earlier = [one for one in self.logs[pid].of(producer.producer_id) if one.epoch == producer.epoch]
        following = earlier[-1].first + earlier[-1].count if earlier else None
        if how == "again" and earlier:
            one = earlier[max(-1 - much, -len(earlier))]
            return producer.epoch, one.first, one.count
        if following is None:
            following = producer.next.get(pid, start if producer.kind == IDEMPOTENT and producer.epoch == 0 else 0)
        if how == "gap":
            return producer.epoch, following + 1 + much, count
        if how == "old epoch" and producer.epoch > 0:
            return producer.epoch - 1, following, count
        if how == "new epoch" and producer.kind == IDEMPOTENT:
            return producer.epoch + 1, 0 if much < 4 else much, count
        return producer.epoch, following, count

    def append(self, producer: Producer, pid: int, epoch: int, first: int, count: int, timestamp: int) -> tuple[int, int]:
        """What must come of a batch: its error and offset, and a longer log."""
        log = self.logs[pid]
        base = len(log.entries)
        if producer.kind == PLAIN:
            log.entries += [Entry(timestamp) for _ in range(count)]
            return 0, base
        known = log.of(producer.producer_id)
        newest = max([log.fences.get(producer.producer_id, -1), *(one.epoch for one in known)])
        current = [one for one in known if one.epoch == newest]
        if epoch == newest:
            for back, one in enumerate(reversed(current)):
                if back < 5 and (one.first % SEQUENCES, one.count) == (first % SEQUENCES, count):
                    return 0, one.base
        if producer.kind == TRANSACTIONAL:
            assert producer.open is not None
            if epoch < producer.epoch:
                return ErrorCode.INVALID_PRODUCER_EPOCH, -1
            if pid not in producer.open.partitions:
                return ErrorCode.INVALID_TXN_STATE, -1
        if newest >= 0:
            if epoch < newest:
                return ErrorCode.INVALID_PRODUCER_EPOCH, -1
            if epoch > newest and first != 0:
                return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1
            if epoch == newest and first != (current[-1].first + current[-1].count if current else 0):
                # What lies wholly before the last five is known to be old, as long as five are remembered.
                is_old = len(current) >= 5 and first + count <= current[-5].first
                return (ErrorCode.DUPLICATE_SEQUENCE_NUMBER if is_old else ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER), -1
        log.sent.append(Sent(producer.producer_id, epoch, first, count, base))
        log.entries += [Entry(timestamp, producer.open) for _ in range(count)]
        if producer.kind == IDEMPOTENT:
            producer.epoch = epoch
        return 0, base

    # What transactional producers do

    transactional = st.sampled_from((3, 4))

    @rule(who=transactional)
    def initialise(self, who: int) -> None:
        """A new instance; what the old one left open is aborted."""
        producer = self.producers[who]
        self.next_id += 1
        fresh = self.next_id
        answer = self.both(lambda side: side.catalog.init_transaction(producer.name, 60_000, -1, -1, self.clock, fresh))
        if producer.producer_id < 0:
            producer.producer_id, producer.epoch = fresh, 0
        else:
            was_open = producer.open is not None
            self.end(producer, False, producer.epoch + 1)
            producer.epoch += 1 + was_open
        assert (answer.producer_id, answer.epoch) == (producer.producer_id, producer.epoch)

    @rule(who=transactional, chosen=st.sets(st.integers(0, PARTITIONS - 1), min_size=1))
    def add(self, who: int, chosen: set[int]) -> None:
        producer = self.producers[who]
        if producer.producer_id < 0:
            self.initialise(who)
        pids = [self.pids[index] for index in sorted(chosen)]
        name, producer_id, epoch = producer.name, producer.producer_id, producer.epoch
        code = self.both(lambda side: side.catalog.add_to_transaction(name, producer_id, epoch, pids, None, self.clock))
        assert code is ErrorCode.NONE
        producer.open = producer.open or Transaction(producer.producer_id)
        producer.open.partitions |= set(pids)

    @rule(who=transactional, index=st.integers(0, PARTITIONS - 1), count=st.integers(1, 3), others=BATCHES)
    def transact(self, who: int, index: int, count: int, others: list[tuple[int, int, int, str, int]]) -> None:
        """Records of a transaction among those of others."""
        self.add(who, {index})
        self.produce([(who, index, count, "next", 0), *others, (who, index, count, "next", 0)], 0)

    @precondition(lambda self: any(producer.open for producer in self.producers))
    @rule(which=st.integers(0, 1), commit=st.booleans(), how=st.sampled_from(("plainly", "with a bump", "by timeout")))
    def finish(self, which: int, commit: bool, how: str) -> None:
        opened = [producer for producer in self.producers if producer.open is not None]
        producer = opened[min(which, len(opened) - 1)]
        name, producer_id, epoch = producer.name, producer.producer_id, producer.epoch
        if how == "by timeout":
            commit = False
            answer = self.both(lambda side: side.catalog.abort_transaction(name, producer_id, epoch, self.clock))
        else:
            bump = how == "with a bump"
            answer = self.both(
                lambda side: side.catalog.end_transaction(name, producer_id, epoch, commit, bump, -1, self.clock)
            )
        assert answer.error_code is ErrorCode.NONE
        raised = epoch + (how != "plainly")
        self.end(producer, commit, raised)
        producer.epoch = raised

    def end(self, producer: Producer, commit: bool, epoch: int) -> None:
        """Markers, where there are records."""
        transaction, producer.open = producer.open, None
        if transaction is None:
            return
        transaction.outcome = commit
        for log in self.logs.values():
            if any(one.transaction is transaction for one in log.entries):
                log.entries.append(Entry(self.clock, transaction, is_marker=True))
                if epoch > max(one.epoch for one in log.of(producer.producer_id)):
                    log.fences[producer.producer_id] = epoch

    # What else happens

    @rule(index=st.integers(0, PARTITIONS - 1), share=st.integers(0, 100))
    def delete_records(self, index: int, share: int) -> None:
        pid = self.pids[index]
        log = self.logs[pid]
        offset = len(log.entries) * share // 100
        log.start = max(log.start, offset)
        moved = self.both(lambda side: side.catalog.advance_log_start(pid, offset))
        assert moved.log_start == log.start

    @rule()
    def expire(self) -> None:
        """Long after: producers that have nothing open are forgotten, and may begin with any sequence."""
        self.clock += DAY_MS
        self.both(lambda side: side.catalog.expire_producers(self.clock))
        for log in self.logs.values():
            open_ids = {one.transaction.producer_id for at, one in enumerate(log.entries) if log.is_open(at) and one.transaction}
            log.sent = [one for one in log.sent if one.producer_id in open_ids]
            log.fences = {producer_id: epoch for producer_id, epoch in log.fences.items() if producer_id in open_ids}

    @rule()
    def restart(self) -> None:
        """SQLite has nothing left in memory; both readers begin anew."""
        self.portal.call(self.sqlite.catalog.aclose)
        for side, make in ((self.memory, lambda: self.memory.catalog), (self.sqlite, self.opened)):
            self.portal.call(self.reopen, side, make)

    async def reopen(self, side: Side, make: Callable[[], Catalog]) -> None:
        side.use(make())

    # What readers see

    @invariant()
    def bounds_are_those_of_the_records(self) -> None:
        """ListOffsets by both isolation levels; and the last stable offset never falls."""
        for pid, log in self.logs.items():
            for side in (self.memory, self.sqlite):
                bounds = side.catalog.peek_bounds(pid)
                assert bounds is not None
                found = (bounds.log_start, bounds.last_stable_offset, bounds.high_watermark)
                assert found == (log.start, log.stable, len(log.entries))
            assert log.stable >= self.stable[pid]
            self.stable[pid] = log.stable

    @invariant()
    def readers_get_what_is_theirs(self) -> None:
        """From the start, and across where read_committed ends; whole, and as little as can be."""
        for index, log in enumerate(self.logs.values()):
            for offset in sorted({log.start, max(log.start, log.stable - 3)}):
                for max_bytes in (1, 1 << 20):
                    self.read_committed(index, offset, max_bytes)
                self.read_uncommitted(index, offset, 400)

    def read_committed(self, index: int, offset: int, max_bytes: int) -> None:
        """What a consumer hands on, and the aborted transactions, exactly those that reach into what is given."""
        pid = self.pids[index]
        log = self.logs[pid]
        answer = self.both(lambda side: side.read(pid, offset, max_bytes, 1))
        given = offsets_in(answer, offset)
        assert (answer.error_code, answer.last_stable_offset) == (0, log.stable)
        assert bool(given) == (offset < log.stable)
        upper = given[-1] + 1 if given else offset
        assert given == list(range(offset, upper))
        assert not given or upper <= log.stable
        wanted = [one for one in log.aborted() if one[2] >= offset and one[1] < upper] if given else []
        assert [(one.producer_id, one.first_offset, one.last_offset) for one in answer.aborted] == wanted
        assert consumed(answer, offset) == [each for each in given if log.readable(each)]

    def read_uncommitted(self, index: int, offset: int, max_bytes: int) -> None:
        """Everything, up to the high watermark."""
        pid = self.pids[index]
        log = self.logs[pid]
        answer = self.both(lambda side: side.read(pid, offset, max_bytes, 0))
        given = offsets_in(answer, offset)
        assert bool(given) == (offset < len(log.entries))
        assert given == list(range(offset, offset + len(given)))
        assert not answer.aborted

    @rule(index=st.integers(0, PARTITIONS - 1), back=st.integers(-3, 30))
    def find_by_timestamp(self, index: int, back: int) -> None:
        """The first record that is as young as that."""
        pid, timestamp = self.pids[index], self.clock - back
        log = self.logs[pid]
        found = self.both(lambda side: find(side, pid, timestamp))
        assert found == next(
            (at for at in range(log.start, len(log.entries)) if log.entries[at].timestamp >= timestamp), None
        )

    @invariant()
    def remembered_batches(self) -> None:
        """Epoch, last sequence and the newest five batches of each producer."""
        for pid, log in self.logs.items():
            states = {state.producer_id: state for state in self.both(lambda side, pid=pid: side.catalog.producers(pid))}
            assert set(states) == {one.producer_id for one in log.sent} | set(log.fences)
            for producer_id, state in states.items():
                epoch = max([log.fences.get(producer_id, -1), *(one.epoch for one in log.of(producer_id))])
                current = [one for one in log.of(producer_id) if one.epoch == epoch]
                assert state.epoch == epoch
                assert [window[2] for window in state.window] == [one.base for one in reversed(current)][:5]
                last = (current[-1].first + current[-1].count - 1) % SEQUENCES if current else -1
                assert state.last_sequence == last


async def find(side: Side, pid: int, timestamp: int) -> int | None:
    _, found = await OffsetFinder(side.catalog, side.reader).at_timestamp(pid, timestamp)
    return None if found is None else found.offset


def offsets_in(answer: PartitionAnswer, offset: int) -> list[int]:
    """Every offset that is given, from the one that was asked for on."""
    return [
        record.offset
        for each in answer.records
        for at, header in iter_batches(each)
        for record in iter_records(each, at, header)
        if record.offset >= offset
    ]


def consumed(answer: PartitionAnswer, offset: int) -> list[int]:
    """What a consumer hands on: it knows the batches and the list of aborted transactions, no more."""
    ahead = sorted((one.first_offset, one.producer_id) for one in answer.aborted)
    ignored: set[int] = set()
    kept = []
    for each in answer.records:
        for at, header in iter_batches(each):
            while ahead and ahead[0][0] <= header.last_offset:
                ignored.add(ahead.pop(0)[1])
            if header.is_control:
                ignored.discard(header.producer_id)
            elif not (header.is_transactional and header.producer_id in ignored):
                kept += [record.offset for record in iter_records(each, at, header) if record.offset >= offset]
    return kept


Everything.TestCase.settings = settings(stateful_step_count=25)
TestEverything = Everything.TestCase
