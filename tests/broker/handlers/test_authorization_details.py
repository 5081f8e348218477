"""What the rows of the authorization table do not say: what is still answered beside a denial, what it gives away, and what is done."""

from typing import Any

import anyio
import pytest

from broker.handlers.base import CloseConnection
from broker.model import ZERO_UUID
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_partitions_to_txn import AddPartitionsToTxnRequest, AddPartitionsToTxnTopic
from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from broker.wire.messages.describe_cluster import DescribeClusterRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestTopicRequest,
)
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.offset_fetch import OffsetFetchRequest, OffsetFetchRequestGroup
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from tests.broker.handlers import authorization_requests as requests
from tests.broker.handlers.permissions import ANY, NamedRight, PermissionWorld, permission_world
from tests.broker.log.harness import batch

pytestmark = pytest.mark.anyio

DENIED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
TOPIC, CLUSTER = ResourceType.TOPIC, ResourceType.CLUSTER
NOT_ASKED = -(2**31)


def topic(operation: Operation, name: str = "known") -> NamedRight:
    return operation, TOPIC, name


async def end_of(world: PermissionWorld, name: str) -> int:
    """How many records partition 0 of a topic has."""
    state = world.services.directory.by_name(name)
    assert state is not None
    bounds = await world.services.catalog.bounds([state.pids[0]])
    return bounds[state.pids[0]].high_watermark


def writes(*names: str, acks: int = -1, owner: str | None = None, **fields: Any) -> ProduceRequest:
    """The same batch for partition 0 of several topics."""
    return ProduceRequest(
        acks=acks,
        timeout_ms=1000,
        transactional_id=owner,
        topic_data=[
            ProduceRequestTopicProduceData(
                name=name, partition_data=[ProduceRequestPartitionProduceData(index=0, records=batch(**fields))]
            )
            for name in names
        ],
    )


async def test_a_produce_is_denied_topic_by_topic() -> None:
    """What may be written is, in the same request."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.WRITE)}
        answer = await world.ask(0, writes("known", "other"), 9)

        assert [part.partition_responses[0].error_code for part in answer.responses] == [DENIED, 0]
        assert (await end_of(world, "known"), await end_of(world, "other")) == (0, 1)


async def test_a_produce_without_an_answer_is_denied_by_closing() -> None:
    """With acks=0 nothing else could tell the client; what may be written is."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.WRITE)}
        with pytest.raises(CloseConnection, match="authorization failed"):
            await world.ask(0, writes("known", "other", acks=0), 9)

        assert await end_of(world, "other") == 1


@pytest.mark.parametrize("owner", [None, "xknow"])
async def test_a_transactional_batch_is_known_by_itself(owner: str | None) -> None:
    """Whether the request names a transactional id or not: without the right to one nothing of it is written (CVE-2018-17196)."""
    async with permission_world() as world:
        world.permissions.denied = {(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, "xknow")}
        sent = writes("known", owner=owner, transactional=True, producer_id=7, producer_epoch=0, base_sequence=0)
        sent.topic_data += writes("other").topic_data
        answer = await world.ask(0, sent, 9)

        errors = {part.partition_responses[0].error_code for part in answer.responses}
        assert errors == {ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED}
        assert await end_of(world, "other") == 0


async def test_a_transactional_id_alone_proves_and_needs_nothing() -> None:
    """A request that names one, but has no transactional batch, is judged by its topics. An idempotent batch needs no more than any other."""
    async with permission_world() as world:
        world.permissions.grant_only(topic(Operation.WRITE))
        answer = await world.ask(0, writes("known", owner="xknow", producer_id=7, producer_epoch=0, base_sequence=0), 9)

        assert answer.responses[0].partition_responses[0].error_code == 0


def fetches(*names: str, session: int = 0, epoch: int = 0) -> FetchRequest:
    """Partition 0 of several topics, in a session that is begun or goes on."""
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
    return FetchRequest(
        replica_id=-1,
        max_bytes=1000,
        session_id=session,
        session_epoch=epoch,
        topics=[FetchTopic(topic=name, partitions=[partition]) for name in names],
    )


async def test_a_fetch_session_is_judged_anew_each_time() -> None:
    """A right that is taken away counts from the next request on, and one that is given as well."""
    async with permission_world() as world:
        begun = await world.ask(1, fetches("known", "other"), 12)
        assert begun.session_id
        assert {part.partitions[0].error_code for part in begun.responses} == {0}
        world.permissions.denied = {topic(Operation.READ)}
        denied = await world.ask(1, fetches(session=begun.session_id, epoch=1), 12)
        assert [(part.topic, part.partitions[0].error_code) for part in denied.responses] == [("known", DENIED)]
        assert (denied.responses[0].partitions[0].high_watermark, denied.responses[0].partitions[0].aborted_transactions) == (-1, [])
        world.permissions.denied = set()
        again = await world.ask(1, fetches(session=begun.session_id, epoch=2), 12)

        assert [(part.topic, part.partitions[0].error_code) for part in again.responses] == [("known", 0)]


async def test_a_session_of_others_is_no_way_in() -> None:
    """Whoever guesses the number of a session is judged as himself."""
    async with permission_world() as world:
        begun = await world.ask(1, fetches("known"), 12)
        world.permissions.grant_only()
        taken = await world.ask(1, fetches(session=begun.session_id, epoch=1), 12)

        assert [part.partitions[0].error_code for part in taken.responses] == [DENIED]


def asked(*names: str, create: bool = False, operations: bool = False) -> MetadataRequest:
    return MetadataRequest(
        topics=[MetadataRequestTopic(name=name) for name in names],
        allow_auto_topic_creation=create,
        include_topic_authorized_operations=operations,
        include_cluster_authorized_operations=operations,
    )


@pytest.mark.parametrize("name", ["known", "ghost", "__consumer_offsets", "not/a name"])
async def test_nothing_is_said_of_a_topic_that_must_not_be_known(name: str) -> None:
    """Not its id, not whether it is internal or has a lawful name, not what may be done with it; and it is not created."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.DESCRIBE, name)}
        answer = await world.ask(3, asked(name, create=True, operations=True), 10)

        (found,) = answer.topics
        assert (found.error_code, found.name, found.topic_id) == (DENIED, name, ZERO_UUID)
        assert (found.is_internal, found.partitions, found.topic_authorized_operations) == (False, [], NOT_ASKED)
        assert world.services.directory.by_name("ghost") is None


async def test_a_known_id_does_not_give_the_name() -> None:
    """Metadata by id: denied with the id and no name; an id of no topic is unknown."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.DESCRIBE)}
        topics = [MetadataRequestTopic(name=None, topic_id=each) for each in (world.names.topic_id, b"?" * 16)]
        answer = await world.ask(3, MetadataRequest(topics=topics))

        assert [(each.error_code, each.name, each.topic_id) for each in answer.topics] == [
            (DENIED, None, world.names.topic_id),
            (ErrorCode.UNKNOWN_TOPIC_ID, None, b"?" * 16),
        ]


async def test_topics_are_not_created_for_who_may_not() -> None:
    """Denied instead of unknown; also a name that could never be a topic's. CREATE on the name alone is enough, and on others no help."""
    async with permission_world() as world:
        world.permissions.denied = {(Operation.CREATE, CLUSTER, CLUSTER_NAME), *(topic(Operation.CREATE, name) for name in ("ghost", "not/a name"))}
        answer = await world.ask(3, asked("ghost", "fresh", "known", "not/a name", create=True))

        assert {each.name: each.error_code for each in answer.topics} == {"ghost": DENIED, "fresh": 0, "known": 0, "not/a name": DENIED}
        assert world.services.directory.by_name("ghost") is None
        unasked = await world.ask(3, asked("ghost"))
        assert unasked.topics[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_bits_of_operations_are_decisions() -> None:
    """In Metadata, DescribeCluster, DescribeGroups and DescribeTopicPartitions; what is kept for all clients does not become one client's."""
    async with permission_world() as world:
        world.permissions.grant_only(topic(Operation.DESCRIBE), topic(Operation.READ), (Operation.DESCRIBE, ResourceType.GROUP, "g"))
        for _ in range(2):
            mine = await world.ask(3, asked("known", operations=True), 10)
            assert mine.topics[0].topic_authorized_operations == 1 << Operation.DESCRIBE | 1 << Operation.READ
            assert mine.cluster_authorized_operations == 0
            world.permissions.granted.add(topic(Operation.ALTER))
            more = await world.ask(3, asked("known", operations=True), 10)
            assert more.topics[0].topic_authorized_operations & 1 << Operation.ALTER
            world.permissions.granted.discard(topic(Operation.ALTER))
        page = await world.ask(75, DescribeTopicPartitionsRequest(topics=[DescribeTopicPartitionsRequestTopicRequest(name="known")]))
        assert page.topics[0].topic_authorized_operations == 1 << Operation.DESCRIBE | 1 << Operation.READ
        groups = await world.ask(15, DescribeGroupsRequest(groups=["g"], include_authorized_operations=True), 5)
        assert groups.groups[0].authorized_operations == 1 << Operation.DESCRIBE
        request = DescribeClusterRequest(include_cluster_authorized_operations=True)
        assert (await world.ask(60, request)).cluster_authorized_operations == 0
        world.permissions.granted.add((Operation.DESCRIBE, CLUSTER, CLUSTER_NAME))
        assert (await world.ask(60, request)).cluster_authorized_operations == 1 << Operation.DESCRIBE


async def test_pages_do_not_end_at_a_hidden_topic() -> None:
    """The place where the next page begins names no topic that the client must not know of."""
    async with permission_world() as world:
        await world.topic("zulu")
        world.permissions.denied = {topic(Operation.DESCRIBE, "other")}
        page = await world.ask(75, DescribeTopicPartitionsRequest(response_partition_limit=2))

        assert [each.name for each in page.topics] == ["known"]
        assert page.next_cursor.topic_name == "zulu"


async def test_the_size_of_a_new_topic_is_its_configurations() -> None:
    """Created, but without DESCRIBE_CONFIGS on the topic neither its size nor its settings are told."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.DESCRIBE_CONFIGS, "fresh")}
        request = CreateTopicsRequest(topics=[CreateTopicsRequestCreatableTopic(name="fresh", num_partitions=3, replication_factor=1)])
        (made,) = (await world.ask(19, request)).topics

        assert (made.error_code, made.topic_config_error_code) == (0, DENIED)
        assert (made.num_partitions, made.replication_factor, made.configs) == (-1, -1, [])
        assert world.services.directory.by_name("fresh") is not None


async def test_what_must_not_be_deleted_is_not() -> None:
    """With DESCRIBE it is said that a topic is there, without it neither that nor the name of an id. Nothing is said of two entries that are one topic."""
    async with permission_world() as world:
        topic_id = world.names.topic_id

        async def delete(*wanted: tuple[str | None, bytes]) -> list[tuple[str | None, int]]:
            topics = [DeleteTopicsRequestDeleteTopicState(name=name, topic_id=each) for name, each in wanted]
            answer = await world.ask(20, DeleteTopicsRequest(topics=topics))
            return [(each.name, each.error_code) for each in answer.responses]

        cluster = (Operation.DELETE, CLUSTER, CLUSTER_NAME)
        world.permissions.denied = {cluster, topic(Operation.DELETE), topic(Operation.DELETE, "ghost")}
        assert await delete(("known", ZERO_UUID), ("ghost", ZERO_UUID), (None, topic_id)) == [
            ("known", DENIED),
            ("ghost", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
            ("known", DENIED),
        ]
        world.permissions.denied |= {topic(Operation.DESCRIBE), topic(Operation.DESCRIBE, "ghost")}
        assert await delete(("known", ZERO_UUID), ("ghost", ZERO_UUID), (None, topic_id), (None, b"?" * 16)) == [
            ("known", DENIED),
            ("ghost", DENIED),
            (None, DENIED),
            (None, ErrorCode.UNKNOWN_TOPIC_ID),
        ]
        assert world.services.directory.by_name("known") is not None
        world.permissions.denied.discard(cluster)
        assert await delete(("known", ZERO_UUID)) == [("known", 0)]


async def test_nothing_joins_a_transaction_with_what_is_denied() -> None:
    """The others were not attempted; Kafka's internal topics are denied to everybody."""
    async with permission_world() as world:
        producer = await world.ask(22, InitProducerIdRequest(transactional_id="xknow", transaction_timeout_ms=60_000), 5)

        async def add(*names: str) -> list[int]:
            request = AddPartitionsToTxnRequest(
                v3_and_below_transactional_id="xknow",
                v3_and_below_producer_id=producer.producer_id,
                v3_and_below_producer_epoch=producer.producer_epoch,
                v3_and_below_topics=[AddPartitionsToTxnTopic(name=name, partitions=[0]) for name in names],
            )
            answer = await world.ask(24, request, 3)
            return [each.results_by_partition[0].partition_error_code for each in answer.results_by_topic_v3_and_below]

        world.permissions.denied = {topic(Operation.WRITE)}
        assert await add("known", "other") == [DENIED, ErrorCode.OPERATION_NOT_ATTEMPTED]
        assert await add("other", "__consumer_offsets") == [ErrorCode.OPERATION_NOT_ATTEMPTED, DENIED]
        assert await add("other") == [0]


async def test_a_group_with_a_hidden_topic_is_not_described() -> None:
    """Nothing of it: not its members, not its state; it is said why."""
    async with permission_world() as world:
        await requests.consumer_group(world)
        world.permissions.denied = {topic(Operation.DESCRIBE)}
        request = ConsumerGroupDescribeRequest(group_ids=["gknow"], include_authorized_operations=True)
        (group,) = (await world.ask(69, request)).groups

        assert (group.error_code, group.members, group.group_state, group.authorized_operations) == (DENIED, [], "", NOT_ASKED)
        assert group.error_message == "The group has described topic(s) that the client is not authorized to describe."


async def test_a_pattern_matches_what_its_member_may_know_of() -> None:
    """A consumer that subscribes by a pattern is given no topic that it must not DESCRIBE, and is not refused for there being some."""
    async with permission_world() as world:
        world.permissions.denied = {topic(Operation.DESCRIBE)}

        async def beat(epoch: int, **fields: Any) -> Any:
            request = ConsumerGroupHeartbeatRequest(group_id="gknow", member_id="m", member_epoch=epoch, **fields)
            return await world.ask(68, request)

        answer = await beat(0, subscribed_topic_regex=".*", rebalance_timeout_ms=60_000, topic_partitions=[])
        other = world.services.directory.by_name("other")
        assert other is not None
        with anyio.fail_after(10):
            while answer.assignment is None or not answer.assignment.topic_partitions:
                await anyio.wait_all_tasks_blocked()
                answer = await beat(answer.member_epoch)

        assert [each.topic_id for each in answer.assignment.topic_partitions] == [other.topic_id]


async def test_groups_are_denied_one_by_one() -> None:
    """A denied one does not take the others' offsets along."""
    async with permission_world() as world:
        await requests.committed(world)
        world.permissions.denied = {(Operation.DESCRIBE, ResourceType.GROUP, "gghos")}
        groups = [OffsetFetchRequestGroup(group_id=name, topics=None) for name in ("gghos", "gknow")]
        answer = await world.ask(9, OffsetFetchRequest(groups=groups), 9)

        assert [(each.error_code, len(each.topics)) for each in answer.groups] == [(ErrorCode.GROUP_AUTHORIZATION_FAILED, 0), (0, 1)]


async def test_writing_anywhere_makes_an_idempotent_producer() -> None:
    """KIP-679: nobody needs IDEMPOTENT_WRITE who may write to any topic."""
    async with permission_world() as world:
        world.permissions.grant_only((Operation.WRITE, TOPIC, ANY))
        answer = await world.ask(22, InitProducerIdRequest(transactional_id=None))

        assert (answer.error_code, answer.producer_id >= 0) == (0, True)
