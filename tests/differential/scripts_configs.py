"""Scripts about configuration: DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources."""

from typing import Any

from broker.config.settings import BY_KAFKA_NAME
from broker.wire.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsRequestAlterableConfig,
    AlterConfigsResource,
)
from broker.wire.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
from broker.wire.messages.list_config_resources import ListConfigResourcesRequest
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_admin import BAD_TOPIC_CONFIGS
from tests.differential.topics import create

TOPIC, BROKER, LOGGER, CLIENT_METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)


def describe(client: RawClient, version: int, *resources: tuple[int, str, list[str] | None], **options: Any) -> Any:
    request = DescribeConfigsRequest(
        resources=[
            DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=keys)
            for kind, name, keys in resources
        ],
        **options,
    )
    answer = client.call(32, version, request)
    for result in answer.results:
        result.configs.sort(key=lambda config: config.name)
    answer.results.sort(key=lambda result: (result.resource_type, result.resource_name))
    return answer


def by_name(answer: Any) -> dict[str, Any]:
    """The settings of an answer's only resource, so that one that is missing differs in nothing but its own line."""
    return {config.name: config for config in answer.results[0].configs}


def incremental(
    client: RawClient,
    version: int,
    *changes: tuple[int, str, list[tuple[str, int, str | None]]],
    validate_only: bool = False,
) -> Any:
    request = IncrementalAlterConfigsRequest(
        resources=[
            IncrementalAlterConfigsRequestAlterConfigsResource(
                resource_type=kind,
                resource_name=name,
                configs=[
                    IncrementalAlterConfigsRequestAlterableConfig(name=key, config_operation=operation, value=value)
                    for key, operation, value in operations
                ],
            )
            for kind, name, operations in changes
        ],
        validate_only=validate_only,
    )
    answer = client.call(44, version, request)
    answer.responses.sort(key=lambda response: (response.resource_type, response.resource_name, response.error_code))
    return answer


def replace(
    client: RawClient, version: int, *changes: tuple[int, str, dict[str, str | None]], validate_only: bool = False
) -> Any:
    request = AlterConfigsRequest(
        resources=[
            AlterConfigsResource(
                resource_type=kind,
                resource_name=name,
                configs=[AlterConfigsRequestAlterableConfig(name=key, value=value) for key, value in values.items()],
            )
            for kind, name, values in changes
        ],
        validate_only=validate_only,
    )
    answer = client.call(33, version, request)
    answer.responses.sort(key=lambda response: (response.resource_type, response.resource_name, response.error_code))
    return answer


def settled(stage: Stage, client: RawClient) -> None:
    """Wait until what was changed before is in force: two topics made one after the other come later than any change."""
    for _ in range(2):
        stage.settlings += 1
        create(client, stage.name(f"settled-{stage.settlings}"))


@script(32, range(1, 5))
def describe_topic_configs(stage: Stage) -> None:
    """Every setting of topics: value, source, type, synonyms; with and without settings of its own."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("plain"))
    create(
        client,
        name("own"),
        retention_ms="1000",
        cleanup_policy="compact",
        segment_bytes="2000000",
        compression_type="lz4",
        min_insync_replicas="1",
        preallocate="true",
    )
    for step in ("plain", "own"):
        stage.record(step, by_name(describe(client, v, (TOPIC, name(step), None), include_synonyms=True)))
    stage.record("no_synonyms", by_name(describe(client, v, (TOPIC, name("own"), None))))
    if v >= 3:
        stage.record("documented", by_name(describe(client, v, (TOPIC, name("own"), None), include_documentation=True)))


@script(32, range(1, 5))
def describe_configs(stage: Stage) -> None:
    """Some settings, none, unknown ones; unknown and impossible resources."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"))

    def ask(step: str, *resources: tuple[int, str, list[str] | None]) -> None:
        stage.record(step, describe(client, v, *resources, include_synonyms=True))

    ask("some", (TOPIC, name("t"), ["retention.ms", "cleanup.policy"]))
    ask("unknown_key", (TOPIC, name("t"), ["no.such.config", "retention.ms"]))
    ask("same_key_twice", (TOPIC, name("t"), ["retention.ms", "retention.ms"]))
    ask("several", (TOPIC, name("t"), ["retention.ms"]), (BROKER, "1", ["num.partitions"]), (TOPIC, name("none"), None))
    ask("unknown_topic", (TOPIC, name("none"), None))
    ask("invalid_topic", (TOPIC, "a b", None))
    ask("empty_topic", (TOPIC, "", None))
    ask("other_broker", (BROKER, "77", None))
    ask("no_broker", (BROKER, "one", None))
    stage.record("all_brokers", by_name(describe(client, v, (BROKER, "", None), include_synonyms=True)))
    ask("other_logger", (LOGGER, "77", None))
    ask("empty_logger", (LOGGER, "", None))
    ask("empty_metrics", (CLIENT_METRICS, "", None))
    ask("unknown_metrics", (CLIENT_METRICS, name("m"), None))
    ask("empty_group", (GROUP, "", None))
    stage.record("group", by_name(describe(client, v, (GROUP, name("g"), None))))
    ask("unknown_type", (77, "x", None))
    ask("type_0", (0, "x", None))
    ask("unknown_type_beside_good", (77, "x", None), (TOPIC, name("t"), ["retention.ms"]))
    ask("nothing")


@script(32, range(1, 5))
def describe_broker_configs(stage: Stage) -> None:
    """Every setting that both brokers have; listeners aside, which the test gives them differently."""
    client, v = stage.client(), stage.version
    shared = set(BY_KAFKA_NAME) - {"listeners", "advertised.listeners", "listener.security.protocol.map"}

    def ask(step: str, **options: Any) -> None:
        found = by_name(describe(client, v, (BROKER, "1", None), **options))
        stage.record(step, {name: config for name, config in found.items() if name in shared})

    ask("all", include_synonyms=True)
    if v >= 3:
        ask("documented", include_documentation=True)


@script(44, range(2))
def alter_topic_configs(stage: Stage) -> None:
    """Set, delete, append, subtract; several resources; without doing it."""
    client, v, name = stage.client(), stage.version, stage.name
    topic = name("t")
    create(client, topic)
    create(client, name("u"))

    def change(step: str, *operations: tuple[str, int, str | None], **options: Any) -> None:
        stage.record(step, incremental(client, v, (TOPIC, topic, list(operations)), **options))
        settled(stage, client)
        found = by_name(describe(client, 4, (TOPIC, topic, None), include_synonyms=True))
        stage.record(f"{step}_done", {key: config for key, config in found.items() if config.config_source == 1})

    change("set", ("retention.ms", SET, "5000"), ("compression.type", SET, "gzip"))
    change("set_again", ("retention.ms", SET, "6000"))
    change("append", ("cleanup.policy", APPEND, "compact"))
    change("append_what_is_there", ("cleanup.policy", APPEND, "compact"))
    change("subtract", ("cleanup.policy", SUBTRACT, "delete"))
    change("subtract_what_is_not_there", ("cleanup.policy", SUBTRACT, "delete"))
    change("delete", ("retention.ms", DELETE, None), ("cleanup.policy", DELETE, ""))
    change("delete_what_is_not_set", ("retention.ms", DELETE, None))
    change("validate_only", ("retention.ms", SET, "7000"), validate_only=True)
    change("throttled", ("leader.replication.throttled.replicas", APPEND, "0:1"))
    change("nothing")
    stage.record(
        "several",
        incremental(
            client,
            v,
            (TOPIC, topic, [("retention.ms", SET, "1")]),
            (TOPIC, name("u"), [("retention.ms", SET, "never")]),
            (TOPIC, name("none"), [("retention.ms", SET, "1")]),
        ),
    )
    stage.record("no_resources", incremental(client, v))


@script(44, range(2))
def alter_topic_configs_refused(stage: Stage) -> None:
    """Wrong names, values, operations and resources."""
    client, v, name = stage.client(), stage.version, stage.name
    topic = name("t")
    create(client, topic)

    def ask(step: str, *operations: tuple[str, int, str | None], kind: int = TOPIC, resource: str = topic) -> None:
        stage.record(step, incremental(client, v, (kind, resource, list(operations)), validate_only=True))

    for step, config in BAD_TOPIC_CONFIGS.items() if v == 1 else ():
        ask(f"value_{step}", *((key, SET, value) for key, value in config.items()))
    ask("append_to_number", ("retention.ms", APPEND, "1"))
    ask("subtract_from_number", ("retention.ms", SUBTRACT, "1"))
    ask("append_wrong", ("cleanup.policy", APPEND, "shred"))
    ask("append_to_unknown", ("no.such.config", APPEND, "x"))
    ask("append_null", ("cleanup.policy", APPEND, None))
    ask("subtract_all", ("cleanup.policy", SUBTRACT, "delete"))
    ask("delete_unknown", ("no.such.config", DELETE, None))
    ask("set_null", ("retention.ms", SET, None))
    ask("same_key_twice", ("retention.ms", SET, "1"), ("retention.ms", SET, "2"))
    ask("set_and_delete", ("retention.ms", SET, "1"), ("retention.ms", DELETE, None))
    ask("unknown_topic", ("retention.ms", SET, "1"), resource=name("none"))
    ask("unknown_topic_wrong_value", ("retention.ms", SET, "x"), resource=name("none"))
    ask("invalid_topic", ("retention.ms", SET, "1"), resource="a b")
    ask("empty_topic", ("retention.ms", SET, "1"), resource="")
    ask("unknown_type", ("retention.ms", SET, "1"), kind=77)
    ask("type_0", ("retention.ms", SET, "1"), kind=0)
    stage.record(
        "same_resource_twice",
        incremental(
            client, v, (TOPIC, topic, [("retention.ms", SET, "1")]), (TOPIC, topic, [("retention.ms", SET, "2")])
        ),
    )


@script(44, range(2))
def alter_broker_configs(stage: Stage) -> None:
    """Settings of one broker and of all, that topics fall back to; those that may not change; what is no broker."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"))

    def ask(
        step: str, resource: str, *operations: tuple[str, int, str | None], kind: int = BROKER, **options: Any
    ) -> None:
        stage.record(step, incremental(client, v, (kind, resource, list(operations)), **options))

    def look(step: str) -> None:
        settled(stage, client)
        keys = ["log.retention.ms", "log.cleanup.policy", "message.max.bytes", "log.segment.bytes"]
        stage.record(f"{step}_broker", by_name(describe(client, 4, (BROKER, "1", keys), include_synonyms=True)))
        stage.record(f"{step}_all", by_name(describe(client, 4, (BROKER, "", keys), include_synonyms=True)))
        keys = ["retention.ms", "cleanup.policy", "max.message.bytes", "segment.bytes"]
        stage.record(f"{step}_topic", by_name(describe(client, 4, (TOPIC, name("t"), keys), include_synonyms=True)))

    try:
        ask("all", "", ("log.retention.ms", SET, "700000"), ("message.max.bytes", SET, "2000000"))
        look("all")
        ask("own", "1", ("log.retention.ms", SET, "800000"), ("log.segment.bytes", SET, "5000000"))
        look("own")
        ask("append", "", ("log.cleanup.policy", APPEND, "compact"))
        look("append")
        ask("validate_only", "", ("log.retention.ms", SET, "900000"), validate_only=True)
        look("validate_only")
        ask("delete_own", "1", ("log.retention.ms", DELETE, None))
        look("delete_own")
    finally:
        own = [(key, DELETE, None) for key in ("log.retention.ms", "log.segment.bytes")]
        every = [(key, DELETE, None) for key in ("log.retention.ms", "message.max.bytes", "log.cleanup.policy")]
        incremental(client, v, (BROKER, "1", own), (BROKER, "", every))
        settled(stage, client)
    look("put_back")


@script(44, range(2))
def alter_broker_configs_refused(stage: Stage) -> None:
    """Settings that may not change while the broker runs, wrong values, what is no broker; loggers, groups, metrics."""
    client, v, name = stage.client(), stage.version, stage.name

    def ask(step: str, resource: str, *operations: tuple[str, int, str | None], kind: int = BROKER) -> None:
        stage.record(step, incremental(client, v, (kind, resource, list(operations)), validate_only=True))

    ask("read_only", "1", ("num.partitions", SET, "5"))
    ask("read_only_all", "", ("auto.create.topics.enable", SET, "false"))
    ask("delete_read_only", "1", ("num.partitions", DELETE, None))
    ask("not_a_number", "1", ("log.retention.ms", SET, "soon"))
    ask("out_of_range", "", ("message.max.bytes", SET, "-1"))
    ask("wrong_policy", "", ("log.cleanup.policy", SET, "shred"))
    ask("wrong_compression", "", ("compression.type", SET, "brotli"))
    ask("append_to_number", "", ("message.max.bytes", APPEND, "1"))
    ask("set_null", "", ("message.max.bytes", SET, None))
    ask("per_broker_for_all", "", ("listeners", SET, "PLAINTEXT://127.0.0.1:1"))
    ask("node_id", "1", ("node.id", SET, "2"))
    ask("good_and_bad", "", ("log.retention.ms", SET, "1000"), ("message.max.bytes", SET, "x"))
    ask("same_key_twice", "", ("log.retention.ms", SET, "1"), ("log.retention.ms", SET, "2"))
    ask("other_broker", "77", ("log.retention.ms", SET, "1000"))
    ask("no_broker", "one", ("log.retention.ms", SET, "1000"))
    ask("logger_of_other", "77", ("root", SET, "INFO"), kind=LOGGER)
    ask("logger_of_none", "", ("root", SET, "INFO"), kind=LOGGER)
    ask("logger_level", "1", ("root", SET, "LOUD"), kind=LOGGER)
    ask("logger_good", "1", ("root", SET, "INFO"), kind=LOGGER)
    ask("logger_unknown", "1", (name("logger"), SET, "INFO"), kind=LOGGER)
    ask("logger_append", "1", ("root", APPEND, "INFO"), kind=LOGGER)
    ask("logger_delete_root", "1", ("root", DELETE, None), kind=LOGGER)
    ask("group_empty", "", ("consumer.session.timeout.ms", SET, "50000"), kind=GROUP)
    ask("group_of_newer_protocol", name("g"), ("consumer.session.timeout.ms", SET, "50000"), kind=GROUP)
    ask("group_unknown_key", name("g"), ("no.such.config", SET, "1"), kind=GROUP)
    ask("metrics_empty", "", ("interval.ms", SET, "1000"), kind=CLIENT_METRICS)


@script(44, range(2))
def client_metrics_configs(stage: Stage) -> None:
    """A subscription to clients' metrics: set, changed, wrong in every way, listed, gone."""
    client, v, metrics = stage.client(), stage.version, stage.name("m")

    def ask(step: str, *operations: tuple[str, int, str | None], **options: Any) -> None:
        stage.record(step, incremental(client, v, (CLIENT_METRICS, metrics, list(operations)), **options))

    def look(step: str) -> None:
        settled(stage, client)
        stage.record(step, by_name(describe(client, 4, (CLIENT_METRICS, metrics, None), include_synonyms=True)))
        for listed in (0, 1):
            answer = client.call(74, listed, ListConfigResourcesRequest(resource_types=[CLIENT_METRICS] if listed else []))
            names = [each.resource_name for each in answer.config_resources]
            stage.record(f"{step}_listed_{listed}", [answer.error_code, metrics in names])

    look("before")
    ask("set", ("interval.ms", SET, "1000"), ("metrics", SET, "org.apache.kafka., a"), ("match", SET, "client_id=a.*"))
    look("after")
    ask("validate_only", ("interval.ms", SET, "2000"), validate_only=True)
    ask("append", ("metrics", APPEND, "b"), ("match", APPEND, "client_source_port=[0-9]+"))
    ask("subtract", ("metrics", SUBTRACT, "a"))
    ask("append_number", ("interval.ms", APPEND, "1"))
    look("changed")
    for step, name, value in (
        ("short", "interval.ms", "99"),
        ("long", "interval.ms", "3600001"),
        ("no_number", "interval.ms", "soon"),
        ("unknown", "no.such.config", "1"),
        ("selector", "match", "client_name=a"),
        ("no_selector", "match", "a"),
        ("two_equals", "match", "client_id=a=b"),
        ("no_pattern", "match", "client_id=("),
        ("empty_pattern", "match", "client_id="),
        ("empty_metric", "metrics", "a,,b"),
        ("same_metric", "metrics", "a,a"),
    ):
        ask(f"wrong_{step}", (name, SET, value), validate_only=True)
    for step, name in (("match", "match"), ("metrics", "metrics")):
        ask(f"empty_{step}", (name, SET, ""), validate_only=True)
    ask("same_key_twice", ("interval.ms", SET, "1000"), ("interval.ms", SET, "2000"))
    stage.record("replaced", replace(client, 2, (CLIENT_METRICS, metrics, {"interval.ms": "5000"})))
    look("only_interval")
    stage.record("replaced_wrong", replace(client, 2, (CLIENT_METRICS, metrics, {"interval.ms": "5"})))
    ask("deleted", ("interval.ms", DELETE, None))
    look("gone")


@script(33, range(3))
def alter_configs(stage: Stage) -> None:
    """The old way: what is not named goes back to its default. (A resource named twice aside: Apache Kafka never answers that.)"""
    client, v, name = stage.client(), stage.version, stage.name
    topic = name("t")
    create(client, topic, retention_ms="1000")

    def change(step: str, kind: int, resource: str, values: dict[str, str | None], **options: Any) -> None:
        stage.record(step, replace(client, v, (kind, resource, values), **options))

    def look(step: str) -> None:
        settled(stage, client)
        found = by_name(describe(client, 4, (TOPIC, topic, None)))
        stage.record(step, {key: config for key, config in found.items() if config.config_source == 1})

    change("replace", TOPIC, topic, {"compression.type": "gzip", "retention.bytes": "5"})
    look("replaced")
    change("validate_only", TOPIC, topic, {"compression.type": "lz4"}, validate_only=True)
    look("validated")
    change("wrong", TOPIC, topic, {"compression.type": "brotli", "retention.ms": "5"})
    look("after_wrong")
    change("nothing", TOPIC, topic, {})
    look("emptied")
    change("null", TOPIC, topic, {"retention.ms": None})
    change("unknown_key", TOPIC, topic, {"no.such.config": "1"})
    change("unknown_topic", TOPIC, name("none"), {"retention.ms": "1"})
    change("invalid_topic", TOPIC, "a b", {"retention.ms": "1"})
    change("empty_topic", TOPIC, "", {"retention.ms": "1"})
    change("unknown_type", 77, "x", {"retention.ms": "1"})
    change("read_only", BROKER, "1", {"num.partitions": "1"}, validate_only=True)
    # Apache Kafka made min.insync.replicas a setting of all brokers when it began, and will not have it taken away.
    change("broker", BROKER, "", {"log.retention.ms": "5000", "min.insync.replicas": "1"}, validate_only=True)
    change("wrong_broker", BROKER, "", {"log.retention.ms": "x"}, validate_only=True)
    change("other_broker", BROKER, "77", {"log.retention.ms": "5000"}, validate_only=True)
    change("logger", LOGGER, "1", {"root": "INFO"}, validate_only=True)
    change("group_empty", GROUP, "", {"consumer.session.timeout.ms": "50000"}, validate_only=True)
    stage.record("no_resources", replace(client, v))


@script(74, range(2))
def list_config_resources(stage: Stage) -> None:
    """All types, one type, a type that is none."""
    client, v, name = stage.client(), stage.version, stage.name
    create(client, name("t"))

    def ask(step: str, *kinds: int) -> None:
        answer = client.call(74, v, ListConfigResourcesRequest(resource_types=list(kinds)))
        mine = [
            r for r in answer.config_resources if r.resource_type != TOPIC or r.resource_name.startswith(stage.prefix)
        ]
        answer.config_resources = sorted(mine, key=lambda r: (r.resource_type, r.resource_name))
        stage.record(step, answer)

    ask("all")
    if v >= 1:
        ask("topics", TOPIC)
        ask("brokers", BROKER)
        ask("loggers", LOGGER)
        ask("metrics", CLIENT_METRICS)
        ask("groups", GROUP)
        ask("several", TOPIC, BROKER)
        ask("same_twice", BROKER, BROKER)
        ask("nonsense", 99)
        ask("nonsense_beside_good", 99, TOPIC)
