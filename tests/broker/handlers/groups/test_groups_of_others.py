"""What clients hear of groups and transactional ids that another broker coordinates, or that are still being loaded: API by API, version by version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from broker.handlers.base import Handler
from broker.handlers.groups import (
    alter_share_group_offsets,
    consumer_group_describe,
    consumer_group_heartbeat,
    delete_groups,
    delete_share_group_offsets,
    describe_groups,
    describe_share_group_offsets,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    offset_commit,
    offset_delete,
    offset_fetch,
    share_group_describe,
    share_group_heartbeat,
    sync_group,
    txn_offset_commit,
)
from broker.handlers.producers import init_producer_id
from broker.handlers.transactions import (
    add_offsets_to_txn,
    add_partitions_to_txn,
    describe_transactions,
    end_txn,
    list_transactions,
)
from broker.model import CommittedOffset
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from broker.wire.messages import add_offsets_to_txn as add_offsets_message
from broker.wire.messages import add_partitions_to_txn as add_partitions_message
from broker.wire.messages import alter_share_group_offsets as alter_message
from broker.wire.messages import consumer_group_describe as consumer_describe_message
from broker.wire.messages import consumer_group_heartbeat as consumer_heartbeat_message
from broker.wire.messages import delete_groups as delete_message
from broker.wire.messages import delete_share_group_offsets as delete_share_message
from broker.wire.messages import describe_groups as describe_message
from broker.wire.messages import describe_share_group_offsets as describe_share_message
from broker.wire.messages import describe_transactions as describe_transactions_message
from broker.wire.messages import end_txn as end_message
from broker.wire.messages import heartbeat as heartbeat_message
from broker.wire.messages import init_producer_id as init_message
from broker.wire.messages import join_group as join_message
from broker.wire.messages import leave_group as leave_message
from broker.wire.messages import offset_commit as commit_message
from broker.wire.messages import offset_delete as offset_delete_message
from broker.wire.messages import offset_fetch as fetch_message
from broker.wire.messages import share_group_describe as share_describe_message
from broker.wire.messages import share_group_heartbeat as share_heartbeat_message
from broker.wire.messages import sync_group as sync_message
from broker.wire.messages import txn_offset_commit as txn_commit_message
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.list_transactions import ListTransactionsRequest
from tests.broker.coordinators.several_brokers import OneBroker, SeveralBrokers, several_brokers
from tests.broker.handlers.groups.world import GroupWorld

pytestmark = pytest.mark.anyio

OFFSET = CommittedOffset(offset=5)
ELSEWHERE, LOADING = ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS


def join(version: int) -> Any:
    protocol = join_message.JoinGroupRequestProtocol(name="range", metadata=b"")
    return join_message.JoinGroupRequest(
        group_id="g", session_timeout_ms=10_000, protocol_type="consumer", protocols=[protocol]
    )


def sync(version: int) -> Any:
    return sync_message.SyncGroupRequest(
        group_id="g", member_id="m", generation_id=1, protocol_type="consumer", protocol_name="range"
    )


def leave(version: int) -> Any:
    identity = leave_message.LeaveGroupRequestMemberIdentity(member_id="m")
    return leave_message.LeaveGroupRequest(group_id="g", member_id="m", members=[identity])


def commit(version: int) -> Any:
    partition = commit_message.OffsetCommitRequestPartition(partition_index=0, committed_offset=5)
    topic = commit_message.OffsetCommitRequestTopic(name="t", topic_id=b"T" * 16, partitions=[partition])
    return commit_message.OffsetCommitRequest(group_id="g", topics=[topic])


def fetch(version: int) -> Any:
    topics = [fetch_message.OffsetFetchRequestTopic(name="t", partition_indexes=[0])]
    of_group = fetch_message.OffsetFetchRequestGroup(
        group_id="g", topics=[fetch_message.OffsetFetchRequestTopics(name="t", topic_id=b"T" * 16, partition_indexes=[0])]
    )
    return fetch_message.OffsetFetchRequest(group_id="g", topics=topics, groups=[of_group])


def delete_offsets(version: int) -> Any:
    partition = offset_delete_message.OffsetDeleteRequestPartition(partition_index=0)
    topic = offset_delete_message.OffsetDeleteRequestTopic(name="t", partitions=[partition])
    return offset_delete_message.OffsetDeleteRequest(group_id="g", topics=[topic])


def consumer_heartbeat(version: int) -> Any:
    return consumer_heartbeat_message.ConsumerGroupHeartbeatRequest(
        group_id="g",
        member_id="m",
        member_epoch=0,
        rebalance_timeout_ms=1000,
        subscribed_topic_names=["t"],
        topic_partitions=[],
    )


def share_heartbeat(version: int) -> Any:
    return share_heartbeat_message.ShareGroupHeartbeatRequest(
        group_id="g", member_id="m", member_epoch=0, subscribed_topic_names=["t"]
    )


def describe_share_offsets(version: int) -> Any:
    group = describe_share_message.DescribeShareGroupOffsetsRequestGroup(group_id="g", topics=None)
    return describe_share_message.DescribeShareGroupOffsetsRequest(groups=[group])


def txn_commit(version: int) -> Any:
    partition = txn_commit_message.TxnOffsetCommitRequestPartition(partition_index=0, committed_offset=5)
    topic = txn_commit_message.TxnOffsetCommitRequestTopic(name="t", partitions=[partition])
    return txn_commit_message.TxnOffsetCommitRequest(
        transactional_id="x", group_id="g", producer_id=1, producer_epoch=0, topics=[topic]
    )


def add_partitions(version: int) -> Any:
    topics = [add_partitions_message.AddPartitionsToTxnTopic(name="t", partitions=[0])]
    transaction = add_partitions_message.AddPartitionsToTxnTransaction(
        transactional_id="x", producer_id=1, producer_epoch=0, topics=topics, verify_only=version == 5
    )
    return add_partitions_message.AddPartitionsToTxnRequest(
        v3_and_below_transactional_id="x",
        v3_and_below_producer_id=1,
        v3_and_below_producer_epoch=0,
        v3_and_below_topics=topics,
        transactions=[transaction],
    )


ASKED: list[tuple[Handler, Any]] = [
    (join_group.HANDLER, join),
    (sync_group.HANDLER, sync),
    (heartbeat.HANDLER, lambda version: heartbeat_message.HeartbeatRequest(group_id="g", member_id="m", generation_id=1)),
    (leave_group.HANDLER, leave),
    (offset_commit.HANDLER, commit),
    (offset_fetch.HANDLER, fetch),
    (offset_delete.HANDLER, delete_offsets),
    (delete_groups.HANDLER, lambda version: delete_message.DeleteGroupsRequest(groups_names=["g"])),
    (describe_groups.HANDLER, lambda version: describe_message.DescribeGroupsRequest(groups=["g"])),
    (consumer_group_heartbeat.HANDLER, consumer_heartbeat),
    (
        consumer_group_describe.HANDLER,
        lambda version: consumer_describe_message.ConsumerGroupDescribeRequest(group_ids=["g"]),
    ),
    (share_group_heartbeat.HANDLER, share_heartbeat),
    (share_group_describe.HANDLER, lambda version: share_describe_message.ShareGroupDescribeRequest(group_ids=["g"])),
    (describe_share_group_offsets.HANDLER, describe_share_offsets),
    (
        alter_share_group_offsets.HANDLER,
        lambda version: alter_message.AlterShareGroupOffsetsRequest(group_id="g", topics=[]),
    ),
    (
        delete_share_group_offsets.HANDLER,
        lambda version: delete_share_message.DeleteShareGroupOffsetsRequest(group_id="g", topics=[]),
    ),
    (txn_offset_commit.HANDLER, txn_commit),
    (
        init_producer_id.HANDLER,
        lambda version: init_message.InitProducerIdRequest(transactional_id="x", transaction_timeout_ms=1000),
    ),
    (add_partitions_to_txn.HANDLER, add_partitions),
    (
        add_offsets_to_txn.HANDLER,
        lambda version: add_offsets_message.AddOffsetsToTxnRequest(
            transactional_id="x", producer_id=1, producer_epoch=0, group_id="g"
        ),
    ),
    (
        end_txn.HANDLER,
        lambda version: end_message.EndTxnRequest(transactional_id="x", producer_id=1, producer_epoch=0, committed=True),
    ),
    (
        describe_transactions.HANDLER,
        lambda version: describe_transactions_message.DescribeTransactionsRequest(transactional_ids=["x"]),
    ),
]
EVERY_VERSION = [(handler, request, version) for handler, request in ASKED for version in handler.versions]


REPEATED = {ErrorCode.UNSTABLE_OFFSET_COMMIT}
"""At the partitions of an OffsetFetch whose group as a whole has an error, from v7 on: for clients that look at nothing else."""


def errors_in(message: Any) -> set[int]:
    """Every error of an answer, wherever it stands."""
    found: set[int] = set()
    for slot in getattr(message, "__slots__", ()):
        inner = getattr(message, slot)
        if slot.endswith("error_code"):
            found.add(inner)
        elif isinstance(inner, list):
            found = found.union(*(errors_in(each) for each in inner))
    return found - {0}


@asynccontextmanager
async def two_brokers() -> AsyncIterator[tuple[SeveralBrokers, OneBroker, GroupWorld]]:
    """The first coordinates everything; requests go to the second."""
    async with several_brokers(2, group_initial_rebalance_delay_ms=0) as (brokers, (one, two)):
        world = GroupWorld(two.groups, two.catalog)  # type: ignore[arg-type]
        world.services.transactions = two.transactions
        yield brokers, one, world


@pytest.mark.parametrize(
    ("handler", "request_of", "version"), EVERY_VERSION, ids=[f"{each[0].name}-{each[2]}" for each in EVERY_VERSION]
)
async def test_who_does_not_coordinate_says_so(handler: Handler, request_of: Any, version: int) -> None:
    """And while it loads what it is to coordinate, that: as far as the version's clients know of it."""
    async with two_brokers() as (brokers, one, world):
        two = brokers.brokers[1]
        repeated = REPEATED if handler is offset_fetch.HANDLER and version >= 7 else set[int]()
        assert errors_in(await world.ask(handler, request_of(version), version)) == {ELSEWHERE} | repeated
        await one.hand_over()
        await two.catalog.claim_shards(range(64))
        two.groups._held.begin(range(64))
        two.transactions._held.begin(range(64))
        loading = errors_in(await world.ask(handler, request_of(version), version))

    told: set[int] = {LOADING}
    if handler is sync_group.HANDLER:
        told = {ErrorCode.REBALANCE_IN_PROGRESS}
    elif handler is heartbeat.HANDLER:
        told = set()
    elif handler is txn_offset_commit.HANDLER and version < 2:
        told = {ErrorCode.COORDINATOR_NOT_AVAILABLE}
    assert loading == told | repeated


async def test_lists_hold_what_a_broker_coordinates() -> None:
    """Clients ask all of them. While one is loading, its part is not known."""
    async with two_brokers() as (brokers, one, world):
        two = brokers.brokers[1]
        await one.hand_over(range(32))
        await two.take(range(32))
        asked: dict[OneBroker, list[str]] = {one: [], two: []}
        for number in range(8):
            for broker in (one, two):
                if not broker.groups.error_of(f"g{number}"):
                    done = anyio.Event()
                    broker.groups.commit_offsets(f"g{number}", "", None, -1, {("t", 0): OFFSET}, lambda _, done=done: done.set())
                    await done.wait()
                    asked[broker].append(f"g{number}")
                if not broker.transactions.error_of(f"x{number}"):
                    await broker.transactions.init_producer(f"x{number}", 1000, -1, -1)
        groups = await world.ask(list_groups.HANDLER, ListGroupsRequest(), 4)
        transactions = await world.ask(list_transactions.HANDLER, ListTransactionsRequest(), 1)
        elsewhere = await one.transactions.look_up_all()

        assert asked[one]
        assert sorted(group.group_id for group in groups.groups) == asked[two]
        listed = [state.transactional_id for state in transactions.transaction_states]
        assert listed
        assert sorted(listed + [state.transactional_id for state in elsewhere]) == [f"x{number}" for number in range(8)]
        two.groups._held.begin([0])
        two.transactions._held.begin([0])
        assert (await world.ask(list_groups.HANDLER, ListGroupsRequest(), 4)).error_code == LOADING
        assert (await world.ask(list_transactions.HANDLER, ListTransactionsRequest(), 1)).error_code == LOADING


async def test_fetched_offsets_are_those_of_the_catalog() -> None:
    """What a transaction committed through another broker; unstable while it is open; the storage's trouble is a coordinator's."""
    async with two_brokers() as (brokers, one, world):
        two = brokers.brokers[1]
        assert (await one.transactions.init_producer("x", 60_000, -1, -1)).error_code == 0
        await one.hand_over(range(64))
        shards = set(range(64))
        await two.take([shard_of("g")])
        await one.take(sorted(shards - {shard_of("g")}))
        state = await one.transactions.look_up("x")
        assert state is not None
        producer = (state.producer_id, state.epoch)
        assert await two.transactions.add_offsets("x", *producer, {("g", "t", 0): OFFSET}, "g") == 0
        request = fetch(8)
        request.require_stable = True
        (partition,) = (await world.ask(offset_fetch.HANDLER, request, 8)).groups[0].topics[0].partitions
        assert partition.error_code == ErrorCode.UNSTABLE_OFFSET_COMMIT
        assert (await one.transactions.end("x", *producer, commit=True, bump=True)).error_code == 0
        (partition,) = (await world.ask(offset_fetch.HANDLER, request, 8)).groups[0].topics[0].partitions
        assert (partition.error_code, partition.committed_offset) == (0, 5)
        two.catalog.reachable = False
        for version in offset_fetch.HANDLER.versions:
            repeated = REPEATED if version >= 7 else set[int]()
            answer = await world.ask(offset_fetch.HANDLER, fetch(version), version)
            assert errors_in(answer) == {ELSEWHERE} | repeated
            (topic,) = answer.topics if version < 8 else answer.groups[0].topics
            assert [partition.committed_offset for partition in topic.partitions] == [-1], "told where old clients look"


@pytest.mark.parametrize("version", find_coordinator.HANDLER.versions)
async def test_a_shard_that_nobody_has_yet_has_no_coordinator(version: int) -> None:
    """Nor has one whose broker is not known here (yet, or any more)."""
    async with two_brokers() as (_, _, world):
        for node_id in (-1, 17):
            world.identity.coordinator_of = lambda kind, key, node_id=node_id: node_id  # type: ignore[method-assign]
            request = FindCoordinatorRequest(key="g", key_type=0, coordinator_keys=["g"])
            response = await world.ask(find_coordinator.HANDLER, request, version)
            assert errors_in(response) == {ErrorCode.COORDINATOR_NOT_AVAILABLE}
            answer = response.coordinators[0] if version >= 4 else response
            assert (answer.node_id, answer.host, answer.port) == (-1, "", -1)
