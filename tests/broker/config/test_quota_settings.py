"""The settings of quotas."""

import pytest

from broker.config.quota_settings import QuotaSettings
from broker.config.settings import SETTINGS, Settings
from tests.broker.config.test_kafka_names import BROKER_NAMES


def test_all_but_one_are_kafkas() -> None:
    """Types, defaults and ranges are compared with Kafka's for all settings together."""
    names = {SETTINGS[name].kafka_name for name in QuotaSettings.model_fields}

    assert names - set(BROKER_NAMES) == {"quota.clients.max"}


def test_a_rate_of_connections_may_be_nothing() -> None:
    """As in Kafka; a window may not."""
    assert Settings(max_connection_creation_rate=0).max_connection_creation_rate == 0
    with pytest.raises(ValueError, match="quota_window_num"):
        Settings(quota_window_num=0)
