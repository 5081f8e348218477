"""
PushTelemetry (key 72), version 0 (KIP-714).

Behaviour:
- What is pushed is shown on /metrics, as ``penstock_client_metric``, until the next push of the same client instance or until it falls silent.
- An instance id that is none, and anything after a last push (``terminating``): INVALID_REQUEST. Before the interval is over, but for a last
  push: THROTTLING_QUOTA_EXCEEDED. Another subscription than the client's: UNKNOWN_SUBSCRIPTION_ID. A codec that is not known:
  UNSUPPORTED_COMPRESSION_TYPE. More than telemetry.max.bytes, more than twice that unpacked, or too many values: TELEMETRY_TOO_LARGE. What is no
  OpenTelemetry metrics: INVALID_RECORD. Without any metrics: nothing is done.
- Whoever has logged in may do this.
"""

from broker.client_metrics.collector import Pushed
from broker.handlers.base import Handler, RequestContext
from broker.handlers.telemetry.clients import client_of
from broker.wire.api import ApiKey
from broker.wire.messages.push_telemetry import PushTelemetryRequest, PushTelemetryResponse


async def handle(request: PushTelemetryRequest, context: RequestContext) -> PushTelemetryResponse:
    push = Pushed(
        request.client_instance_id,
        request.subscription_id,
        request.terminating,
        request.compression_type,
        request.metrics,
    )
    return PushTelemetryResponse(error_code=await context.services.client_metrics.pushed(push, client_of(context)))


def refuse(request: PushTelemetryRequest, context: RequestContext, code: int, message: str | None) -> PushTelemetryResponse:
    return PushTelemetryResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.PUSH_TELEMETRY, name="push_telemetry", versions=range(1), handle=handle, refuse=refuse
)
