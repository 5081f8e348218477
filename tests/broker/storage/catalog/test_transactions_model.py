"""Transactions of every catalog against a model that is written to be obvious: a log is a list that says of each record which transaction
it belongs to, and everything else is told from there."""

import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest import mock

from anyio.from_thread import start_blocking_portal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broker.model import CommittedOffset, LogBounds
from broker.storage.catalog import transaction_rules
from broker.storage.catalog.base import Catalog, ProducerState
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import SHARDS
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.catalog.transactions import AbortedTransaction, Marker, MarkerWish, OffsetKey
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group, topic
from tests.support.postgres import postgres_server

Answer = TypeVar("Answer")
Credential = tuple[int, int]
"""(producer id, epoch)."""

PARTITIONS: Final = 2
IDS: Final = ("a", "b")
LAST_EPOCH: Final = 3
"""Instead of 32766, so that epochs run out."""


@dataclass(slots=True)
class Work:
    """One transaction: where its records are, and how it ended."""

    producer_id: int
    outcome: bool | None = None
    offsets: dict[OffsetKey, CommittedOffset] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One offset of a log. A marker is an entry without records."""

    work: Work | None
    producer_id: int = -1
    is_marker: bool = False


@dataclass(slots=True)
class Id:
    """A transactional id as clients know it: who has it, whose lost answer may be repeated, and what is open."""

    current: Credential
    previous: Credential | None = None
    previous_ended: bool | None = None
    last_outcome: bool | None = None
    open: Work | None = None
    partitions: set[int] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    ever: list[Credential] = field(default_factory=list)


class Transactions(RuleBasedStateMachine):
    """Two transactional ids with old and new clients on two partitions, in the catalog in memory and in another one."""

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.cleanup.enter_context(mock.patch.object(transaction_rules, "LAST_EPOCH", LAST_EPOCH))
        self.cleanup.enter_context(mock.patch.object(transaction_rules, "_MARKER_EPOCH_LIMIT", LAST_EPOCH + 1))
        self.directory = Path(tempfile.mkdtemp())
        self.cleanup.callback(shutil.rmtree, self.directory)
        self.portal = self.cleanup.enter_context(start_blocking_portal())
        self.memory = MemoryCatalog()
        self.other = self.opened()
        self.logs: dict[int, list[Entry]] = {}
        self.sequences: dict[tuple[int, int], Credential] = {}
        self.ids: dict[str, Id] = {}
        self.committed: dict[OffsetKey, CommittedOffset] = {}
        self.next_id = 100
        self.objects = 0

    def opened(self) -> Catalog:
        """The other catalog, with what was there when it was closed."""
        raise NotImplementedError

    def teardown(self) -> None:
        self.portal.call(self.other.aclose)
        self.cleanup.close()

    def both(self, work: Callable[[Catalog], Coroutine[Any, Any, Answer]]) -> Answer:
        """Have both catalogs do it, and see that they answer the same."""
        ours, theirs = self.each(work)
        assert ours == theirs
        return ours

    def each(self, work: Callable[[Catalog], Coroutine[Any, Any, Answer]]) -> tuple[Answer, Answer]:
        """Have both do it."""

        async def do() -> tuple[Answer, Answer]:
            return await work(self.memory), await work(self.other)

        return self.portal.call(do)

    @initialize()
    def begin(self) -> None:
        self.pids = self.both(lambda catalog: topic(catalog, PARTITIONS))
        self.logs = {pid: [] for pid in self.pids}

    def end_work(self, known: Id, commit: bool, marker_epoch: int) -> None:
        """Write the markers."""
        assert known.open is not None
        for pid, log in self.logs.items():
            if any(entry.work is known.open for entry in log):
                log.append(Entry(known.open, known.open.producer_id, is_marker=True))
                epoch, _ = self.sequences[pid, known.open.producer_id]
                if marker_epoch > epoch:
                    self.sequences[pid, known.open.producer_id] = (marker_epoch, 0)
        known.open.outcome = commit
        if commit:
            self.committed.update(known.open.offsets)
        known.open, known.last_outcome, known.partitions, known.groups = None, commit, set(), set()

    def take(self, known: Id, credential: Credential) -> None:
        known.current = credential
        known.ever.append(credential)

    # What clients do

    @rule(name=st.sampled_from(IDS), which=st.none() | st.integers(-3, -1))
    def initialise(self, name: str, which: int | None) -> None:
        """Without saying who it was, or as the producer it is or was."""
        known = self.ids.get(name)
        says = None if known is None or which is None else known.ever[max(which, -len(known.ever))]
        self.next_id += 1
        fresh = self.next_id
        answer = self.both(lambda catalog: catalog.init_transaction(name, 60_000, *(says or (-1, -1)), NOW, fresh))
        if known is None:
            self.ids[name] = Id((fresh, 0), ever=[(fresh, 0)])
        elif says in (None, known.current):
            producer_id, used = known.current
            if known.open is not None:
                used += 1
                self.end_work(known, False, used)
            self.take(known, (fresh, 0) if used >= LAST_EPOCH else (producer_id, used + 1))
            known.previous, known.previous_ended, known.last_outcome = says, None, None
        elif known.open is None and says == known.previous:
            known.previous_ended, known.last_outcome = None, None
        else:
            assert answer.error_code is ErrorCode.PRODUCER_FENCED
            return
        assert (answer.error_code, (answer.producer_id, answer.epoch)) == (ErrorCode.NONE, self.ids[name].current)

    def credential(self, name: str, age: int) -> Credential:
        ever = self.ids[name].ever
        return ever[max(-1 - age, -len(ever))]

    names = st.sampled_from(IDS)
    ages = st.sampled_from((0, 0, 0, 0, 1, 2))

    def add_refusal(self, name: str, credential: Credential, fenced: ErrorCode) -> ErrorCode:
        current = self.ids[name].current
        if credential[0] != current[0]:
            return ErrorCode.INVALID_PRODUCER_ID_MAPPING
        return ErrorCode.NONE if credential == current else fenced

    @precondition(lambda self: self.ids)
    @rule(
        name=names,
        age=ages,
        chosen=st.sets(st.integers(0, PARTITIONS - 1), min_size=1),
        group_id=st.none() | st.just("g"),
    )
    def add(self, name: str, age: int, chosen: set[int], group_id: str | None) -> None:
        if name not in self.ids:
            return
        known, credential = self.ids[name], self.credential(name, age)
        pids = [self.pids[index] for index in sorted(chosen)]
        code = self.both(lambda catalog: catalog.add_to_transaction(name, *credential, pids, group_id, NOW))
        assert code is self.add_refusal(name, credential, ErrorCode.PRODUCER_FENCED)
        if code is ErrorCode.NONE:
            known.open = known.open or Work(credential[0])
            known.partitions |= set(pids)
            known.groups |= {group_id} - {None}  # type: ignore[arg-type]

    @precondition(lambda self: self.ids)
    @rule(name=names, age=ages, group_id=st.sampled_from("gh"), implicit=st.booleans(), offset=st.integers(0, 99))
    def add_offset(self, name: str, age: int, group_id: str, implicit: bool, offset: int) -> None:
        if name not in self.ids:
            return
        known, credential = self.ids[name], self.credential(name, age)
        offsets = {(group_id, "orders", 0): CommittedOffset(offset=offset)}
        adds = group_id if implicit else None
        code = self.both(lambda catalog: catalog.add_transaction_offsets(name, *credential, offsets, adds, NOW))
        wanted = self.add_refusal(name, credential, ErrorCode.INVALID_PRODUCER_EPOCH)
        if wanted is ErrorCode.NONE and not implicit and (known.open is None or group_id not in known.groups):
            wanted = ErrorCode.INVALID_TXN_STATE
        assert code is wanted
        if code is ErrorCode.NONE:
            known.open = known.open or Work(credential[0])
            known.groups.add(group_id)
            known.open.offsets.update(offsets)

    @precondition(lambda self: self.ids)
    @rule(name=names, age=ages, index=st.integers(0, PARTITIONS - 1), transactional=st.booleans() | st.just(True))
    def produce(self, name: str, age: int, index: int, transactional: bool) -> None:
        """One batch that is next in sequence, in the transaction or beside it."""
        if name not in self.ids:
            return
        known, credential, pid = self.ids[name], self.credential(name, age), self.pids[index]
        producer_id, epoch = credential
        at_epoch, following = self.sequences.get((pid, producer_id), (-1, 0))
        first = following if at_epoch == epoch else 0
        code, base = self.append(pid, producer_id, epoch, first, transactional)
        log = self.logs[pid]
        if transactional and (credential != known.current or known.open is None or pid not in known.partitions):
            of_current = producer_id == known.current[0] and epoch < known.current[1]
            assert code == (ErrorCode.INVALID_PRODUCER_EPOCH if of_current else ErrorCode.INVALID_TXN_STATE)
        elif epoch < at_epoch:
            assert code == ErrorCode.INVALID_PRODUCER_EPOCH
        elif not transactional and any(
            entry.producer_id == producer_id and entry.work is not None and entry.work.outcome is None for entry in log
        ):
            assert code == ErrorCode.INVALID_TXN_STATE
        else:
            assert (code, base) == (0, len(log))
            log.append(Entry(known.open if transactional else None, producer_id))
            self.sequences[pid, producer_id] = (epoch, first + 1)

    @rule(name=names, index=st.integers(0, PARTITIONS - 1))
    def work(self, name: str, index: int) -> None:
        """What a client does that is well, as far as one batch."""
        if name not in self.ids:
            self.initialise(name, None)
        self.add(name, 0, {index}, None)
        self.produce(name, 0, index, True)

    @precondition(lambda self: any(known.open for known in self.ids.values()))
    @rule(commit=st.booleans(), bump=st.booleans(), first=st.booleans())
    def finish(self, commit: bool, bump: bool, first: bool) -> None:
        """The same client ends what it has open."""
        opened = [name for name, known in sorted(self.ids.items()) if known.open is not None]
        self.end(opened[0 if first else -1], 0, commit, bump)

    @precondition(lambda self: any(known.open for known in self.ids.values()))
    @rule(says=st.booleans())
    def crash(self, says: bool) -> None:
        """A client begins again with something open."""
        opened = [name for name, known in sorted(self.ids.items()) if known.open is not None]
        self.initialise(opened[0], -1 if says else None)

    @rule(index=st.integers(0, PARTITIONS - 1))
    def produce_plain(self, index: int) -> None:
        pid = self.pids[index]
        assert self.append(pid, -1, -1, -1, False) == (0, len(self.logs[pid]))
        self.logs[pid].append(Entry(None))

    def append(self, pid: int, producer_id: int, epoch: int, first: int, transactional: bool) -> tuple[int, int]:
        entry = batch(producer=producer_id, epoch=epoch, first=first, transactional=transactional)
        self.objects += 1
        commit = group({pid: [entry]}, object_id=self.objects)
        ((answer,),) = self.both(lambda catalog: catalog.commit_spans(commit))
        return answer.error_code, answer.base_offset

    @precondition(lambda self: self.ids)
    @rule(name=names, age=ages, commit=st.booleans(), bump=st.booleans())
    def end(self, name: str, age: int, commit: bool, bump: bool) -> None:
        """Once, again, or long after."""
        if name not in self.ids:
            return
        known, credential = self.ids[name], self.credential(name, age)
        self.next_id += 1
        fresh = self.next_id
        answer = self.both(lambda catalog: catalog.end_transaction(name, *credential, commit, bump, fresh, NOW))
        repeated = bump and known.open is None and credential == known.previous and known.previous_ended is not None
        if repeated:
            wanted = ErrorCode.NONE if commit == known.previous_ended else ErrorCode.INVALID_TXN_STATE
        elif credential != known.current:
            wanted = self.add_refusal(name, credential, ErrorCode.PRODUCER_FENCED)
        elif known.open is not None or (bump and not commit):
            wanted = ErrorCode.NONE
        else:
            wanted = ErrorCode.NONE if not bump and known.last_outcome is commit else ErrorCode.INVALID_TXN_STATE
        assert answer.error_code is wanted
        if wanted is not ErrorCode.NONE:
            return
        ends = known.open is not None
        assert (answer.ended is not None) == ends
        if bump and not repeated:
            producer_id, epoch = credential
            if ends:
                self.end_work(known, commit, epoch + 1)
            known.previous, known.previous_ended, known.last_outcome = credential, commit, commit
            self.take(known, (fresh, 0) if epoch >= LAST_EPOCH else (producer_id, epoch + 1))
        elif ends:
            self.end_work(known, commit, credential[1])
            known.previous, known.previous_ended = None, None
        assert (answer.producer_id, answer.epoch) == known.current

    @precondition(lambda self: any(known.open for known in self.ids.values()))
    @rule(name=names)
    def time_out(self, name: str) -> None:
        """Its producer learns of it when it comes back."""
        known = self.ids.get(name)
        if known is None or known.open is None:
            return
        producer_id, epoch = known.current
        answer = self.both(lambda catalog: catalog.abort_transaction(name, producer_id, epoch, NOW))
        assert (answer.error_code, answer.epoch) == (ErrorCode.NONE, epoch + 1)
        self.end_work(known, False, epoch + 1)
        known.current, known.previous, known.previous_ended = (producer_id, epoch + 1), None, None
        if epoch < LAST_EPOCH:  # it may go on, as if the answer to an abort of its own had been lost
            self.take(known, known.current)
            known.previous, known.previous_ended = (producer_id, epoch), False

    @precondition(lambda self: self.ids)
    @rule(
        name=names,
        age=ages,
        index=st.integers(0, PARTITIONS - 1),
        commit=st.booleans(),
        above=st.integers(0, 1),
        bumps=st.booleans(),
    )
    def write_marker(self, name: str, age: int, index: int, commit: bool, above: int, bumps: bool) -> None:
        """An operator ends on one partition what a producer has open there, if anything; its coordinator is told nothing."""
        if name not in self.ids:
            return
        producer_id, of_producer = self.credential(name, age)
        epoch, pid = of_producer + above, self.pids[index]
        log, (at_epoch, _) = self.logs[pid], self.sequences.get((pid, producer_id), (-1, 0))
        undecided = [
            entry
            for entry in log
            if entry.producer_id == producer_id and entry.work is not None and entry.work.outcome is None
        ]
        wish = MarkerWish(pid, producer_id, epoch, commit, 0, 2 if bumps else 0)
        (code,), ended = self.both(lambda catalog: catalog.write_markers([wish], NOW))
        if epoch < at_epoch or (bumps and epoch == at_epoch and undecided):
            assert (code, ended.markers) == (ErrorCode.INVALID_PRODUCER_EPOCH, [])
            return
        assert (code, ended.markers) == (ErrorCode.NONE, [Marker(pid, len(log), producer_id, epoch, commit, NOW)])
        part = Work(producer_id, commit) if undecided else None
        for entry in undecided:
            entry.work = part
        log.append(Entry(part, producer_id, is_marker=True))
        if epoch > at_epoch:
            self.sequences[pid, producer_id] = (epoch, 0)

    @rule()
    def restart(self) -> None:
        """Everything is in the database."""
        self.portal.call(self.other.aclose)
        self.other = self.opened()

    # What everybody sees

    @invariant()
    def logs_are_what_they_should_be(self) -> None:
        """Bounds, aborted transactions for whatever range is asked for, and what a read_committed consumer makes of them."""
        for pid, log in self.logs.items():
            undecided = [at for at, entry in enumerate(log) if entry.work is not None and entry.work.outcome is None]
            stable = min(undecided, default=len(log))
            for bounds in self.each(partial(bounds_of, pid=pid)):
                assert (bounds.high_watermark, bounds.last_stable_offset) == (len(log), stable)
            every = aborted_in(log)
            for start in {0, stable // 3, stable - 1} - {-1}:
                found = self.both(partial(aborted_of, pid=pid, first=start, upper=stable))
                assert found == [one for one in every if one.last_offset >= start and one.first_offset < stable]
                assert consumed(log, start, stable, found) == [
                    at
                    for at in range(start, stable)
                    if not log[at].is_marker and (log[at].work is None or log[at].work.outcome)  # type: ignore[union-attr]
                ]

    @invariant()
    def producers_are_where_they_should_be(self) -> None:
        """Epoch, next sequence, and since when a transaction is open."""
        for pid, log in self.logs.items():
            wanted = {}
            for (of, producer_id), (epoch, following) in self.sequences.items():
                if of == pid:
                    own = (
                        at
                        for at, entry in enumerate(log)
                        if entry.producer_id == producer_id and entry.work is not None and entry.work.outcome is None
                    )
                    wanted[producer_id] = (epoch, following - 1, next(own, None))
            for state in self.both(partial(producers_of, pid=pid)):
                assert (state.epoch, state.last_sequence, state.open_first_offset) == wanted.pop(state.producer_id)
            assert wanted == {}

    @invariant()
    def ids_are_who_they_should_be(self) -> None:
        """Nothing of an ended transaction is left, and no offset is seen before its commit."""
        for catalog in (self.memory, self.other):
            assert {state.transactional_id for state in catalog.peek_transactions()} == set(self.ids)
            for name, known in self.ids.items():
                state = catalog.peek_transaction(name)
                assert state is not None
                assert (state.producer_id, state.epoch) == known.current
                assert (state.status.name == "ONGOING") == (known.open is not None)
                assert (set(state.partitions), set(state.groups)) == (known.partitions, known.groups)
                assert catalog.pending_offsets(name) == ({} if known.open is None else known.open.offsets)
        assert self.both(lambda catalog: catalog.load_offsets()) == self.committed
        wanted = {producer_id: name for name, known in self.ids.items() for producer_id in [known.current[0]]}
        assert self.both(partial(owners_of, producer_ids={each for known in self.ids.values() for each, _ in known.ever})) == wanted


async def bounds_of(catalog: Catalog, *, pid: int) -> LogBounds:
    return (await catalog.bounds([pid]))[pid]


async def owners_of(catalog: Catalog, *, producer_ids: set[int]) -> dict[int, str]:
    found = {each: await catalog.find_transaction_of_producer(each) for each in producer_ids}
    return {each: state.transactional_id for each, state in found.items() if state is not None}


async def aborted_of(catalog: Catalog, *, pid: int, first: int, upper: int) -> list[AbortedTransaction]:
    return await catalog.aborted(pid, first, upper)


async def producers_of(catalog: Catalog, *, pid: int) -> list[ProducerState]:
    return await catalog.producers(pid)


def aborted_in(log: list[Entry]) -> list[AbortedTransaction]:
    """By looking at every record, in the order of their markers."""
    found = []
    for at, entry in enumerate(log):
        if entry.is_marker and entry.work is not None and not entry.work.outcome:
            first = next(offset for offset, other in enumerate(log) if other.work is entry.work)
            found.append(AbortedTransaction(entry.producer_id, first, at))
    return found


def consumed(log: list[Entry], start: int, end: int, aborted: list[AbortedTransaction]) -> list[int]:
    """The offsets that a client returns to its application: it knows the batches and the list of aborted transactions, no more."""
    ahead = sorted(aborted, key=lambda one: one.first_offset)
    ignored: set[int] = set()
    returned = []
    for at in range(start, end):
        entry = log[at]
        while ahead and ahead[0].first_offset <= at:
            ignored.add(ahead.pop(0).producer_id)
        if entry.is_marker:
            ignored.discard(entry.producer_id)
        elif entry.work is None or entry.producer_id not in ignored:
            returned.append(at)
    return returned


class InSqlite(Transactions):
    """A file that is opened again and again."""

    def opened(self) -> Catalog:
        async def open_here() -> SqliteCatalog:
            return SqliteCatalog.open(self.directory / "catalog.db", tail_spans=2)

        return self.portal.call(open_here)


class InPostgres(Transactions):
    """A database that one broker after another works with."""

    url: str | None = None

    def opened(self) -> Catalog:
        if self.url is None:
            borrowed = self.portal.wrap_async_context_manager(postgres_server().borrowed_database())
            self.url = self.cleanup.enter_context(borrowed)
        url = self.url

        async def open_here() -> PostgresCatalog:
            catalog = await PostgresCatalog.open(url)
            await catalog.load_transactions(range(SHARDS))
            return catalog

        return self.portal.call(open_here)


InSqlite.TestCase.settings = settings(stateful_step_count=60)
InPostgres.TestCase.settings = settings(stateful_step_count=40, max_examples=max(settings().max_examples // 8, 5))
TestTransactionsInSqlite = InSqlite.TestCase
TestTransactionsInPostgres = InPostgres.TestCase
