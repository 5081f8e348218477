"""Scripts about quotas: DescribeClientQuotas, AlterClientQuotas, and the mutations that a quota lets through.

Quotas belong to the whole broker, so each script names entities of its own run and takes its quotas away in the end.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any

from broker.wire.messages.alter_client_quotas import (
    AlterClientQuotasRequest,
    AlterClientQuotasRequestEntityData,
    AlterClientQuotasRequestEntryData,
    AlterClientQuotasRequestOpData,
)
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from broker.wire.messages.describe_client_quotas import (
    DescribeClientQuotasRequest,
    DescribeClientQuotasRequestComponentData,
)
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_configs import settled
from tests.differential.scripts_data import batch, produce
from tests.differential.topics import create, wait_for
from tests.support.waiting import wait_until

DESCRIBE, ALTER = 48, 49
EXACT, DEFAULT, ANY = range(3)

Entity = Mapping[str, str | None] | list[tuple[str, str | None]]
Ops = Mapping[str, float | None] | list[tuple[str, float | None]]


def _pairs(given: Any) -> list[tuple[str, Any]]:
    return list(given.items()) if isinstance(given, Mapping) else given


def alter(
    client: RawClient, version: int, *entries: tuple[Entity, Ops], validate_only: bool = False
) -> Any:
    """Change quotas; None takes one away."""
    request = AlterClientQuotasRequest(
        entries=[
            AlterClientQuotasRequestEntryData(
                entity=[AlterClientQuotasRequestEntityData(entity_type=kind, entity_name=name) for kind, name in _pairs(entity)],
                ops=[
                    AlterClientQuotasRequestOpData(key=key, value=0.0 if value is None else value, remove=value is None)
                    for key, value in _pairs(ops)
                ],
            )
            for entity, ops in entries
        ],
        validate_only=validate_only,
    )
    answer = client.call(ALTER, version, request)
    for entry in getattr(answer, "entries", ()):
        entry.entity.sort(key=lambda part: part.entity_type)
    if hasattr(answer, "entries"):
        answer.entries.sort(key=lambda entry: [(part.entity_type, part.entity_name or "") for part in entry.entity])
    return answer


def describe(client: RawClient, version: int, *components: tuple[str, int, str | None], strict: bool = False) -> Any:
    """What there is, in an order that does not depend on the broker."""
    request = DescribeClientQuotasRequest(
        components=[
            DescribeClientQuotasRequestComponentData(entity_type=kind, match_type=match, match=name)
            for kind, match, name in components
        ],
        strict=strict,
    )
    answer = client.call(DESCRIBE, version, request)
    for entry in getattr(answer, "entries", None) or ():
        entry.entity.sort(key=lambda part: part.entity_type)
        entry.values.sort(key=lambda value: value.key)
    if getattr(answer, "entries", None):
        answer.entries.sort(key=lambda entry: [(part.entity_type, part.entity_name or "") for part in entry.entity])
    return answer


@script(ALTER, range(2))
def quotas_refused(stage: Stage) -> None:
    """Every way to ask for a quota that cannot be."""
    client, v, name = stage.client(), stage.version, stage.name
    user: Entity = {"user": name("u")}
    cases: dict[str, tuple[Entity, Ops]] = {
        "no_entity": ({}, {"producer_byte_rate": 1.0}),
        "unknown_type": ({"colour": "red"}, {"producer_byte_rate": 1.0}),
        "empty_name": ({"user": ""}, {"producer_byte_rate": 1.0}),
        "empty_client": ({"client-id": ""}, {"producer_byte_rate": 1.0}),
        "ip_and_user": ({"ip": "10.0.0.1", "user": name("u")}, {"connection_creation_rate": 1.0}),
        "not_an_ip": ({"ip": "not an address"}, {"connection_creation_rate": 1.0}),
        "unknown_key": (user, {"colour": 1.0}),
        "ip_key_of_user": (user, {"connection_creation_rate": 1.0}),
        "user_key_of_ip": ({"ip": "10.0.0.1"}, {"producer_byte_rate": 1.0}),
        "fraction": (user, {"producer_byte_rate": 1.5}),
        "fraction_ip": ({"ip": "10.0.0.1"}, {"connection_creation_rate": 1.5}),
        "same_key_twice": (user, [("producer_byte_rate", 1.0), ("producer_byte_rate", 2.0)]),
        "no_ops": (user, {}),
        "take_away_nothing": (user, {"producer_byte_rate": None}),
        "take_away_unknown": (user, {"colour": None}),
        "zero": (user, {"producer_byte_rate": 0.0}),
        "negative": (user, {"producer_byte_rate": -1.0}),
        "zero_percentage": (user, {"request_percentage": 0.0}),
        "negative_percentage": (user, {"request_percentage": -1.0}),
        "zero_rate": ({"ip": "10.0.0.1"}, {"connection_creation_rate": 0.0}),
        "negative_rate": ({"ip": "10.0.0.1"}, {"connection_creation_rate": -1.0}),
        "infinite": (user, {"request_percentage": float("inf")}),
        "not_a_number": (user, {"request_percentage": float("nan")}),
        "huge": (user, {"producer_byte_rate": 1e300}),
        "huge_rate": ({"ip": "10.0.0.1"}, {"connection_creation_rate": 1e10}),
    }
    for step, (entity, ops) in cases.items():
        stage.record(step, alter(client, v, (entity, ops), validate_only=True))
    stage.record("one_good_one_bad", alter(client, v, (user, {"producer_byte_rate": 5.0, "colour": 1.0}), validate_only=True))
    stage.record(
        "bad_entry_beside_good",
        alter(client, v, (user, {"producer_byte_rate": 5.0}), ({"colour": "red"}, {"x": 1.0}), validate_only=True),
    )
    stage.record("same_entity_twice", alter(client, v, (user, {"producer_byte_rate": 5.0}), (user, {"consumer_byte_rate": 5.0}), validate_only=True))
    stage.record("nothing", alter(client, v))


@script(ALTER, range(2))
def quotas_changed(stage: Stage) -> None:
    """Set, changed, taken away; validate_only changes nothing."""
    client, v, name = stage.client(), stage.version, stage.name
    user = {"user": name("alice")}
    both = {"user": name("alice"), "client-id": name("app")}
    stage.record("validated", alter(client, v, (user, {"producer_byte_rate": 10.0}), validate_only=True))
    stage.record("nothing_yet", describe(client, v, ("user", EXACT, name("alice"))))
    stage.record("set", alter(client, v, (user, {"producer_byte_rate": 10.0, "request_percentage": 12.5}), (both, {"consumer_byte_rate": 7.0})))
    _settled(client, v, ("user", EXACT, name("alice")), count=2)
    stage.record("there", describe(client, v, ("user", EXACT, name("alice"))))
    stage.record("strictly", describe(client, v, ("user", EXACT, name("alice")), strict=True))
    stage.record("both", describe(client, v, ("user", EXACT, name("alice")), ("client-id", EXACT, name("app")), strict=True))
    stage.record("any_client", describe(client, v, ("user", EXACT, name("alice")), ("client-id", ANY, None)))
    stage.record("default_client", describe(client, v, ("user", EXACT, name("alice")), ("client-id", DEFAULT, None)))
    stage.record("changed", alter(client, v, (user, {"producer_byte_rate": 20.0, "request_percentage": None})))
    stage.record("taken", alter(client, v, (both, {"consumer_byte_rate": None})))
    _settled(client, v, ("user", EXACT, name("alice")), count=1)
    stage.record("left", describe(client, v, ("user", EXACT, name("alice"))))
    stage.record("all_taken", alter(client, v, (user, {"producer_byte_rate": None})))
    _settled(client, v, ("user", EXACT, name("alice")), count=0)
    stage.record("gone", describe(client, v, ("user", EXACT, name("alice"))))


@script(DESCRIBE, range(2))
def quotas_filtered(stage: Stage) -> None:
    """Filters by name, default and type, and those that cannot be."""
    client, v, name = stage.client(), stage.version, stage.name
    address = str(ipaddress.IPv4Address(0x0A000000 + int(stage.prefix.removeprefix("run") or 0) + 1))
    made: list[tuple[Entity, Ops]] = [
        ({"ip": address}, {"connection_creation_rate": 5.0}),
        ({"client-id": name("c")}, {"consumer_byte_rate": 1.0}),
        ({"user": name("u"), "client-id": None}, {"producer_byte_rate": 1.0}),
        ({"user": name("ü/ %"), "client-id": name("c")}, {"producer_byte_rate": 2.0}),
    ]
    stage.record("made", alter(client, v, *made))
    _settled(client, v, ("client-id", EXACT, name("c")), count=2)
    stage.record("address", describe(client, v, ("ip", EXACT, address)))
    stage.record("client", describe(client, v, ("client-id", EXACT, name("c"))))
    stage.record("client_strict", describe(client, v, ("client-id", EXACT, name("c")), strict=True))
    stage.record("default", describe(client, v, ("user", EXACT, name("u")), ("client-id", DEFAULT, None)))
    stage.record("odd", describe(client, v, ("user", EXACT, name("ü/ %")), ("client-id", ANY, None)))
    refused = {
        "unknown_type": (("colour", EXACT, "red"),),
        "empty_type": (("", EXACT, "red"),),
        "twice": (("user", EXACT, "a"), ("user", EXACT, "b")),
        "with_ip": (("user", EXACT, "a"), ("ip", EXACT, "10.0.0.1")),
        "unknown_match": (("user", 3, "a"),),
        "negative_match": (("user", -1, "a"),),
        "exact_null": (("user", EXACT, None),),
        "default_named": (("user", DEFAULT, "a"),),
        "any_named": (("user", ANY, "a"),),
    }
    for step, components in refused.items():
        stage.record(step, describe(client, v, *components))
    stage.record("strictly_nothing", describe(client, v, strict=True))
    stage.record("removed", alter(client, v, *((entity, dict.fromkeys(ops)) for entity, ops in made)))


def _settled(client: RawClient, version: int, component: tuple[str, int, str | None], *, count: int) -> None:
    """Apache Kafka answers a change before its brokers have it."""
    wait_until(lambda answer: len(answer.entries) == count, lambda: describe(client, version, component))


def _bounded(stage: Stage, quota: str, value: float) -> RawClient:
    """A client of its own that has one quota. No other script's client has its id."""
    entity = {"client-id": stage.name(quota)}
    alter(stage.client(), 1, (entity, {quota: value}))
    _settled(stage.client(), 1, ("client-id", EXACT, stage.name(quota)), count=1)
    settled(stage, stage.client())
    return stage.client(stage.name(quota))


def _free(stage: Stage, quota: str) -> None:
    alter(stage.client(), 1, ({"client-id": stage.name(quota)}, {quota: None}))


def _outcome(stage: Stage, step: str, parts: list[Any], throttle_time_ms: int) -> None:
    """Which parts were refused, and whether the client is to wait: for how long is a matter of clocks."""
    stage.record(step, {"errors": sorted(part.error_code for part in parts), "waits": throttle_time_ms > 0})


@script(19, range(2, 8))
def mutations_create(stage: Stage) -> None:
    """Eleven seconds' worth of partitions may be made, and the topic that goes beyond is made as well: the next is refused, or waited for."""
    client = _bounded(stage, "controller_mutation_rate", 1.0)

    def make(step: str, *names: str, partitions: int = 6, validate_only: bool = False) -> None:
        request = CreateTopicsRequest(
            topics=[
                CreateTopicsRequestCreatableTopic(name=stage.name(name), num_partitions=partitions, replication_factor=1)
                for name in names
            ],
            timeout_ms=30_000,
            validate_only=validate_only,
        )
        answer = client.call(19, stage.version, request)
        _outcome(stage, step, answer.topics, answer.throttle_time_ms)

    make("validated", "a", partitions=5, validate_only=True)
    make("several", "a", "b", "c", partitions=4)
    _free(stage, "controller_mutation_rate")


@script(37, range(4))
def mutations_add(stage: Stage) -> None:
    """The same for partitions that are added."""
    other = stage.client()
    for name in ("a", "b"):
        create(other, stage.name(name))
    client = _bounded(stage, "controller_mutation_rate", 1.0)
    request = CreatePartitionsRequest(
        topics=[CreatePartitionsTopic(name=stage.name(name), count=13, assignments=None) for name in ("a", "b")],
        timeout_ms=30_000,
    )
    answer = client.call(37, stage.version, request)
    _outcome(stage, "added", answer.results, answer.throttle_time_ms)
    _free(stage, "controller_mutation_rate")


@script(20, range(1, 7))
def mutations_delete(stage: Stage) -> None:
    """The same for topics that are deleted."""
    other = stage.client()
    for name in ("a", "b"):
        create(other, stage.name(name), 12)
        wait_for(other, stage.name(name), 12)
    client = _bounded(stage, "controller_mutation_rate", 1.0)
    request = DeleteTopicsRequest(
        topic_names=[stage.name("a"), stage.name("b")],
        topics=[DeleteTopicsRequestDeleteTopicState(name=stage.name(name)) for name in ("a", "b")],
        timeout_ms=30_000,
    )
    answer = client.call(20, stage.version, request)
    _outcome(stage, "deleted", answer.responses, answer.throttle_time_ms)
    _free(stage, "controller_mutation_rate")


@script(0, range(12, 14))
def produce_throttled(stage: Stage) -> None:
    """A burst is free, the batch after it is taken and has to be waited for; then all is well again."""
    topic, other = stage.name("t"), stage.client()
    topic_id = create(other, topic)
    client = _bounded(stage, "producer_byte_rate", 1000.0)
    large = batch(1, value=bytes(6000))
    waits: list[bool] = []
    for _ in range(3):
        answer = produce(client, stage.version, topic, topic_id, {0: large})
        waits.append(answer.throttle_time_ms > 0)
        assert answer.responses[0].partition_responses[0].error_code == 0
        if waits[-1]:
            break
    stage.record("waits", waits)
    _free(stage, "producer_byte_rate")
