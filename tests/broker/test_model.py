"""Domain values."""

import dataclasses

import pytest

from broker.model import Topic


def test_values_do_not_change() -> None:
    """Agents share them without copying."""
    topic = Topic(topic_id=b"x" * 16, name="t", partitions=(1, 2))

    with pytest.raises(dataclasses.FrozenInstanceError):
        topic.name = "u"  # type: ignore[misc]
