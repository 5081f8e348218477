"""Metadata at every version."""

import pytest

from broker.handlers.cluster.metadata import HANDLER
from broker.model import ZERO_UUID
from broker.storage.catalog.cluster import Member
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseTopic
from broker.wire.registry import codec
from tests.support.topic_world import CLUSTER_ID, NODE_ID, TopicWorld

VERSIONS = HANDLER.versions
NOT_ASKED = -2147483648


async def ask(world: TopicWorld, version: int, request: MetadataRequest, listener: str = "INSIDE") -> MetadataResponse:
    response = await world.ask(HANDLER, request, version, listener)
    assert isinstance(response, MetadataResponse)
    return response


def named(*names: str | None, create: bool = False) -> MetadataRequest:
    """A request for topics by name. Automatic creation can be declined only from version 4 on."""
    return MetadataRequest(topics=[MetadataRequestTopic(name=name) for name in names], allow_auto_topic_creation=create)


def outcome(response: MetadataResponse) -> list[tuple[str | None, int]]:
    return [(topic.name, topic.error_code) for topic in response.topics]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_topic_with_its_partitions(version: int) -> None:
    """Every field that the version has says what is."""
    world = TopicWorld()
    state = await world.topic("orders", 2, 3)

    response = await ask(world, version, named("orders", create=version < 4))

    (broker,) = response.brokers
    assert (broker.node_id, broker.host, broker.port) == (NODE_ID, "broker.test", 9092)
    assert broker.rack == ("here" if version >= 1 else None)
    assert response.controller_id == (NODE_ID if version >= 1 else -1)
    assert response.cluster_id == (CLUSTER_ID if version >= 2 else None)
    assert response.error_code == 0
    (topic,) = response.topics
    assert (topic.error_code, topic.name, topic.is_internal) == (0, "orders", False)
    assert topic.topic_id == (state.topic_id if version >= 10 else ZERO_UUID)
    assert topic.topic_authorized_operations == NOT_ASKED
    assert [partition.partition_index for partition in topic.partitions] == [0, 1]
    for partition in topic.partitions:
        assert (partition.error_code, partition.leader_id) == (0, NODE_ID)
        assert partition.leader_epoch == (0 if version >= 7 else -1)
        assert partition.replica_nodes == partition.isr_nodes == [NODE_ID] * 3
        assert partition.offline_replicas == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_all_topics_or_none(version: int) -> None:
    """Version 0 asks for all topics by an empty list, later ones by null."""
    world = TopicWorld()
    await world.topic("b")
    await world.topic("a")

    empty = await ask(world, version, MetadataRequest(topics=[]))
    assert [topic.name for topic in empty.topics] == (["a", "b"] if version == 0 else [])
    if version >= 1:
        everything = await ask(world, version, MetadataRequest(topics=None))
        assert [topic.name for topic in everything.topics] == ["a", "b"]


@pytest.mark.parametrize("listener", ["INSIDE", "OUTSIDE"])
async def test_brokers_are_named_as_the_client_reaches_them(listener: str) -> None:
    """Each listener has its own advertised address."""
    world = TopicWorld()

    (broker,) = (await ask(world, 13, MetadataRequest(topics=[]), listener)).brokers

    assert (broker.host, broker.port) == {"INSIDE": ("broker.test", 9092), "OUTSIDE": ("example.test", 443)}[listener]


@pytest.mark.parametrize("version", range(4, 14))
async def test_unknown_and_impossible_names(version: int) -> None:
    """Topics come back in the order asked for, each once, with their own errors."""
    world = TopicWorld()
    await world.topic("a")

    response = await ask(world, version, named("x", "a", "no/way", "x", ""))

    assert outcome(response) == [
        ("x", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        ("a", 0),
        ("no/way", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("", ErrorCode.INVALID_TOPIC_EXCEPTION),
    ]
    assert all(topic.topic_id == ZERO_UUID and topic.partitions == [] for topic in response.topics if topic.error_code)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_unknown_topic_is_created_and_answered_at_once(version: int) -> None:
    """With the broker's defaults; versions below 4 cannot decline it."""
    world = TopicWorld(num_partitions=3)

    response = await ask(world, version, named("fresh", "no/way", create=True))

    assert outcome(response) == [("fresh", 0), ("no/way", ErrorCode.INVALID_TOPIC_EXCEPTION)]
    assert len(response.topics[0].partitions) == 3
    assert world.directory.by_name("fresh") is not None


@pytest.mark.parametrize("version", VERSIONS)
async def test_nothing_is_created_when_the_broker_says_no(version: int) -> None:
    """``auto.create.topics.enable`` stands above what clients allow."""
    world = TopicWorld(auto_create_topics_enable=False)

    response = await ask(world, version, named("fresh", create=True))

    assert outcome(response) == [("fresh", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)]
    assert len(world.directory) == 0


async def test_nothing_is_created_that_could_not_be_recorded() -> None:
    """Clients ask again; what is there is told."""
    world = TopicWorld()
    await world.topic("there")
    world.audit.refuses_changes = True

    response = await ask(world, 13, named("fresh", "there", create=True))

    assert outcome(response) == [("fresh", ErrorCode.LEADER_NOT_AVAILABLE), ("there", 0)]
    assert world.directory.by_name("fresh") is None
    world.audit.refuses_changes = False
    assert outcome(await ask(world, 13, named("fresh", create=True))) == [("fresh", 0)]


async def test_kafkas_own_topics_are_not_created_by_themselves() -> None:
    """Nothing would ever be in them here."""
    world = TopicWorld()

    response = await ask(world, 13, named("__consumer_offsets", create=True))

    assert outcome(response) == [("__consumer_offsets", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)]
    assert response.topics[0].is_internal


async def test_a_collision_stops_automatic_creation_of_that_topic_only() -> None:
    """The others of the request are created."""
    world = TopicWorld()
    await world.topic("a.b")

    response = await ask(world, 13, named("a_b", "c", create=True))

    assert outcome(response) == [("a_b", ErrorCode.INVALID_TOPIC_EXCEPTION), ("c", 0)]


async def test_one_request_cannot_create_topics_without_end() -> None:
    """More than 10,000 partitions at once are refused before any is made."""
    world = TopicWorld(num_partitions=5000)

    response = await ask(world, 13, named("a", "b", "c", create=True))

    assert {code for _, code in outcome(response)} == {ErrorCode.POLICY_VIOLATION}
    assert len(world.directory) == 0


@pytest.mark.parametrize("version", range(12, 14))
async def test_topics_by_id(version: int) -> None:
    """Unknown ids come back without a name; names beside ids are ignored."""
    world = TopicWorld()
    state = await world.topic("a")
    await world.topic("b")
    unknown = b"\x01" * 16
    request = MetadataRequest(
        topics=[
            MetadataRequestTopic(topic_id=unknown, name=None),
            MetadataRequestTopic(topic_id=state.topic_id, name=None),
            MetadataRequestTopic(name="b"),
        ]
    )

    response = await ask(world, version, request)

    assert [(topic.error_code, topic.name, topic.topic_id) for topic in response.topics] == [
        (ErrorCode.UNKNOWN_TOPIC_ID, None, unknown),
        (0, "a", state.topic_id),
    ]


@pytest.mark.parametrize("version", [10, 11])
async def test_ids_in_requests_before_version_12_are_refused(version: int) -> None:
    """The field is there but Kafka does not take it (nor null names)."""
    world = TopicWorld()
    by_id = MetadataRequest(topics=[MetadataRequestTopic(topic_id=b"\1" * 16, name="a")])

    assert outcome(await ask(world, version, by_id)) == [("a", ErrorCode.INVALID_REQUEST)]
    assert outcome(await ask(world, version, named(None))) == [("", ErrorCode.INVALID_REQUEST)]


async def test_neither_name_nor_id_is_refused() -> None:
    """And version 13 says so for the whole answer too."""
    response = await ask(TopicWorld(), 13, named(None))

    assert response.error_code == ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize("version", range(8, 14))
async def test_authorized_operations_on_demand(version: int) -> None:
    """All operations there are, for the cluster (versions 8-10) and for topics, found or not."""
    world = TopicWorld()
    await world.topic("a")
    request = MetadataRequest(
        topics=[MetadataRequestTopic(name="a"), MetadataRequestTopic(name="x")],
        allow_auto_topic_creation=False,
        include_cluster_authorized_operations=version <= 10,
        include_topic_authorized_operations=True,
    )

    response = await ask(world, version, request)

    assert response.cluster_authorized_operations == (8096 if version <= 10 else NOT_ASKED)
    assert [topic.topic_authorized_operations for topic in response.topics] == [3576, 3576]
    plain = await ask(world, version, named("a"))
    assert plain.cluster_authorized_operations == plain.topics[0].topic_authorized_operations == NOT_ASKED


async def test_answers_follow_changes_of_the_topic() -> None:
    """What is kept with a topic's state goes with it."""
    world = TopicWorld()
    state = await world.topic("a")
    first = await ask(world, 13, named("a"))

    await world.administrator.add_partitions(state.topic_id, 4)

    assert len(first.topics[0].partitions) == 1
    assert len((await ask(world, 13, named("a"))).topics[0].partitions) == 4


async def test_a_known_topic_is_described_once() -> None:
    """Its part of the answer is built for the first request and shared by the next."""
    world = TopicWorld()
    await world.topic("a")
    context = world.context(13)

    first, second = (HANDLER.handle(named("a"), context).topics[0] for _ in range(2))

    assert isinstance(first, MetadataResponseTopic)
    assert first is second


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_refused_request_names_its_topics(version: int) -> None:
    """Every topic gets the error, as Kafka answers."""
    world = TopicWorld()
    context = world.context(version)

    response = HANDLER.refuse(named("a", "b"), context, ErrorCode.UNKNOWN_SERVER_ERROR, "oops")

    assert outcome(response) == [("a", ErrorCode.UNKNOWN_SERVER_ERROR), ("b", ErrorCode.UNKNOWN_SERVER_ERROR)]


async def test_librdkafkas_request_for_all_topics() -> None:
    """librdkafka writes the null list as four bytes instead of one; the rest of its request is then left over."""
    world = TopicWorld()
    await world.topic("a")

    request = codec(3).decode_request(13, bytes.fromhex("00000000010000"))
    response = await ask(world, 13, request)

    assert outcome(response) == [("a", 0)]


async def test_clients_are_sent_to_brokers_of_their_zone() -> None:
    """If they say in their client id which one it is; and to others as soon as the cluster is another."""
    world = TopicWorld()
    await world.topic("orders", 4, 1)
    world.identity._topics = world.directory
    members = [
        Member(node_id=node, epoch=1, rack=zone, listeners={"INSIDE": (f"h{node}", 9092)})
        for node, zone in ((NODE_ID, "a"), (NODE_ID + 1, "b"))
    ]
    world.identity.follow(members, {})
    leaders = {}
    for client_id in ("app", "app,zone=a", "app,zone=b", "app,zone=nowhere"):
        world.client_id = client_id
        (topic,) = (await ask(world, 12, named("orders"))).topics
        leaders[client_id] = {partition.leader_id for partition in topic.partitions}
    world.identity.follow(members[:1], {})
    (alone,) = (await ask(world, 12, named("orders"))).topics

    everywhere = {NODE_ID, NODE_ID + 1}
    assert leaders == {"app": everywhere, "app,zone=a": {NODE_ID}, "app,zone=b": {NODE_ID + 1}, "app,zone=nowhere": everywhere}
    assert {partition.leader_id for partition in alone.partitions} == {NODE_ID}
