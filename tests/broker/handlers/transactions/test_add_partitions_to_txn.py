"""AddPartitionsToTxn: all partitions or none, and the forms of its versions."""

import pytest

from broker.handlers.transactions.add_partitions_to_txn import HANDLER
from broker.storage.catalog.transactions import TransactionStatus
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from tests.broker.handlers.groups.world import group_world
from tests.broker.handlers.transactions.world import Producer, errors_of, producer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_partitions_open_a_transaction(version: int) -> None:
    """Adding one again changes nothing."""
    async with group_world() as world:
        one = await producer(world)
        assert await one.add(version, t=[0, 1]) == {("t", 0): 0, ("t", 1): 0}
        assert await one.add(version, t=[1], u=[0]) == {("t", 1): 0, ("u", 0): 0}
        state = world.transactions.transaction("x")
        assert state is not None
        assert state.status is TransactionStatus.ONGOING
        assert len(state.partitions) == 3


@pytest.mark.parametrize("version", [3, 4])
async def test_one_unknown_partition_keeps_the_others_out(version: int) -> None:
    """They are told that they were not tried."""
    async with group_world() as world:
        one = await producer(world)
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert await one.add(version, t=[0, 2], nowhere=[0]) == {
            ("t", 0): ErrorCode.OPERATION_NOT_ATTEMPTED,
            ("t", 2): unknown,
            ("nowhere", 0): unknown,
        }
        assert world.transactions.open_count == 0


@pytest.mark.parametrize(
    ("version", "code"),
    [(0, ErrorCode.INVALID_PRODUCER_EPOCH), (1, ErrorCode.INVALID_PRODUCER_EPOCH), (2, ErrorCode.PRODUCER_FENCED), (5, ErrorCode.PRODUCER_FENCED)],
)
async def test_the_fenced_are_told_so_as_they_know_it(version: int, code: ErrorCode) -> None:
    """Before version 2 there was no code of its own for it."""
    async with group_world() as world:
        old = await producer(world)
        await producer(world)
        assert await old.add(version, t=[0]) == {("t", 0): code}


@pytest.mark.parametrize("version", [3, 5])
async def test_an_id_that_is_none_or_not_known(version: int) -> None:
    """Empty: INVALID_REQUEST."""
    async with group_world() as world:
        assert await Producer(world, "", 1, 0).add(version, t=[0]) == {("t", 0): ErrorCode.INVALID_REQUEST}
        assert await Producer(world, "y", 1, 0).add(version, t=[0]) == {("t", 0): ErrorCode.INVALID_PRODUCER_ID_MAPPING}


async def test_verification_changes_nothing() -> None:
    """What brokers of Kafka ask each other before they append."""
    async with group_world() as world:
        one = await producer(world)
        assert await one.add(4, verify=True, t=[0]) == {("t", 0): ErrorCode.TRANSACTION_ABORTABLE}
        assert world.transactions.open_count == 0
        await one.add(t=[0])
        assert await one.add(5, verify=True, t=[0, 1]) == {("t", 0): 0, ("t", 1): ErrorCode.TRANSACTION_ABORTABLE}
        stranger = Producer(world, "x", one.producer_id + 1, one.epoch)
        assert await stranger.add(4, verify=True, t=[0]) == {("t", 0): ErrorCode.INVALID_PRODUCER_ID_MAPPING}
        late = Producer(world, "x", one.producer_id, one.epoch + 1)
        assert await late.add(4, verify=True, t=[0]) == {("t", 0): ErrorCode.PRODUCER_FENCED}


async def test_several_transactions_in_one_request_are_answered_each_for_itself() -> None:
    """One that fails takes nothing from the others."""
    async with group_world() as world:
        one, two = await producer(world, "one"), await producer(world, "two")
        two.epoch += 1
        topics = [AddPartitionsToTxnTopic(name="t", partitions=[0])]
        request = AddPartitionsToTxnRequest(transactions=[one.part(topics), two.part(topics)])
        response = await world.ask(HANDLER, request, 4)
        assert [(each.transactional_id, errors_of(each.topic_results)) for each in response.results_by_transaction] == [
            ("one", {("t", 0): 0}),
            ("two", {("t", 0): ErrorCode.PRODUCER_FENCED}),
        ]


async def test_refusing_all() -> None:
    """Each partition gets the error, in the form of the version."""
    async with group_world() as world:
        topics = [AddPartitionsToTxnTopic(name="t", partitions=[0, 1])]
        old = world.refuse(HANDLER, AddPartitionsToTxnRequest(v3_and_below_topics=topics), 3)
        new = world.refuse(HANDLER, AddPartitionsToTxnRequest(transactions=[Producer(world, "x", 1, 0).part(topics)]), 4)
        both = dict.fromkeys([("t", 0), ("t", 1)], ErrorCode.NOT_COORDINATOR)
        assert errors_of(old.results_by_topic_v3_and_below) == both
        assert new.error_code == ErrorCode.NOT_COORDINATOR
        assert errors_of(new.results_by_transaction[0].topic_results) == both
