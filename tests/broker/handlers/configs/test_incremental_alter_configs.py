"""IncrementalAlterConfigs, through the codec."""

import pytest

from broker.handlers.configs.incremental_alter_configs import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
from tests.broker.admin.test_config_administrator import ConfigWorld
from tests.broker.handlers.configs.world import BROKER, LOGGER, OWN, TOPIC, world

Op = tuple[str, int, str | None]


def request(*resources: tuple[int, str, list[Op]], validate_only: bool = False) -> IncrementalAlterConfigsRequest:
    return IncrementalAlterConfigsRequest(
        resources=[
            IncrementalAlterConfigsRequestAlterConfigsResource(
                resource_type=kind,
                resource_name=name,
                configs=[
                    IncrementalAlterConfigsRequestAlterableConfig(name=key, config_operation=op, value=value)
                    for key, op, value in ops
                ],
            )
            for kind, name, ops in resources
        ],
        validate_only=validate_only,
    )


async def alter(asked: ConfigWorld, wanted: IncrementalAlterConfigsRequest, version: int = 1) -> list[tuple[int, str | None]]:
    response = await asked.ask(HANDLER, wanted, version)
    assert [(r.resource_type, r.resource_name) for r in response.responses] == [
        (r.resource_type, r.resource_name) for r in wanted.resources
    ]
    return [(r.error_code, r.error_message) for r in response.responses]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_settings_are_set_added_to_and_deleted(version: int) -> None:
    """One after the other, in one request."""
    asked = world()
    await asked.topic("orders", preallocate="true")
    ops: list[Op] = [("retention.ms", 0, "5"), ("preallocate", 1, None), ("cleanup.policy", 2, "compact"), ("nope", 1, None)]

    assert await alter(asked, request((TOPIC, "orders", ops)), version) == [(0, None)]

    state = asked.directory.by_name("orders")
    assert state is not None
    assert state.topic.config == {"retention.ms": "5", "cleanup.policy": "delete,compact"}


async def test_resources_are_answered_one_by_one() -> None:
    """Topics, brokers, the log; good and bad."""
    asked = world()
    await asked.topic("orders")

    answers = await alter(
        asked,
        request(
            (TOPIC, "orders", [("retention.ms", 0, "x")]),
            (BROKER, "", [("log.retention.ms", 0, "5")]),
            (BROKER, OWN, [("num.partitions", 0, "5")]),
            (LOGGER, OWN, [("root", 2, "INFO")]),
            (TOPIC, "nope", [("retention.ms", 0, "5")]),
        ),
    )

    assert answers == [
        (ErrorCode.INVALID_CONFIG, "Invalid value x for configuration retention.ms: Not a number of type LONG"),
        (0, None),
        (ErrorCode.INVALID_REQUEST, "Cannot update these configs dynamically: [num.partitions]"),
        (ErrorCode.INVALID_REQUEST, "APPEND operation is not allowed for the BROKER_LOGGER resource"),
        (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "The topic 'nope' does not exist."),
    ]
    assert asked.live.current.retention_ms == 5


async def test_nothing_changes_when_only_validating() -> None:
    """The answer is the same."""
    asked = world()
    await asked.topic("orders")

    assert await alter(asked, request((TOPIC, "orders", [("retention.ms", 0, "5")]), validate_only=True)) == [(0, None)]

    state = asked.directory.by_name("orders")
    assert state is not None
    assert state.topic.config == {}


async def test_a_resource_named_twice_is_not_changed() -> None:
    """It would not be clear which change counts."""
    asked = world()
    await asked.topic("orders")
    twice: tuple[int, str, list[Op]] = (TOPIC, "orders", [("retention.ms", 0, "5")])

    assert await alter(asked, request(twice, twice)) == [
        (ErrorCode.INVALID_REQUEST, "Each resource must appear at most once.")
    ] * 2


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_hostile_names_come_back_shortened(version: int) -> None:
    """An answer that could not be written would cost the connection."""
    ops: list[Op] = [("x" * 200 + str(number), 0, None) for number in range(1000)]

    ((code, message),) = await alter(world(), request((TOPIC, "orders", ops)), version)

    assert code == ErrorCode.INVALID_REQUEST
    assert len(message or "") < 2_000


def test_a_request_that_cannot_be_served_is_refused_for_each_resource() -> None:
    """With the code it is given."""
    refused = HANDLER.refuse(request((TOPIC, "a", [])), world().context(1), ErrorCode.UNKNOWN_SERVER_ERROR, "no")

    assert [(r.error_code, r.error_message, r.resource_name) for r in refused.responses] == [(-1, "no", "a")]
