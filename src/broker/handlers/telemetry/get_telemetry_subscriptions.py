"""
GetTelemetrySubscriptions (key 71), version 0 (KIP-714).

Behaviour:
- A client without an instance id is given one. It is told which metrics to push, how often, how large, and how compressed.
- What matches the client is taken from the client metrics subscriptions, as they are now. Without any: no metrics, five minutes.
- Sums are asked for from the beginning, not since the last push, as Prometheus wants them: a push that is lost loses nothing.
- Before the interval is over: THROTTLING_QUOTA_EXCEEDED, unless the last push was refused in a way that tells it to ask.
- Whoever has logged in may do this.
"""

from broker.client_metrics.instance import ACCEPTED_COMPRESSION
from broker.handlers.base import Handler, RequestContext
from broker.handlers.telemetry.clients import client_of
from broker.wire.api import ApiKey
from broker.wire.messages.get_telemetry_subscriptions import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
)


def handle(request: GetTelemetrySubscriptionsRequest, context: RequestContext) -> GetTelemetrySubscriptionsResponse:
    error, instance_id, subscribed = context.services.client_metrics.asked(request.client_instance_id, client_of(context))
    if error:
        return refuse(request, context, error, None)
    return GetTelemetrySubscriptionsResponse(
        client_instance_id=instance_id,
        subscription_id=subscribed.subscription_id,
        accepted_compression_types=list(ACCEPTED_COMPRESSION),
        push_interval_ms=subscribed.interval_ms,
        telemetry_max_bytes=context.services.settings.current.telemetry_max_bytes,
        delta_temporality=False,
        requested_metrics=list(subscribed.metrics),
    )


def refuse(
    request: GetTelemetrySubscriptionsRequest, context: RequestContext, code: int, message: str | None
) -> GetTelemetrySubscriptionsResponse:
    return GetTelemetrySubscriptionsResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.GET_TELEMETRY_SUBSCRIPTIONS,
    name="get_telemetry_subscriptions",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
