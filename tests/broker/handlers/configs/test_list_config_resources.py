"""ListConfigResources, through the codec."""

import pytest

from broker.handlers.configs.list_config_resources import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_config_resources import ListConfigResourcesRequest
from tests.broker.handlers.configs.world import BROKER, GROUP, LOGGER, METRICS, OWN, TOPIC, world


@pytest.mark.parametrize(
    ("version", "types", "expected"),
    [
        (0, [], []),
        (1, [], [(OWN, BROKER), (OWN, LOGGER), ("a", TOPIC), ("b", TOPIC)]),
        (1, [TOPIC], [("a", TOPIC), ("b", TOPIC)]),
        (1, [BROKER], [(OWN, BROKER)]),
        (1, [METRICS, GROUP], []),
    ],
)
async def test_what_has_configuration_is_listed(version: int, types: list[int], expected: list[tuple[str, int]]) -> None:
    """Version 0 asks for client metrics only."""
    asked = world()
    await asked.topic("b")
    await asked.topic("a")

    response = await asked.ask(HANDLER, ListConfigResourcesRequest(resource_types=types), version)

    assert response.error_code == 0
    if version == 0:
        assert response.config_resources == []
    else:
        assert [(r.resource_name, r.resource_type) for r in response.config_resources] == expected


async def test_a_type_that_nobody_knows_is_refused() -> None:
    """So that a newer client learns that its type is not known here."""
    response = await world().ask(HANDLER, ListConfigResourcesRequest(resource_types=[TOPIC, 9]), 1)

    assert (response.error_code, response.config_resources) == (ErrorCode.UNSUPPORTED_VERSION, [])
