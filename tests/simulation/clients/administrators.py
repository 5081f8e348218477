"""Administrators: topics come and go, get more partitions, lose records; groups are deleted under those who commit to them."""

from typing import Any, Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
)
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.delete_topics import DeleteTopicsRequest
from broker.wire.messages.end_txn import EndTxnRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from tests.simulation.clients.base import RETRIABLE, Client, name_of
from tests.simulation.clients.offsets import OffsetKeeper
from tests.simulation.clients.records import PRODUCE, produce_request
from tests.simulation.clients.transformers import ADD_PARTITIONS, END_TXN, INIT_PRODUCER_ID
from tests.simulation.group_ledger import FORGOTTEN_AFTER_S, GroupLedger
from tests.simulation.ledger import Ledger, Partition
from tests.simulation.machine import Machine
from tests.simulation.network import Gone

CREATE_TOPICS: Final = 19
DELETE_TOPICS: Final = 20
DELETE_RECORDS: Final = 21
CREATE_PARTITIONS: Final = 37
DELETE_GROUPS: Final = 42


def new_topic(name: str, partitions: int, **config: str) -> CreateTopicsRequest:
    """``config`` by Kafka's names with underscores for dots."""
    configs = [CreateTopicsRequestCreatableTopicConfig(name=key.replace("_", "."), value=value) for key, value in config.items()]
    topic = CreateTopicsRequestCreatableTopic(name=name, num_partitions=partitions, replication_factor=1, configs=configs)
    return CreateTopicsRequest(topics=[topic], timeout_ms=10_000)


class TopicAdmin(Client):
    """Creates topics, writes to them and deletes them, one after the other. What the broker says must be what was done: once an answer is
    lost, nobody knows any more, and the topic is left as it is."""

    lingers = False

    async def run(self) -> None:
        number = 0
        while True:
            number += 1
            await self._come_and_go(f"{self.name}-{number}")
            await anyio.sleep(self.chance.seconds(10))

    async def _come_and_go(self, name: str) -> None:
        if not await self._until_done(CREATE_TOPICS, 5, new_topic(name, 1 + self.chance.random.randrange(3)), lambda answer: answer.topics[0].error_code):
            return
        for at in range(self.chance.random.randrange(4)):
            await self._until_done(PRODUCE, 9, produce_request((name, 0), [b"%d" % at]), _produce_error)
            await anyio.sleep(self.chance.seconds(3))
        if not await self._until_done(
            DELETE_TOPICS, 5, DeleteTopicsRequest(topic_names=[name], timeout_ms=10_000), lambda answer: answer.responses[0].error_code
        ):
            return
        self.note(f"{name} deleted")
        after = await self._error(PRODUCE, 9, produce_request((name, 0), [b"late"]), _produce_error)
        self.ledger.check(after in (None, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), f"{name} was deleted, and a produce to it said {after}")

    async def _error(self, key: int, version: int, request: Any, error_of: Any) -> int | None:
        try:
            return int(error_of(await self.ask(key, version, request)))
        except Gone:
            return None

    async def _until_done(self, key: int, version: int, request: Any, error_of: Any) -> bool:
        """False when an answer was lost. Refusals that may pass are asked again: nothing was done."""
        while True:
            error = await self._error(key, version, request, error_of)
            if not error:
                return error == 0
            if error not in RETRIABLE:
                raise self.defect(f"{type(request).__name__}: {name_of(error)}")
            await self.pause()


class TransactionAdmin(TopicAdmin):
    """Deletes its topics under an open transaction, which then goes on without them."""

    async def _come_and_go(self, name: str) -> None:
        begin = InitProducerIdRequest(transactional_id=self.name, transaction_timeout_ms=60_000)
        began = await self.insist(INIT_PRODUCER_ID, 4, begin, lambda answer: answer.error_code)
        producer_id, epoch = began.producer_id, began.producer_epoch
        steps: list[tuple[int, int, Any, Any]] = [
            (CREATE_TOPICS, 5, new_topic(name, 1), lambda answer: answer.topics[0].error_code),
            (
                ADD_PARTITIONS,
                3,
                AddPartitionsToTxnRequest(
                    v3_and_below_transactional_id=self.name,
                    v3_and_below_producer_id=producer_id,
                    v3_and_below_producer_epoch=epoch,
                    v3_and_below_topics=[AddPartitionsToTxnTopic(name=name, partitions=[0])],
                ),
                lambda answer: answer.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code,
            ),
            (PRODUCE, 9, produce_request((name, 0), [b"gone"], producer_id, epoch, 0, self.name), _produce_error),
            (DELETE_TOPICS, 5, DeleteTopicsRequest(topic_names=[name], timeout_ms=10_000), lambda answer: answer.responses[0].error_code),
            (
                END_TXN,
                3,
                EndTxnRequest(
                    transactional_id=self.name, producer_id=producer_id, producer_epoch=epoch, committed=self.chance.happens(0.5)
                ),
                lambda answer: answer.error_code,
            ),
        ]
        for step in steps:
            if not await self._until_done(*step):
                return
            await anyio.sleep(self.chance.seconds(2))
        self.note(f"the transaction outlived {name}")


def _produce_error(answer: Any) -> int:
    return int(answer.responses[0].partition_responses[0].error_code)


class RecordsAdmin(Client):
    """Deletes records from the beginning of logs."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, partitions: list[Partition]) -> None:
        super().__init__(name, machine, ledger)
        self._partitions = partitions

    async def run(self) -> None:
        while True:
            await anyio.sleep(5 + self.chance.seconds(60))
            partition = self.chance.pick(self._partitions)
            offset = self.chance.random.randrange(-1, self.ledger.high[partition] + 1)
            part = DeleteRecordsPartition(partition_index=partition[1], offset=offset)
            request = DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=partition[0], partitions=[part])], timeout_ms=10_000)
            before = self.ledger.start[partition]
            try:
                answer = (await self.ask(DELETE_RECORDS, 2, request)).topics[0].partitions[0]
            except Gone:
                continue
            if answer.error_code and answer.error_code not in RETRIABLE and answer.error_code != ErrorCode.OFFSET_OUT_OF_RANGE:
                raise self.defect(f"delete records: {name_of(answer.error_code)}")
            if not answer.error_code:
                self.note(f"{partition} begins at {answer.low_watermark}")
                self.ledger.check(answer.low_watermark >= max(before, offset), f"{partition} begins at {answer.low_watermark}, {offset} was asked")
                self.ledger.start[partition] = max(self.ledger.start[partition], answer.low_watermark)


class PartitionsAdmin(Client):
    """Gives a topic more partitions."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, topic: str, count: int, most: int) -> None:
        super().__init__(name, machine, ledger)
        self._topic, self._count, self._most = topic, count, most

    async def run(self) -> None:
        while self._count < self._most:
            await anyio.sleep(5 + self.chance.seconds(120))
            self._count += 1
            request = CreatePartitionsRequest(
                topics=[CreatePartitionsTopic(name=self._topic, count=self._count, assignments=None)], timeout_ms=10_000
            )
            # A first one whose answer was lost has done it already.
            await self.insist(CREATE_PARTITIONS, 2, request, lambda answer: answer.results[0].error_code, (0, ErrorCode.INVALID_PARTITIONS))


class Committer(OffsetKeeper):
    """Commits and reads offsets without being a member, and at times deletes the group."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, groups: GroupLedger, partition: Partition) -> None:
        super().__init__(name, machine, ledger)
        self.group, self.groups = name, groups
        self._partition = partition

    async def run(self) -> None:
        offset = 0
        while True:
            offset += 1
            error = await self.commit(self._partition, offset, "", -1)
            if error and error not in RETRIABLE:
                raise self.defect(f"commit: {name_of(error)}")
            await anyio.sleep(self.chance.seconds(self.chance.pick((1, 3, 20))))
            await self.committed(self._partition)
            if self.chance.happens(0.05):
                await self._delete()

    async def _delete(self) -> None:
        self.groups.group_deleted(self.group, anyio.current_time() + FORGOTTEN_AFTER_S)
        try:
            answer = await self.ask(DELETE_GROUPS, 2, DeleteGroupsRequest(groups_names=[self.group]))
        except Gone:
            return
        error = answer.results[0].error_code
        if error not in (0, ErrorCode.GROUP_ID_NOT_FOUND, *RETRIABLE):
            raise self.defect(f"delete group: {name_of(error)}")
        self.groups.group_deleted(self.group, anyio.current_time())
        if not error:
            self.note("group deleted")
            self.ledger.check(await self.committed(self._partition) == -1 or not self.is_sure, f"{self.group} was deleted and has offsets")

    @property
    def is_sure(self) -> bool:
        """Whether nothing of its own can still be under way."""
        return all(write.ended is not None for write in self.groups.writes_of(self.group))
