"""AlterConfigs, through the codec."""

import pytest

from broker.handlers.configs.alter_configs import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsRequestAlterableConfig,
    AlterConfigsResource,
)
from tests.broker.admin.test_config_administrator import ConfigWorld
from tests.broker.handlers.configs.world import BROKER, LOGGER, OWN, TOPIC, world


def request(kind: int, name: str, *configs: tuple[str, str | None], validate_only: bool = False) -> AlterConfigsRequest:
    values = [AlterConfigsRequestAlterableConfig(name=key, value=value) for key, value in configs]
    return AlterConfigsRequest(
        resources=[AlterConfigsResource(resource_type=kind, resource_name=name, configs=values)], validate_only=validate_only
    )


async def alter(asked: ConfigWorld, wanted: AlterConfigsRequest, version: int = 2) -> tuple[int, str | None]:
    (response,) = (await asked.ask(HANDLER, wanted, version)).responses
    return response.error_code, response.error_message


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_everything_that_was_set_is_replaced(version: int) -> None:
    """What the request does not name goes back to its default."""
    asked = world()
    await asked.topic("orders", retention_ms="5", preallocate="true")

    assert await alter(asked, request(TOPIC, "orders", ("retention.ms", "9")), version) == (0, None)

    state = asked.directory.by_name("orders")
    assert state is not None
    assert state.topic.config == {"retention.ms": "9"}


async def test_validation_changes_nothing() -> None:
    """Neither topics nor brokers."""
    asked = world()
    await asked.topic("orders", retention_ms="5")

    assert await alter(asked, request(TOPIC, "orders", ("retention.ms", "9"), validate_only=True)) == (0, None)
    assert await alter(asked, request(BROKER, "", ("log.retention.ms", "9"), validate_only=True)) == (0, None)

    assert asked.value(TOPIC, "orders", "retention.ms")[0] == "5"
    assert asked.live.current is asked.live.static


async def test_what_cannot_be_is_refused() -> None:
    """In Kafka's words."""
    asked = world()
    await asked.topic("orders")

    assert await alter(asked, request(TOPIC, "orders", ("retention.ms", None))) == (
        ErrorCode.INVALID_REQUEST,
        "Null value not supported for : retention.ms",
    )
    assert await alter(asked, request(TOPIC, "orders", ("a", "1"), ("a", "2"))) == (
        ErrorCode.INVALID_REQUEST,
        "Error due to duplicate config keys",
    )
    assert await alter(asked, request(TOPIC, "orders", ("nope", "1"))) == (
        ErrorCode.INVALID_CONFIG,
        "Unknown topic config name: nope",
    )
    assert await alter(asked, request(LOGGER, OWN, ("root", "INFO"))) == (ErrorCode.INVALID_REQUEST, "Unknown resource type 8")


def test_a_request_that_cannot_be_served_is_refused_for_each_resource() -> None:
    """With the code it is given."""
    refused = HANDLER.refuse(request(TOPIC, "a"), world().context(2), ErrorCode.UNKNOWN_SERVER_ERROR, "no")

    assert [(r.error_code, r.error_message, r.resource_name) for r in refused.responses] == [(-1, "no", "a")]
