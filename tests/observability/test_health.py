"""Health checks."""

from observability.health import Health


def test_a_broker_that_is_not_alive_is_not_ready() -> None:
    """Readiness includes liveness; each check says its own word."""
    health = Health()
    health.add_liveness("storage", lambda: "failed")
    health.add_readiness("serving", lambda: None)

    assert health.liveness() == {"storage": "failed"}
    assert health.readiness() == {"storage": "failed", "serving": None}
