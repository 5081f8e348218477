"""Brokers' worth of load on one catalog through proxies that fail, and a ledger of every outcome that somebody was told."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.errors import BrokerError, StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW


@dataclass(slots=True)
class Ledger:
    """``appended``: by partition, base offset and number of records of every batch that was said to be appended. ``markers``: of transactions."""

    appended: dict[int, dict[int, int]] = field(default_factory=dict)
    markers: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def note(self, pid: int, answer: Appended, records: int) -> None:
        """A batch was said to stand somewhere: nothing else was ever said to stand there."""
        bases = self.appended.setdefault(pid, {})
        if answer.duplicate:
            assert bases.get(answer.base_offset, records) == records, "a duplicate of another batch"
            self.outcomes["duplicates"] += 1
        else:
            assert answer.base_offset not in bases, f"two batches at offset {answer.base_offset} of {pid}"
        bases[answer.base_offset] = records


class BrokerLoad:
    """One broker: it commits flushes of plain and idempotent batches for all partitions, and now and then one twice at once; it trims logs."""

    def __init__(self, catalog: PostgresCatalog, number: int, pids: Sequence[int], ledger: Ledger, chance: random.Random) -> None:
        self.catalog = catalog
        self.number = number
        self.pids = pids
        self.ledger = ledger
        self._chance = chance
        self._next_object = number * 10**9
        self._sequences: dict[int, int] = dict.fromkeys(pids, 0)

    async def produce(self) -> None:
        """One commit of one to three objects, until it is known to be in; then its answers are in the ledger."""
        flushes = [self._flush() for _ in range(self._chance.choice((1, 1, 2, 3)))]
        while True:
            groups = [self._stored(flush) for flush in flushes]
            try:
                answers = await self._told(groups)
            except StorageUnavailable:
                self.ledger.outcomes["never"] += 1
                continue
            break
        self.ledger.outcomes["committed"] += 1
        for group, own in zip(groups, answers, strict=True):
            for entry, batches in zip(group.spans, own, strict=True):
                for batch, answer in zip(entry.batches, batches, strict=True):
                    assert not answer.error_code, answer
                    self.ledger.note(entry.pid, answer, batch.record_count)

    async def trim(self) -> None:
        """Move some log's start to somewhere."""
        pid = self._chance.choice(self.pids)
        try:
            bounds = (await self.catalog.bounds([pid]))[pid]
            offset = self._chance.randint(bounds.log_start, bounds.high_watermark)
            assert (await self.catalog.advance_log_start(pid, offset)).log_start >= offset
        except (StorageUnavailable, Unresolved):
            self.ledger.outcomes["trims that failed"] += 1

    async def transact(self, turn: int) -> None:
        """One transaction over two partitions, from its begin to its end, each step until it is known to be done."""
        producer_id = 10_000 + self.number * 1_000_000 + turn
        name = f"transaction {self.number} {turn}"
        pids = self._chance.sample(list(self.pids), 2)
        await self._insist(lambda: self.catalog.init_transaction(name, 600_000, -1, -1, NOW, producer_id))
        await self._insist(lambda: self.catalog.add_to_transaction(name, producer_id, 0, pids, None, NOW))
        batch = BatchEntry(3, 90, NOW, producer_id, 0, 0, 2, transactional=True)
        while True:
            try:
                ((*answers,),) = (await self._told([self._stored([(pid, [batch]) for pid in pids])]),)
            except StorageUnavailable:
                continue
            break
        for pid, (answer,) in zip(pids, answers[0], strict=True):
            assert not answer.error_code, answer
            self.ledger.note(pid, answer, 3)
        commit = self._chance.random() < 0.5
        await self._insist(lambda: self.catalog.end_transaction(name, producer_id, 0, commit, False, -1, NOW))
        self.ledger.markers.update(pids)
        self.ledger.outcomes["transactions"] += 1

    async def _insist(self, step: object) -> None:
        assert callable(step)
        while True:
            try:
                answer = await step()
            except (StorageUnavailable, Unresolved):
                continue
            code = getattr(answer, "error_code", answer)
            if code is ErrorCode.CONCURRENT_TRANSACTIONS:
                continue
            assert code is ErrorCode.NONE, code
            return

    async def _told(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        """Until there is an answer: what is unresolved is asked for again under the same ids."""
        while True:
            try:
                return await self.catalog.commit_groups(groups)
            except Unresolved:
                self.ledger.outcomes["unresolved"] += 1
            except StorageUnavailable:
                raise
            except BrokerError as error:
                raise AssertionError("nothing else may be said") from error

    def _stored(self, flush: Sequence[tuple[int, list[BatchEntry]]]) -> CommitGroup:
        """The flush in an object of a new id, as a store would give it."""
        self._next_object += 1
        entries, at = [], 0
        for pid, batches in flush:
            entries.append(SpanEntry(pid, at, batches))
            at += sum(batch.length for batch in batches)
        return CommitGroup(self._next_object, 0, at, entries, NOW)

    def _flush(self) -> list[tuple[int, list[BatchEntry]]]:
        chosen = self._chance.sample(list(self.pids), self._chance.randint(1, len(self.pids)))
        return [(pid, [self._batch(pid) for _ in range(self._chance.randint(1, 3))]) for pid in chosen]

    def _batch(self, pid: int) -> BatchEntry:
        records = self._chance.randint(1, 4)
        if self._chance.random() < 0.5:
            return BatchEntry(records, records * 30, NOW)
        first = self._sequences[pid]
        self._sequences[pid] += records
        return BatchEntry(records, records * 30, NOW, 1 + self.number, 0, first, first + records - 1)
