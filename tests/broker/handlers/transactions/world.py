"""Producers of the group world's transactions: what every test of this family starts with."""

from typing import Any

from broker.handlers.producers import init_producer_id
from broker.handlers.transactions import add_partitions_to_txn, end_txn
from broker.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from broker.wire.messages.end_txn import EndTxnRequest, EndTxnResponse
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from tests.broker.handlers.groups.world import GroupWorld

TIMEOUT_MS = 60_000


class Producer:
    """A transactional producer that speaks one version of each request."""

    def __init__(self, world: GroupWorld, name: str, producer_id: int, epoch: int) -> None:
        self.world, self.name, self.producer_id, self.epoch = world, name, producer_id, epoch

    async def add(self, version: int = 3, *, verify: bool = False, **topics: list[int]) -> dict[tuple[str, int], int]:
        """AddPartitionsToTxn; the error of each partition."""
        named = [AddPartitionsToTxnTopic(name=name, partitions=indexes) for name, indexes in topics.items()]
        if version >= 4:
            request = AddPartitionsToTxnRequest(transactions=[self.part(named, verify=verify)])
        else:
            request = AddPartitionsToTxnRequest(
                v3_and_below_transactional_id=self.name,
                v3_and_below_producer_id=self.producer_id,
                v3_and_below_producer_epoch=self.epoch,
                v3_and_below_topics=named,
            )
        response = await self.world.ask(add_partitions_to_txn.HANDLER, request, version)
        if version >= 4:
            (result,) = response.results_by_transaction
            assert (response.error_code, result.transactional_id) == (0, self.name)
            return errors_of(result.topic_results)
        return errors_of(response.results_by_topic_v3_and_below)

    def part(self, topics: list[AddPartitionsToTxnTopic], *, verify: bool = False) -> AddPartitionsToTxnTransaction:
        """This producer's part of a request for several."""
        return AddPartitionsToTxnTransaction(
            transactional_id=self.name,
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            verify_only=verify,
            topics=topics,
        )

    async def end(self, version: int = 4, *, commit: bool = True) -> EndTxnResponse:
        request = EndTxnRequest(
            transactional_id=self.name, producer_id=self.producer_id, producer_epoch=self.epoch, committed=commit
        )
        response: EndTxnResponse = await self.world.ask(end_txn.HANDLER, request, version)
        return response


async def producer(world: GroupWorld, name: str = "x") -> Producer:
    """Whoever had the name before is fenced."""
    request = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=TIMEOUT_MS)
    answer = await world.ask(init_producer_id.HANDLER, request, 5)
    assert answer.error_code == 0
    return Producer(world, name, answer.producer_id, answer.producer_epoch)


def errors_of(topics: list[Any]) -> dict[tuple[str, int], int]:
    """Of an answer to AddPartitionsToTxn."""
    return {
        (topic.name, result.partition_index): result.partition_error_code
        for topic in topics
        for result in topic.results_by_partition
    }
