"""Scripts about what the cluster says of itself: Metadata, DescribeCluster, DescribeTopicPartitions, elections, reassignments, log dirs."""

from typing import Any

from broker.wire.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsRequestReassignablePartition,
    AlterPartitionReassignmentsRequestReassignableTopic,
)
from broker.wire.messages.describe_cluster import DescribeClusterRequest
from broker.wire.messages.describe_log_dirs import DescribeLogDirsRequest, DescribeLogDirsRequestDescribableLogDirTopic
from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsRequestTopicRequest,
)
from broker.wire.messages.elect_leaders import ElectLeadersRequest, ElectLeadersRequestTopicPartitions
from broker.wire.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsTopics,
)
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.differential.script import Stage, script
from tests.differential.scripts_data import batch, produce
from tests.differential.topics import create, wait_for

METADATA = range(14)


def sort_metadata(answer: Any, prefix: str) -> Any:
    """Topics of this run only, by name; partitions by index."""
    topics = getattr(answer, "topics", [])
    topics[:] = [topic for topic in topics if topic.error_code or (topic.name or "").startswith(prefix)]
    topics.sort(key=lambda topic: (topic.name or "", topic.error_code))
    for topic in topics:
        topic.partitions.sort(key=lambda part: part.partition_index)
    return answer


@script(3, METADATA)
def metadata(stage: Stage) -> None:
    """By name, all, none, unknown and invalid names; with operations."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"), 3)
    create(client, name("u"), 1)

    def ask(step: str, topics: list[str | None] | None, **options: Any) -> None:
        request = MetadataRequest(
            topics=None if topics is None else [MetadataRequestTopic(name=topic) for topic in topics],
            **({"allow_auto_topic_creation": False} | options),
        )
        stage.record(step, sort_metadata(client.call(3, v, request), stage.prefix))

    ask("one", [name("t")])
    ask("several", [name("u"), name("t")])
    ask("same_twice", [name("u"), name("u")])
    if v == 0:
        ask("all", [])
    else:
        ask("none", [])
        ask("all", None)
    if v >= 4:
        ask("unknown", [name("none")])
        ask("unknown_and_known", [name("none"), name("t")])
        ask("invalid", ["a b"])
        ask("empty_name", [""])
        ask("dots", [".."])
        ask("too_long", ["x" * 250])
    if v >= 8:
        ask("topic_operations", [name("t")], include_topic_authorized_operations=True)
    if 8 <= v <= 10:
        ask("cluster_operations", [name("t")], include_cluster_authorized_operations=True)


@script(3, METADATA)
def metadata_creates_topics(stage: Stage) -> None:
    """A name asked for is made, unless the client says no (v4) or the name cannot be."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(step: str, topic: str, **options: Any) -> None:
        request = MetadataRequest(topics=[MetadataRequestTopic(name=topic)], **options)
        answer = sort_metadata(client.call(3, v, request), stage.prefix)
        # It may be there at once or a moment later, and its leader later still.
        stage.record(
            step,
            [(t.name.replace(stage.prefix, "<run>"), t.error_code in (0, 3, 5), t.is_internal) for t in answer.topics],
        )

    ask("made", name("auto"))
    wait_for(client, name("auto"), 1)
    ask("there", name("auto"))
    answer = client.call(3, v, MetadataRequest(topics=[MetadataRequestTopic(name="a b")]))
    stage.record("invalid", [topic.error_code for topic in answer.topics])
    answer = client.call(3, v, MetadataRequest(topics=[MetadataRequestTopic(name="")]))
    stage.record("empty", [topic.error_code for topic in answer.topics])
    if v >= 4:
        for step in ("not_made", "still_not_made"):
            request = MetadataRequest(
                topics=[MetadataRequestTopic(name=name("never"))], allow_auto_topic_creation=False
            )
            stage.record(step, client.call(3, v, request))


@script(3, range(10, 14))
def metadata_by_id(stage: Stage) -> None:
    """Topic ids (KIP-516): served from v12 on, an error of the request before."""
    client, v, name = stage.client(), stage.version, stage.name
    topic_id = create(client, name("t"), 2)

    def ask(step: str, *topics: tuple[str | None, bytes]) -> None:
        request = MetadataRequest(
            topics=[MetadataRequestTopic(name=topic, topic_id=identity) for topic, identity in topics],
            allow_auto_topic_creation=False,
        )
        stage.record(step, sort_metadata(client.call(3, v, request), stage.prefix))

    ask("known", (None, topic_id))
    ask("unknown", (None, b"n" * 16))
    ask("name_and_id", (name("t"), topic_id))
    ask("known_and_unknown", (None, topic_id), (None, b"n" * 16))
    ask("name_beside_id", (name("t"), bytes(16)), (None, topic_id))
    ask("null_name", (None, bytes(16)))


@script(60, range(3))
def describe_cluster(stage: Stage) -> None:
    """Brokers; controllers are none of a client's business here; nonsense endpoints."""
    client, v = stage.client(), stage.version
    stage.record("plain", client.call(60, v, DescribeClusterRequest()))
    stage.record("operations", client.call(60, v, DescribeClusterRequest(include_cluster_authorized_operations=True)))
    if v >= 1:
        stage.record("controllers", client.call(60, v, DescribeClusterRequest(endpoint_type=2)))
        stage.record("nonsense", client.call(60, v, DescribeClusterRequest(endpoint_type=9)))
    if v >= 2:
        stage.record("fenced", client.call(60, v, DescribeClusterRequest(include_fenced_brokers=True)))


@script(75, range(1))
def describe_topic_partitions(stage: Stage) -> None:
    """KIP-966's way of describing: by pages."""
    client, name = stage.client(), stage.name
    create(client, name("a"), 3)
    create(client, name("b"), 2)
    create(client, name("c"), 1)

    def ask(step: str, topics: list[str], limit: int = 2000, cursor: tuple[str, int] | None = None) -> None:
        request = DescribeTopicPartitionsRequest(
            topics=[DescribeTopicPartitionsRequestTopicRequest(name=topic) for topic in topics],
            response_partition_limit=limit,
            cursor=None
            if cursor is None
            else DescribeTopicPartitionsRequestCursor(topic_name=cursor[0], partition_index=cursor[1]),
        )
        stage.record(step, client.call(75, 0, request))

    three = [name("a"), name("b"), name("c")]
    ask("all_three", three)
    ask("unsorted", three[::-1])
    ask("same_twice", [name("a"), name("a")])
    ask("page_1", three, 2)
    ask("page_2", three, 2, (name("a"), 2))
    ask("page_3", three, 2, (name("b"), 1))
    ask("page_exact", three, 3)
    ask("page_exact_all", three, 6)
    ask("cursor_beyond_partitions", three, 2, (name("a"), 9))
    ask("cursor_of_unknown", three, 2, (name("bb"), 1))
    ask("cursor_after_all", three, 2, (name("z"), 0))
    ask("cursor_negative", three, 2, (name("a"), -1))
    ask("limit_0", three, 0)
    ask("limit_negative", three, -1)
    ask("limit_huge", three, 2_000_000)
    ask("unknown", [name("none")])
    ask("unknown_between", [name("a"), name("aa"), name("b")], 4)
    ask("invalid", ["a b"])
    ask("empty_name", [""])


@script(43, range(3))
def elect_leaders(stage: Stage) -> None:
    """There is one replica, so there is never an election."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"), 2)

    def ask(step: str, kind: int, topics: dict[str, list[int]] | None) -> None:
        request = ElectLeadersRequest(
            election_type=kind,
            topic_partitions=None
            if topics is None
            else [ElectLeadersRequestTopicPartitions(topic=topic, partitions=parts) for topic, parts in topics.items()],
            timeout_ms=10_000,
        )
        answer = client.call(43, v, request)
        results = [result for result in answer.replica_election_results if result.topic.startswith(stage.prefix)]
        answer.replica_election_results = sorted(results, key=lambda result: result.topic)
        for result in answer.replica_election_results:
            result.partition_result.sort(key=lambda part: part.partition_id)
        stage.record(step, answer)

    ask("preferred", 0, {name("t"): [0, 1]})
    ask("unknown_partition", 0, {name("t"): [0, 7]})
    ask("unknown_topic", 0, {name("none"): [0]})
    ask("nothing", 0, {})
    ask("all", 0, None)
    if v >= 1:
        ask("unclean", 1, {name("t"): [0]})
        ask("unclean_all", 1, None)
        ask("nonsense_kind", 5, {name("t"): [0]})


@script(45, range(2))
def alter_partition_reassignments(stage: Stage) -> None:
    """Moves to where the partition is, to brokers that are not there, and cancelling what was never begun."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"), 2)

    def ask(step: str, topic: str, moves: dict[int, list[int] | None], **options: Any) -> None:
        request = AlterPartitionReassignmentsRequest(
            timeout_ms=10_000,
            topics=[
                AlterPartitionReassignmentsRequestReassignableTopic(
                    name=topic,
                    partitions=[
                        AlterPartitionReassignmentsRequestReassignablePartition(
                            partition_index=index, replicas=replicas
                        )
                        for index, replicas in moves.items()
                    ],
                )
            ],
            **options,
        )
        answer = client.call(45, v, request)
        for response in answer.responses:
            response.partitions.sort(key=lambda part: part.partition_index)
        stage.record(step, answer)

    ask("where_it_is", name("t"), {0: [1]})
    ask("cancel_nothing", name("t"), {0: None, 1: None})
    ask("unknown_broker", name("t"), {0: [7]})
    ask("duplicate_broker", name("t"), {0: [1, 1]})
    ask("no_brokers", name("t"), {0: []})
    ask("negative_broker", name("t"), {0: [-2]})
    ask("unknown_partition", name("t"), {9: [1]})
    ask("cancel_unknown_partition", name("t"), {9: None})
    ask("unknown_topic", name("none"), {0: [1]})
    ask("good_and_bad", name("t"), {0: [1], 1: [7]})
    if v >= 1:
        ask("fixed_factor", name("t"), {0: [1]}, allow_replication_factor_change=False)
        ask("fixed_factor_two", name("t"), {0: [1, 2]}, allow_replication_factor_change=False)


@script(46, range(1))
def list_partition_reassignments(stage: Stage) -> None:
    """None is ever going on."""
    client, name = stage.client(), stage.name
    create(client, name("t"), 2)
    for step, topics in {
        "all": None,
        "some": [ListPartitionReassignmentsTopics(name=name("t"), partition_indexes=[0, 1])],
        "unknown": [ListPartitionReassignmentsTopics(name=name("none"), partition_indexes=[0])],
        "nothing": [],
    }.items():
        stage.record(step, client.call(46, 0, ListPartitionReassignmentsRequest(timeout_ms=10_000, topics=topics)))


@script(35, range(1, 6))
def describe_log_dirs(stage: Stage) -> None:
    """One directory; the partitions asked for."""
    client, v, name = stage.client(), stage.version, stage.name
    topic_id = create(client, name("t"), 2)
    produce(client, 9, name("t"), topic_id, {0: batch(10)})

    def ask(step: str, topics: dict[str, list[int]] | None) -> None:
        request = DescribeLogDirsRequest(
            topics=None
            if topics is None
            else [
                DescribeLogDirsRequestDescribableLogDirTopic(topic=topic, partitions=parts)
                for topic, parts in topics.items()
            ]
        )
        answer = client.call(35, v, request)
        for result in answer.results:
            result.topics = [topic for topic in result.topics if topic.name.startswith(stage.prefix)]
            for topic in result.topics:
                topic.partitions.sort(key=lambda part: part.partition_index)
        stage.record(step, answer)

    ask("one", {name("t"): [0, 1]})
    ask("all", None)
    ask("nothing", {})
    ask("unknown_partition", {name("t"): [9]})
    ask("unknown_topic", {name("none"): [0]})
