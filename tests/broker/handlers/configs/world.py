"""A broker whose configuration handlers can be asked."""

from typing import Any

from tests.broker.admin.test_config_administrator import ConfigWorld
from tests.support.topic_world import NODE_ID

OWN = str(NODE_ID)
TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32


def world(**settings: Any) -> ConfigWorld:
    """With the services that the handlers use."""
    made = ConfigWorld(**settings)
    made.services.configs = made.configs
    return made
