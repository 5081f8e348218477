"""Consume, transform, produce: outputs and the group's offset of the input in one transaction. Each transformer has one input partition and
one transactional id; a new instance of it takes over while the old one, which does not know, may go on."""

from typing import Any, Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from broker.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from broker.wire.messages.end_txn import EndTxnRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics
from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from tests.simulation.clients.base import Fenced
from tests.simulation.clients.readers import Found, LogReader
from tests.simulation.clients.records import PRODUCE, produce_request
from tests.simulation.ledger import Ledger, Partition, Promise
from tests.simulation.machine import Machine

INIT_PRODUCER_ID: Final = 22
ADD_PARTITIONS: Final = 24
ADD_OFFSETS: Final = 25
END_TXN: Final = 26
TXN_OFFSET_COMMIT: Final = 28
OFFSET_FETCH: Final = 9
TIMEOUT_MS: Final = 20_000

_NO_MEMBER: Final = (ErrorCode.ILLEGAL_GENERATION, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.REBALANCE_IN_PROGRESS)


class Transformer(LogReader):
    """One instance. :meth:`run` ends when it is fenced, or when ``retired``."""

    def __init__(
        self,
        name: str,
        machine: Machine,
        ledger: Ledger,
        *,
        transactional_id: str,
        group: str,
        source: Partition,
        sinks: list[Partition],
        second: bool,
        member: tuple[str, int] | None = None,
    ) -> None:
        """``member``: the id and generation for which it works (KIP-447)."""
        super().__init__(name, machine, ledger, [source], committed=True, sessions=False)
        self._id = transactional_id
        self._group = group
        self._source = source
        self._sinks = sinks
        self._second = second
        """Whether it follows the second transaction protocol (KIP-890)."""
        self._member = member or ("", -1)
        self._producer_id = -1
        self._epoch = -1
        self._sequences: dict[Partition, int] = {}
        self._transactions = 0
        self.retired = False

    async def run(self) -> None:
        try:
            await self.begin()
            while not self.retired:
                await self.work()
        except Fenced as fenced:
            self.note(f"ends: {fenced}")

    async def work(self, max_wait_ms: int = 500) -> bool:
        """One transaction, if there is something to transform. Raises Fenced."""
        found = await self.poll(max_wait_ms)
        if found:
            await self._transact(found[: self.chance.random.randrange(1, 6)])
        return bool(found)

    async def begin(self) -> None:
        """Take the transactional id and find out where to go on."""
        request = InitProducerIdRequest(transactional_id=self._id, transaction_timeout_ms=TIMEOUT_MS)
        answer = await self.insist(INIT_PRODUCER_ID, 5 if self._second else 4, request, lambda answer: answer.error_code)
        self._producer_id, self._epoch = answer.producer_id, answer.producer_epoch
        self.note(f"is {self._producer_id}/{self._epoch}")
        self.positions[self._source] = await self.committed()

    async def committed(self) -> int:
        """The group's position in the input, once no transaction may change it any more."""
        topics = [OffsetFetchRequestTopics(name=self._source[0], partition_indexes=[self._source[1]])]
        request = OffsetFetchRequest(groups=[OffsetFetchRequestGroup(group_id=self._group, topics=topics)], require_stable=True)
        while True:
            answer = await self.insist(
                OFFSET_FETCH,
                8,
                request,
                lambda answer: answer.groups[0].error_code or answer.groups[0].topics[0].partitions[0].error_code,
                (0, ErrorCode.UNSTABLE_OFFSET_COMMIT),
            )
            part = answer.groups[0].topics[0].partitions[0]
            if not part.error_code:
                return max(0, int(part.committed_offset))
            await self.pause()

    async def _transact(self, inputs: list[Found]) -> None:
        self._transactions += 1
        promise = self.ledger.promise(f"{self.name}.{self._transactions}")
        for sink in [sink for sink in self._sinks if self.chance.happens(0.7)] or self._sinks[:1]:
            await self._write(promise, sink, inputs)
        position = inputs[-1][1] + 1
        if self.chance.fault(0.1):
            await anyio.sleep(self.chance.seconds(30))  # another may have taken over
        is_member = await self._commit_offset(position)
        if self.chance.fault(0.1):
            await anyio.sleep(self.chance.seconds(30))  # it may time out
        commit = is_member and self.chance.happens(0.75)
        promise.asked = commit
        answer = await self.insist(
            END_TXN,
            5 if self._second else 3,
            EndTxnRequest(
                transactional_id=self._id, producer_id=self._producer_id, producer_epoch=self._epoch, committed=commit
            ),
            lambda answer: answer.error_code,
        )
        promise.outcome = commit
        self.note(f"{promise.name} {'committed' if commit else 'aborted'} up to {position}")
        if self._second:
            self._producer_id, self._epoch = answer.producer_id, answer.producer_epoch
            self._sequences.clear()
        if not is_member:
            raise Fenced("its group has gone on")
        self.positions[self._source] = position if commit else await self.committed()

    async def _write(self, promise: Promise, sink: Partition, inputs: list[Found]) -> None:
        if not self._second:
            topic = AddPartitionsToTxnTopic(name=sink[0], partitions=[sink[1]])
            request = AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=self._id,
                v3_and_below_producer_id=self._producer_id,
                v3_and_below_producer_epoch=self._epoch,
                v3_and_below_topics=[topic],
            )
            await self.insist(
                ADD_PARTITIONS, 3, request, lambda answer: answer.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code
            )
        name = promise.name.encode()
        values = [b"%s|%s/%d@%d" % (name, self._source[0].encode(), self._source[1], offset) for _, offset, _ in inputs]
        promise.values.setdefault(sink, []).extend(values)
        first = self._sequences.get(sink, 0)
        request_of_batch = produce_request(sink, values, self._producer_id, self._epoch, first, self._id)
        answer = await self.insist(PRODUCE, 12 if self._second else 9, request_of_batch, _produce_error)
        self.ledger.appended(sink, answer.responses[0].partition_responses[0].base_offset, values)
        self._sequences[sink] = first + len(values)

    async def _commit_offset(self, position: int) -> bool:
        """False when the group has gone on without the member."""
        if not self._second:
            adding = AddOffsetsToTxnRequest(
                transactional_id=self._id, producer_id=self._producer_id, producer_epoch=self._epoch, group_id=self._group
            )
            await self.insist(ADD_OFFSETS, 3, adding, lambda answer: answer.error_code)
        partition = TxnOffsetCommitRequestPartition(partition_index=self._source[1], committed_offset=position)
        request = TxnOffsetCommitRequest(
            transactional_id=self._id,
            group_id=self._group,
            producer_id=self._producer_id,
            producer_epoch=self._epoch,
            member_id=self._member[0],
            generation_id=self._member[1],
            topics=[TxnOffsetCommitRequestTopic(name=self._source[0], partitions=[partition])],
        )
        answer = await self.insist(
            TXN_OFFSET_COMMIT, 5 if self._second else 3, request, _offset_error, (0, *_NO_MEMBER)
        )
        return not _offset_error(answer)


def _offset_error(answer: Any) -> int:
    return int(answer.topics[0].partitions[0].error_code)


def _produce_error(answer: Any) -> int:
    return int(answer.responses[0].partition_responses[0].error_code)


class Transformers:
    """Keeps instances of one transformer coming: each in the place of the last, which at times goes on beside it."""

    def __init__(self, machine: Machine, ledger: Ledger, number: int, source: Partition, sinks: list[Partition]) -> None:
        self._machine = machine
        self._ledger = ledger
        self._number = number
        self.source = source
        self._sinks = sinks
        self.group = f"transformers-{number}"
        self._instances: list[Transformer] = []
        self._closing = False

    def new(self) -> Transformer:
        """The next instance."""
        made = Transformer(
            f"t{self._number}.{len(self._instances) + 1}",
            self._machine,
            self._ledger,
            transactional_id=f"transformer-{self._number}",
            group=self.group,
            source=self.source,
            sinks=self._sinks,
            second=self._machine.chance.happens(0.5),
        )
        self._instances.append(made)
        return made

    async def run(self) -> None:
        """Until :meth:`close`, and until every instance has ended."""
        chance = self._machine.chance
        async with anyio.create_task_group() as tasks:
            while not self._closing:
                instance = self.new()
                tasks.start_soon(instance.run)
                await anyio.sleep(1 + chance.seconds(20))
                if chance.happens(0.5):
                    instance.retired = True
                    if chance.happens(0.5):
                        instance.leave()

    def close(self) -> None:
        """No more instances, and the present ones finish what they are at."""
        self._closing = True
        for instance in self._instances:
            instance.retired = True

    async def finish(self) -> int:
        """With faults over: one last instance does what is left; the group's position then."""
        last = self.new()
        await last.begin()
        while await last.work(0) or last.positions[self.source] < self._ledger.stable[self.source]:
            pass
        position = await last.committed()
        last.leave()
        return position
