"""The settings of brokers in a cluster."""

import pytest

from broker.config.cluster_settings import ClusterSettings
from broker.config.settings import SETTINGS, Settings
from tests.broker.config.test_kafka_names import BROKER_NAMES


def test_no_name_is_one_of_kafkas() -> None:
    """So that a Kafka broker's file never sets one by mistake."""
    assert not {SETTINGS[name].kafka_name for name in ClusterSettings.model_fields} & set(BROKER_NAMES)


@pytest.mark.parametrize(
    "given",
    [{"write_flush_bytes": 1000}, {"write_flush_age_ms": 0}, {"write_upload_slots": 0}, {"write_puts_per_second": -1}, {"write_inline_bytes": 1 << 21}],
)
def test_what_could_not_work_is_refused(given: dict[str, int]) -> None:
    """Ranges are checked before anything starts."""
    with pytest.raises(ValueError, match="write_"):
        Settings(**given)
