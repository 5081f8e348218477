"""DescribeConfigs, through the codec."""

import pytest

from broker.handlers.configs.describe_configs import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResult
from tests.broker.admin.test_config_administrator import ConfigWorld
from tests.broker.handlers.configs.world import BROKER, GROUP, LOGGER, METRICS, OWN, TOPIC, world


async def describe(
    asked: ConfigWorld,
    *resources: tuple[int, str] | tuple[int, str, list[str] | None],
    version: int = 4,
    synonyms: bool = True,
    documentation: bool = False,
) -> list[DescribeConfigsResult]:
    request = DescribeConfigsRequest(
        resources=[
            DescribeConfigsResource(resource_type=kind, resource_name=name, configuration_keys=keys[0] if keys else None)
            for kind, name, *keys in resources
        ],
        include_synonyms=synonyms,
        include_documentation=documentation,
    )
    results: list[DescribeConfigsResult] = (await asked.ask(HANDLER, request, version)).results
    return results


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_topics_settings_are_described_in_every_version(version: int) -> None:
    """Sources and synonyms from the first, types from version 3."""
    asked = world()
    await asked.topic("orders", retention_ms="5", cleanup_policy="compact,delete")

    (result,) = await describe(asked, (TOPIC, "orders"), version=version)
    shown = {config.name: config for config in result.configs}

    assert (result.error_code, result.resource_type, result.resource_name, len(shown)) == (0, TOPIC, "orders", 37)
    policy = shown["cleanup.policy"]
    assert (policy.value, policy.config_source, policy.read_only, policy.is_sensitive) == ("compact,delete", 1, False, False)
    assert [(s.name, s.value, s.source) for s in policy.synonyms] == [
        ("cleanup.policy", "compact,delete", 1),
        ("log.cleanup.policy", "delete", 5),
    ]
    assert (policy.config_type, shown["retention.ms"].config_type) == ((7, 5) if version >= 3 else (0, 0))


async def test_synonyms_and_documentation_only_when_asked() -> None:
    """None is sent otherwise."""
    asked = world()
    await asked.topic("orders")

    (result,) = await describe(asked, (TOPIC, "orders", ["retention.ms"]), synonyms=False)
    assert (result.configs[0].synonyms, result.configs[0].documentation) == ([], None)
    (result,) = await describe(asked, (TOPIC, "orders", ["segment.bytes"]), documentation=True)
    assert "Without effect here" in (result.configs[0].documentation or "")


async def test_settings_can_be_chosen_by_name() -> None:
    """Unknown names are left out; an empty list asks for all, as in Kafka."""
    asked = world()
    await asked.topic("orders")

    (chosen,) = await describe(asked, (TOPIC, "orders", ["retention.ms", "nope"]))
    assert [config.name for config in chosen.configs] == ["retention.ms"]
    (everything,) = await describe(asked, (TOPIC, "orders", []))
    assert len(everything.configs) == 37


async def test_the_broker_and_all_brokers() -> None:
    """By its number, and by the empty name."""
    asked = world(num_partitions=3)
    await asked.set(BROKER, "", log_retention_ms="5")

    own, everywhere = await describe(asked, (BROKER, OWN, ["num.partitions", "log.retention.ms", "log.dirs"]), (BROKER, ""))

    assert [(c.name, c.value, c.config_source, c.read_only) for c in own.configs] == [
        ("log.dirs", "penstock-data", 5, True),
        ("log.retention.ms", "5", 3, False),
        ("num.partitions", "3", 4, True),
    ]
    assert [(c.name, c.value, c.config_source) for c in everywhere.configs] == [("log.retention.ms", "5", 3)]


async def test_other_resources() -> None:
    """The log's level; groups have those of the consumer protocol and of share groups, client metrics three, whether there are any or not."""
    logger, group, metrics = await describe(world(), (LOGGER, OWN), (GROUP, "g"), (METRICS, "m"))

    assert [(c.name, c.config_source, c.config_type) for c in logger.configs] == [("root", 6, 0)]
    assert (group.error_code, metrics.error_code) == (0, 0)
    assert [config.name for config in metrics.configs] == ["interval.ms", "match", "metrics"]
    assert [(c.name, c.value, c.config_source) for c in group.configs if c.name.endswith("timeout.ms")] == [
        ("consumer.session.timeout.ms", "45000", 5),
        ("share.session.timeout.ms", "45000", 5),
    ]


async def test_each_resource_is_answered_by_itself() -> None:
    """In the order of the request."""
    asked = world()
    await asked.topic("orders")

    results = await describe(asked, (TOPIC, "nope"), (TOPIC, "orders", ["retention.ms"]), (BROKER, "8"), (TOPIC, ""))

    assert [(r.error_code, r.error_message, len(r.configs)) for r in results] == [
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "", 0),
        (0, "", 1),
        (ErrorCode.INVALID_REQUEST, "Unexpected broker id, expected 7 or empty string, but received 8", 0),
        (ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed", 0),
    ]


async def test_a_type_that_nobody_knows_refuses_the_request() -> None:
    """As Kafka does."""
    results = await describe(world(), (BROKER, OWN), (1, "x"))

    assert [(r.error_code, r.configs) for r in results] == [(ErrorCode.INVALID_REQUEST, [])] * 2


async def test_an_answer_does_not_grow_with_repetitions() -> None:
    """A small request cannot ask for the same thing a hundred thousand times."""
    asked = world()
    await asked.topic("orders")

    results = await describe(asked, *[(TOPIC, "orders")] * 1000)

    assert {(r.error_code, len(r.configs)) for r in results} == {(ErrorCode.INVALID_REQUEST, 0)}


def test_a_request_that_cannot_be_served_is_refused_for_each_resource() -> None:
    """With the code it is given."""
    asked = world()
    request = DescribeConfigsRequest(resources=[DescribeConfigsResource(resource_type=TOPIC, resource_name="a")])

    (result,) = HANDLER.refuse(request, asked.context(4), ErrorCode.UNKNOWN_SERVER_ERROR, None).results

    assert (result.error_code, result.resource_name, result.error_message) == (ErrorCode.UNKNOWN_SERVER_ERROR, "a", "")
