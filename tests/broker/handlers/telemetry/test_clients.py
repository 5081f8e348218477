"""What subscriptions can tell a client by."""

from broker.config.client_metrics_table import SELECTORS
from broker.handlers.telemetry.clients import client_of
from tests.broker.handlers.telemetry.world import TelemetryWorld


def test_a_client_is_known_by_what_its_connection_tells() -> None:
    """By everything that a subscription may ask for, but for the instance, which the request names."""
    world = TelemetryWorld()
    client = client_of(world.context())

    assert client.client_id == "app"
    assert client.attributes == {
        "client_id": "app",
        "client_software_name": "lib",
        "client_software_version": "1.2",
        "client_source_address": "10.0.0.1",
        "client_source_port": "5000",
    }
    assert {*client.attributes, "client_instance_id"} == set(SELECTORS)
    nameless = client_of(world.context(None))
    assert (nameless.client_id, nameless.attributes["client_id"]) == ("", None)
