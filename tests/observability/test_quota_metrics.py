"""What quotas do is seen."""

from prometheus_client import generate_latest

from observability.metrics import REGISTRY
from observability.quota_metrics import CONNECTIONS_HELD, MUTATIONS_REFUSED, THROTTLE_SECONDS


def test_they_are_among_the_others() -> None:
    """By the names that alerts go by."""
    THROTTLE_SECONDS.labels("producer_byte_rate", "user").observe(0.5)
    CONNECTIONS_HELD.labels("delayed").inc()
    MUTATIONS_REFUSED.inc()
    text = generate_latest(REGISTRY).decode()

    for name in (
        'penstock_quota_throttle_seconds_bucket{le="0.5",quota="producer_byte_rate",rule="user"}',
        "penstock_quota_throttled_connections ",
        'penstock_quota_connections_total{outcome="delayed"}',
        "penstock_quota_mutations_refused_total ",
        "penstock_quotas ",
    ):
        assert name in text
