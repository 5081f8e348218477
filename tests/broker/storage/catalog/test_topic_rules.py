"""How topics change."""

import pytest

from broker.errors import BrokerError
from broker.model import Topic
from broker.storage.catalog import topic_rules
from broker.wire.error_codes import ErrorCode

TOPIC = Topic(topic_id=b"i" * 16, name="orders", partitions=(4, 9), config={"a": "1"})


def test_partitions_are_added_at_the_end() -> None:
    """By index and by id."""
    assert topic_rules.added_partition_indexes(TOPIC, 5) == range(2, 5)
    assert topic_rules.with_partitions(TOPIC, [11]).partitions == (4, 9, 11)


@pytest.mark.parametrize("total", [-1, 0, 2])
def test_a_total_that_is_no_increase_is_refused(total: int) -> None:
    """The message says how many there are."""
    with pytest.raises(BrokerError, match=r"2 partition\(s\)"):
        topic_rules.added_partition_indexes(TOPIC, total)


def test_config_is_replaced() -> None:
    """The caller's mapping is copied."""
    config = {"b": "2"}
    changed = topic_rules.with_config(TOPIC, config)
    config["c"] = "3"

    assert changed.config == {"b": "2"}


def test_refusals_carry_their_codes() -> None:
    """One for a name that is taken, one for an id that is unknown."""
    assert topic_rules.name_taken("x").code == ErrorCode.TOPIC_ALREADY_EXISTS
    assert topic_rules.unknown_id().code == ErrorCode.UNKNOWN_TOPIC_ID
