"""GetTelemetrySubscriptions, through the codec."""

import pytest

from broker.handlers.telemetry.get_telemetry_subscriptions import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.get_telemetry_subscriptions import GetTelemetrySubscriptionsRequest
from tests.broker.handlers.telemetry.world import TelemetryWorld

pytestmark = pytest.mark.anyio


async def test_a_client_is_told_what_to_push() -> None:
    """How often, how large, how compressed; and who it is."""
    world = TelemetryWorld()
    await world.configs.replace("s", {"metrics": "b,a", "interval.ms": "1000"})
    answer = await world.ask(HANDLER, GetTelemetrySubscriptionsRequest(client_instance_id=bytes(16)))

    assert answer.error_code == 0
    assert any(answer.client_instance_id)
    assert answer.accepted_compression_types == [4, 3, 1, 2]
    assert (answer.push_interval_ms, answer.telemetry_max_bytes, answer.delta_temporality) == (1000, 1_048_576, False)
    assert answer.requested_metrics == ["a", "b"]
    again = await world.ask(HANDLER, GetTelemetrySubscriptionsRequest(client_instance_id=answer.client_instance_id))
    assert again.error_code == ErrorCode.THROTTLING_QUOTA_EXCEEDED
    world.clock += 1000
    again = await world.ask(HANDLER, GetTelemetrySubscriptionsRequest(client_instance_id=answer.client_instance_id))
    assert (again.error_code, again.client_instance_id) == (0, answer.client_instance_id)
    assert again.subscription_id == answer.subscription_id


async def test_without_a_subscription_nothing_is_asked_for() -> None:
    """And not again for five minutes."""
    answer = await TelemetryWorld().ask(HANDLER, GetTelemetrySubscriptionsRequest(client_instance_id=bytes(16)))

    assert (answer.error_code, answer.requested_metrics, answer.push_interval_ms) == (0, [], 300_000)
