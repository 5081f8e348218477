"""A producer with a transactional id, driving catalog, writer and reader as the handlers do; and a consumer that reads as clients do."""

from collections.abc import Sequence
from heapq import heapify, heappop

from broker.log.fetch_plan import PartitionAnswer
from broker.model import Appended
from broker.storage.catalog.transactions import Ended
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import compute_crc, iter_batches
from broker.wire.records.control import ABORT, decode_marker
from broker.wire.records.record import iter_records
from tests.broker.log.harness import Log, batch


class TransactionalProducer:
    """Begins its transactions by itself. Call :meth:`init` first."""

    def __init__(self, log: Log, transactional_id: str = "tx") -> None:
        self.log = log
        self.transactional_id = transactional_id
        self.producer_id = -1
        self.epoch = -1
        self.is_open = False
        self._sequences: dict[int, int] = {}

    async def init(self) -> "TransactionalProducer":
        """Take a producer id and epoch; what was open before is aborted."""
        catalog = self.log.catalog
        fresh = await catalog.allocate_producer_ids(1)
        answer = await catalog.init_transaction(self.transactional_id, 60_000, -1, -1, self.log.clock, fresh)
        assert answer.error_code is ErrorCode.NONE
        self.producer_id, self.epoch = answer.producer_id, answer.epoch
        self._sequences.clear()
        self.is_open = False
        if answer.ended is not None:
            self.log.reader.transaction_ended(answer.ended)
        return self

    def batch(self, pid: int, count: int = 1, **fields: int) -> bytearray:
        """The next batch of the open transaction on ``pid``, which :meth:`add` must have added."""
        first = self._sequences.get(pid, 0)
        self._sequences[pid] = first + count
        return batch(
            count,
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            base_sequence=first,
            transactional=True,
            **fields,
        )

    async def add(self, *pids: int) -> None:
        """Add partitions, which begins a transaction when there is none."""
        code = await self.log.catalog.add_to_transaction(
            self.transactional_id, self.producer_id, self.epoch, pids, None, self.log.clock
        )
        assert code is ErrorCode.NONE
        self.is_open = True

    async def append(self, pid: int, *counts: int) -> list[Appended]:
        """Write batches of so many records into the transaction, in one group."""
        await self.add(pid)
        answers = await self.log.append(pid, *[self.batch(pid, count) for count in counts])
        assert all(answer.error_code == 0 for answer in answers)
        return answers

    async def end(self, commit: bool = True, *, told: bool = True) -> Ended:
        """Commit or abort, and tell the reader unless it is not to be ``told`` (yet)."""
        catalog = self.log.catalog
        answer = await catalog.end_transaction(
            self.transactional_id, self.producer_id, self.epoch, commit, False, -1, self.log.clock
        )
        assert answer.error_code is ErrorCode.NONE
        assert answer.ended is not None
        self.is_open = False
        if told:
            self.log.reader.transaction_ended(answer.ended)
        return answer.ended


def offsets_kept(answer: PartitionAnswer, offset: int) -> list[int]:
    """The offsets of the records that a read_committed client hands on, of an answer to a fetch at ``offset``.

    As Java's client does it: the aborted transactions in the order of their first offsets begin to count when a batch reaches
    that, and end with the abort marker of their producer. Each answer stands for itself.
    """
    upcoming = [(each.first_offset, each.producer_id) for each in answer.aborted]
    heapify(upcoming)
    aborted: set[int] = set()
    kept: list[int] = []
    for each in answer.records:
        for at, header in iter_batches(each):
            assert compute_crc(each, at) == header.crc
            while upcoming and upcoming[0][0] <= header.last_offset:
                aborted.add(heappop(upcoming)[1])
            if header.is_control:
                if decode_marker(each, at, header).kind == ABORT:
                    aborted.discard(header.producer_id)
            elif not (header.is_transactional and header.producer_id in aborted):
                kept += [record.offset for record in iter_records(each, at, header) if record.offset >= offset]
    return kept


def next_offset(answer: PartitionAnswer) -> int:
    """Where a client goes on after ``answer``: behind its last batch."""
    *_, (_, last) = [found for each in answer.records for found in iter_batches(each)]
    return last.next_offset


def bases(answers: Sequence[PartitionAnswer]) -> list[list[int]]:
    """The base offsets of the batches of each answer."""
    return [[header.base_offset for each in answer.records for _, header in iter_batches(each)] for answer in answers]
