"""The settings of share groups: all of them are Kafka's, and fit each other."""

import pytest

from broker.config.settings import BY_KAFKA_NAME, SETTINGS, Settings, problems_of
from broker.config.share_settings import ShareSettings
from tests.broker.config.test_kafka_names import BROKER_NAMES


def test_every_one_is_kafkas() -> None:
    """Types, defaults and ranges are compared with Kafka's for all settings together."""
    names = {SETTINGS[name].kafka_name for name in ShareSettings.model_fields}

    assert names <= set(BROKER_NAMES)
    assert names <= set(BY_KAFKA_NAME)


@pytest.mark.parametrize(
    "given",
    [
        {"group_share_session_timeout_ms": 44_999},
        {"group_share_heartbeat_interval_ms": 15_001},
        {"group_share_record_lock_duration_ms": 10_000},
        {"group_share_min_delivery_count_limit": 3, "group_share_delivery_count_limit": 2},
        {"group_share_partition_max_record_locks": 5_000},
        {"group_share_assignment_interval_ms": 15_001},
        {"group_share_max_share_sessions": 199},
    ],
)
def test_what_lies_outside_its_bounds_is_refused(given: dict[str, int]) -> None:
    """A group could never have what the broker itself would give it."""
    with pytest.raises(ValueError, match="group_share") as caught:
        Settings(**given)

    assert problems_of(caught.value)[0].setting.startswith("group_share")  # type: ignore[arg-type]
