"""Scripts about topics coming and going: CreateTopics, DeleteTopics, CreatePartitions."""

from typing import Any

from broker.wire.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableReplicaAssignment,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
)
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.topics import create, wait_for, wait_gone

CREATE = range(2, 8)


def wanted(
    name: str,
    partitions: int = 1,
    replicas: int = 1,
    config: dict[str, str | None] | None = None,
    assignments: dict[int, list[int]] | None = None,
) -> CreateTopicsRequestCreatableTopic:
    return CreateTopicsRequestCreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=replicas,
        configs=[
            CreateTopicsRequestCreatableTopicConfig(name=key, value=value) for key, value in (config or {}).items()
        ],
        assignments=[
            CreateTopicsRequestCreatableReplicaAssignment(partition_index=index, broker_ids=nodes)
            for index, nodes in (assignments or {}).items()
        ],
    )


def ask_create(
    client: RawClient, version: int, *topics: CreateTopicsRequestCreatableTopic, validate_only: bool = False
) -> Any:
    request = CreateTopicsRequest(topics=list(topics), timeout_ms=30_000, validate_only=validate_only)
    answer = client.call(19, version, request)
    answer.topics.sort(key=lambda topic: topic.name)
    for topic in answer.topics:
        if topic.configs:
            topic.configs.sort(key=lambda config: config.name)
    return answer


def names_and_sources(answer: Any) -> Any:
    """A good answer's configuration, by name: positions would make one missing name differ in all that follow."""
    for topic in answer.topics:
        for config in topic.configs or []:
            yield config.name, [config.value, config.read_only, config.config_source, config.is_sensitive]


@script(19, CREATE)
def create_topics(stage: Stage) -> None:
    """Good requests: by count, by assignment, by the broker's defaults, without doing it, several at once."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(step: str, *topics: CreateTopicsRequestCreatableTopic, validate_only: bool = False) -> None:
        answer = ask_create(client, v, *topics, validate_only=validate_only)
        for topic in answer.topics:
            topic.configs = None if topic.configs is None else bool(topic.configs)
        stage.record(step, answer)

    ask("plain", wanted(name("plain"), 3))
    ask("defaults", wanted(name("defaults"), -1, -1))
    ask("validate_only", wanted(name("dry"), 2), validate_only=True)
    ask("after_validate_only", wanted(name("dry"), 4))
    ask("assigned", wanted(name("assigned"), -1, -1, assignments={0: [1], 1: [1]}))
    ask("assigned_backwards", wanted(name("backwards"), -1, -1, assignments={1: [1], 0: [1]}))
    ask("several", wanted(name("one")), wanted(name("two"), 2), wanted(name("plain")))
    ask("configured", wanted(name("configured"), config={"retention.ms": "1000", "cleanup.policy": "compact,delete"}))
    ask("longest_name", wanted((name("n") + "x" * 249)[:249]))
    ask("odd_characters", wanted(name("A_b.c-9")))
    ask("nothing")
    ask("exists", wanted(name("plain"), 3))
    ask("exists_validate_only", wanted(name("plain"), 3), validate_only=True)


@script(19, range(5, 8))
def create_topics_reports_configs(stage: Stage) -> None:
    """The answer's configuration: every name, value and source."""
    client, v = stage.client(), stage.version
    for step, config in {
        "defaults": {},
        "own": {"retention.ms": "60000", "compression.type": "zstd", "unclean.leader.election.enable": "true"},
    }.items():
        answer = ask_create(client, v, wanted(stage.name(step), config=dict(config)))
        for name, values in names_and_sources(answer):
            stage.record(f"{step}/{name}", values)
    answer = ask_create(client, v, wanted(stage.name("dry"), config={"retention.bytes": "5"}), validate_only=True)
    for name, values in names_and_sources(answer):
        if name.startswith("retention"):
            stage.record(f"dry/{name}", values)


@script(19, CREATE)
def create_topics_refused(stage: Stage) -> None:
    """Names, counts, factors and assignments that cannot be; one bad topic beside a good one."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(step: str, *topics: CreateTopicsRequestCreatableTopic) -> None:
        stage.record(
            step, [(t.name.replace(stage.prefix, "<run>"), t.error_code) for t in ask_create(client, v, *topics).topics]
        )

    for step, bad in {
        "empty": "",
        "dot": ".",
        "two_dots": "..",
        "space": name("a b"),
        "slash": name("a/b"),
        "umlaut": name("ä"),
        "colon": name("a:b"),
        "too_long": (name("n") + "x" * 250)[:250],
    }.items():
        ask(f"name_{step}", wanted(bad))
    ask("partitions_0", wanted(name("t"), 0))
    ask("partitions_negative", wanted(name("t"), -3))
    ask("replicas_0", wanted(name("t"), 1, 0))
    ask("replicas_negative", wanted(name("t"), 1, -4))
    ask("partitions_default_beside_assignment", wanted(name("t"), 1, -1, assignments={0: [1]}))
    ask("replicas_beside_assignment", wanted(name("t"), -1, 1, assignments={0: [1]}))
    ask("both_beside_assignment", wanted(name("t"), 1, 1, assignments={0: [1]}))
    ask("assignment_unknown_broker", wanted(name("t"), -1, -1, assignments={0: [77]}))
    ask("assignment_negative_broker", wanted(name("t"), -1, -1, assignments={0: [-1]}))
    ask("assignment_duplicate_broker", wanted(name("t"), -1, -1, assignments={0: [1, 1]}))
    ask("assignment_empty", wanted(name("t"), -1, -1, assignments={0: []}))
    ask("assignment_gap", wanted(name("t"), -1, -1, assignments={0: [1], 2: [1]}))
    ask("assignment_from_1", wanted(name("t"), -1, -1, assignments={1: [1]}))
    ask("assignment_negative_partition", wanted(name("t"), -1, -1, assignments={-1: [1]}))
    ask("twice", wanted(name("twice")), wanted(name("twice"), 2))
    ask("twice_beside_good", wanted(name("twice")), wanted(name("twice"), 2), wanted(name("good")))
    ask("good_beside_bad", wanted(name("beside")), wanted(name("t"), 0))
    ask("was_it_made", wanted(name("beside")))
    ask("collision_base", wanted(name("a.b")))
    ask("collision", wanted(name("a_b")))
    full = ask_create(client, v, wanted(name("t"), 0))
    stage.record("whole_refusal", full)
    stage.record("whole_refusal_name", ask_create(client, v, wanted("..")))


@script(19, range(3, 8))
def create_topics_replication(stage: Stage) -> None:
    """More copies than there are brokers."""
    client, v = stage.client(), stage.version
    answer = ask_create(client, v, wanted(stage.name("t"), 1, 3), validate_only=True)
    stage.record("three", [answer.topics[0].error_code])


@script(19, range(5, 8))
def create_topics_bad_configs(stage: Stage) -> None:
    """Configuration that is unknown, of the wrong type, out of range or in conflict."""
    client, v = stage.client(), stage.version
    for step, config in BAD_TOPIC_CONFIGS.items():
        answer = ask_create(client, v, wanted(stage.name("t"), config=dict(config)), validate_only=True)
        stage.record(step, [answer.topics[0].error_code, bool(answer.topics[0].error_message)])


BAD_TOPIC_CONFIGS: dict[str, dict[str, str | None]] = {
    "unknown": {"no.such.config": "1"},
    "empty_name": {"": "1"},
    "null_value": {"retention.ms": None},
    "not_a_number": {"retention.ms": "soon"},
    "empty_number": {"retention.ms": ""},
    "spaces_around": {"retention.ms": " 1000 "},
    "plus_sign": {"retention.ms": "+5"},
    "hexadecimal": {"retention.ms": "0x10"},
    "underscore": {"retention.ms": "1_000"},
    "float": {"retention.ms": "1.5"},
    "long_overflow": {"retention.ms": "9223372036854775808"},
    "long_max": {"retention.ms": "9223372036854775807"},
    "int_overflow": {"segment.bytes": "2147483648"},
    "retention_below": {"retention.ms": "-2"},
    "retention_forever": {"retention.ms": "-1"},
    "retention_bytes_anything": {"retention.bytes": "-5"},
    "segment_too_small": {"segment.bytes": "13"},
    "segment_small": {"segment.bytes": "1024"},
    "segment_least": {"segment.bytes": "1048576"},
    "segment_ms_zero": {"segment.ms": "0"},
    "segment_jitter_negative": {"segment.jitter.ms": "-1"},
    "index_negative": {"index.interval.bytes": "-1"},
    "index_size_small": {"segment.index.bytes": "3"},
    "boolean": {"preallocate": "yes"},
    "boolean_upper": {"preallocate": "TRUE"},
    "boolean_spaces": {"preallocate": " true "},
    "policy": {"cleanup.policy": "shred"},
    "policy_upper": {"cleanup.policy": "Delete"},
    "policy_empty": {"cleanup.policy": ""},
    "policy_spaces": {"cleanup.policy": " compact , delete "},
    "policy_twice": {"cleanup.policy": "delete,delete"},
    "compression": {"compression.type": "brotli"},
    "compression_upper": {"compression.type": "GZIP"},
    "compression_none": {"compression.type": "none"},
    "gzip_level": {"compression.gzip.level": "10"},
    "gzip_level_zero": {"compression.gzip.level": "0"},
    "gzip_level_default": {"compression.gzip.level": "-1"},
    "lz4_level": {"compression.lz4.level": "18"},
    "lz4_level_zero": {"compression.lz4.level": "0"},
    "zstd_level": {"compression.zstd.level": "23"},
    "zstd_level_negative": {"compression.zstd.level": "-131072"},
    "zstd_level_too_negative": {"compression.zstd.level": "-131073"},
    "timestamp_type": {"message.timestamp.type": "Yesterday"},
    "timestamp_type_lower": {"message.timestamp.type": "createtime"},
    "timestamp_before": {"message.timestamp.before.max.ms": "-1"},
    "timestamp_after": {"message.timestamp.after.max.ms": "-1"},
    "ratio": {"min.cleanable.dirty.ratio": "1.5"},
    "ratio_negative": {"min.cleanable.dirty.ratio": "-0.1"},
    "ratio_scientific": {"min.cleanable.dirty.ratio": "1e-1"},
    "ratio_nan": {"min.cleanable.dirty.ratio": "NaN"},
    "lags": {"min.compaction.lag.ms": "100", "max.compaction.lag.ms": "50"},
    "max_lag_zero": {"max.compaction.lag.ms": "0"},
    "insync_zero": {"min.insync.replicas": "0"},
    "insync_many": {"min.insync.replicas": "9"},
    "max_message_negative": {"max.message.bytes": "-1"},
    "max_message_zero": {"max.message.bytes": "0"},
    "flush_zero": {"flush.messages": "0"},
    "flush_ms_negative": {"flush.ms": "-1"},
    "file_delete_negative": {"file.delete.delay.ms": "-1"},
    "throttled_all": {"leader.replication.throttled.replicas": "*"},
    "throttled_list": {"leader.replication.throttled.replicas": "0:1,1:1"},
    "throttled_nonsense": {"leader.replication.throttled.replicas": "some"},
    "format_version_gone": {"message.format.version": "3.0"},
    "downconversion_gone": {"message.downconversion.enable": "true"},
    "difference_max_gone": {"message.timestamp.difference.max.ms": "1"},
    "remote_storage": {"remote.storage.enable": "true"},
    "local_retention_above": {"local.retention.ms": "2000", "retention.ms": "1000"},
    "local_retention": {"local.retention.ms": "1000"},
    "internal_segment": {"internal.segment.bytes": "1024"},
    "good_and_bad": {"retention.ms": "1000", "cleanup.policy": "shred"},
}


@script(20, range(1, 7))
def delete_topics(stage: Stage) -> None:
    """By name and by id, unknown, twice, both, internal."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(step: str, *named: str, ids: tuple[bytes, ...] = (), both: tuple[str, bytes] | None = None) -> None:
        states = [DeleteTopicsRequestDeleteTopicState(name=n) for n in named]
        states += [DeleteTopicsRequestDeleteTopicState(name=None, topic_id=i) for i in ids]
        if both:
            states.append(DeleteTopicsRequestDeleteTopicState(name=both[0], topic_id=both[1]))
        answer = client.call(20, v, DeleteTopicsRequest(topics=states, topic_names=list(named), timeout_ms=30_000))
        for response in getattr(answer, "responses", []):
            response.name = None if response.name is None else response.name.replace(stage.prefix, "<run>")
        if hasattr(answer, "responses"):
            answer.responses.sort(key=lambda r: (r.name or "", r.error_code))
        stage.record(step, answer)

    create(client, name("one"))
    create(client, name("two"), 2)
    ask("good", name("one"))
    wait_gone(client, name("one"))
    ask("gone", name("one"))
    ask("several", name("two"), name("none"))
    wait_gone(client, name("two"))
    ask("invalid_name", "..")
    ask("empty_name", "")
    ask("nothing")
    create(client, name("three"))
    ask("same_twice", name("three"), name("three"))
    ask("after_same_twice", name("three"))
    if v >= 6:
        topic_id = create(client, name("id"))
        ask("unknown_id", ids=(b"n" * 16,))
        ask("nil_id", ids=(bytes(16),))
        ask("name_and_id", both=(name("id"), topic_id))
        ask("same_id_twice", ids=(topic_id, topic_id))
        ask("by_id_and_name", name("id"), ids=(topic_id,))
        ask("by_id", ids=(topic_id,))
    again = create(client, name("again"))
    ask("before_again", name("again"))
    wait_gone(client, name("again"))
    stage.record("another_id", create(client, name("again")) != again)


@script(37, range(0, 4))
def create_partitions(stage: Stage) -> None:
    """More partitions, and everything that is refused."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(
        step: str, *topics: tuple[str, int], assignments: list[list[int]] | None = None, validate_only: bool = False
    ) -> None:
        request = CreatePartitionsRequest(
            topics=[
                CreatePartitionsTopic(
                    name=topic,
                    count=count,
                    assignments=None
                    if assignments is None
                    else [CreatePartitionsAssignment(broker_ids=a) for a in assignments],
                )
                for topic, count in topics
            ],
            timeout_ms=30_000,
            validate_only=validate_only,
        )
        answer = client.call(37, v, request)
        answer.results.sort(key=lambda result: result.name)
        stage.record(step, answer)

    topic = name("t")
    create(client, topic, 2)
    create(client, name("u"), 1)
    ask("more", (topic, 3))
    wait_for(client, topic, 3)
    ask("same", (topic, 3))
    ask("fewer", (topic, 1))
    ask("zero", (topic, 0))
    ask("negative", (topic, -1))
    ask("unknown", (name("none"), 3))
    ask("empty_name", ("", 3))
    ask("validate_only", (topic, 5), validate_only=True)
    ask("assigned", (topic, 4), assignments=[[1]])
    wait_for(client, topic, 4)
    ask("assigned_too_few", (topic, 6), assignments=[[1]])
    ask("assigned_too_many", (topic, 5), assignments=[[1], [1]])
    ask("assigned_unknown_broker", (topic, 5), assignments=[[66]])
    ask("assigned_duplicate_broker", (topic, 5), assignments=[[1, 1]])
    ask("assigned_none", (topic, 5), assignments=[[]])
    ask("assigned_empty_list", (topic, 5), assignments=[])
    ask("twice", (topic, 6), (topic, 7))
    ask("several", (name("u"), 2), (name("none"), 2))
    ask("nothing")
    wait_for(client, name("u"), 2)
