"""What quotas do to clients."""

from typing import Final

from prometheus_client import Gauge

from observability.loop_metrics import LoopCounter, LoopHistogram
from observability.metrics import REGISTRY

THROTTLE_SECONDS: Final = LoopHistogram(
    "penstock_quota_throttle_seconds",
    "How long clients were told to wait, and were not listened to, by what they used too much of and by the kind of quota.",
    ["quota", "rule"],
    buckets=(0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
    registry=REGISTRY,
)
THROTTLED_CONNECTIONS: Final = Gauge(
    "penstock_quota_throttled_connections", "Connections that are not listened to just now, because of a quota.", registry=REGISTRY
)
QUOTAS: Final = Gauge("penstock_quotas", "Users, client ids and addresses, and defaults of these, that have a quota.", registry=REGISTRY)
MUTATIONS_REFUSED: Final = LoopCounter(
    "penstock_quota_mutations_refused", "Changes of topics refused by a quota, for each topic.", registry=REGISTRY
)
CONNECTIONS_HELD: Final = LoopCounter(
    "penstock_quota_connections",
    "New connections above a rate. delayed: they waited for their turn. refused: closed after a while. address: they waited because connecting from "
    "their address takes much of the broker's time; who leaves meanwhile is not counted as a connection.",
    ["outcome"],
    registry=REGISTRY,
)
