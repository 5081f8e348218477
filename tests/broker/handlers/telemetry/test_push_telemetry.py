"""PushTelemetry, through the codec."""

import pytest

from broker.handlers.telemetry import get_telemetry_subscriptions
from broker.handlers.telemetry.push_telemetry import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.get_telemetry_subscriptions import GetTelemetrySubscriptionsRequest
from broker.wire.messages.push_telemetry import PushTelemetryRequest
from observability.metrics import CLIENT_SERIES
from tests.broker.client_metrics.pushes import gauge, push_of
from tests.broker.handlers.telemetry.world import TelemetryWorld

pytestmark = pytest.mark.anyio


async def test_a_push_is_taken_or_its_client_told_why_not() -> None:
    """What was taken is shown."""
    world = TelemetryWorld()
    await world.configs.replace("s", {"metrics": "*", "interval.ms": "1000"})
    known = await world.ask(
        get_telemetry_subscriptions.HANDLER, GetTelemetrySubscriptionsRequest(client_instance_id=bytes(16))
    )

    async def push(data: bytes, subscription: int = known.subscription_id, *, last: bool = False) -> int:
        world.clock += 1000
        request = PushTelemetryRequest(
            client_instance_id=known.client_instance_id,
            subscription_id=subscription,
            terminating=last,
            compression_type=0,
            metrics=data,
        )
        code: int = (await world.ask(HANDLER, request)).error_code
        return code

    assert await push(push_of([gauge("a", 1.0)])) == 0
    assert list(CLIENT_SERIES.of(known.client_instance_id).values()) == [1.0]
    assert await push(b"\xff", known.subscription_id + 1) == ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    assert await push(b"\xff") == ErrorCode.INVALID_RECORD
    assert await push(b"", last=True) == 0
    assert await push(b"") == ErrorCode.INVALID_REQUEST
    assert HANDLER.refuse(None, world.context(), ErrorCode.UNKNOWN_SERVER_ERROR, None).error_code == -1
    CLIENT_SERIES.drop(known.client_instance_id)
