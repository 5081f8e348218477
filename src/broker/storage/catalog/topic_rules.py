"""Rules shared by every catalog for topics: the refusals and how a topic changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from broker.errors import BrokerError
from broker.model import Topic
from broker.wire.error_codes import ErrorCode


def name_taken(name: str) -> BrokerError:
    """The refusal of a second topic of the same name."""
    return BrokerError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")


def unknown_id() -> BrokerError:
    """The refusal of a topic id nobody has."""
    return BrokerError(ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")


def added_partition_indexes(topic: Topic, total: int) -> range:
    """The indexes to create for ``topic`` to have ``total`` partitions. Raises INVALID_PARTITIONS when there are as many already."""
    have = len(topic.partitions)
    if total <= have:
        raise BrokerError(
            ErrorCode.INVALID_PARTITIONS,
            f"The topic {topic.name} currently has {have} partition(s); {total} would not be an increase.",
        )
    return range(have, total)


def with_partitions(topic: Topic, pids: Sequence[int]) -> Topic:
    """``topic`` with ``pids`` added at its end."""
    return replace(topic, partitions=(*topic.partitions, *pids))


def with_config(topic: Topic, config: Mapping[str, str]) -> Topic:
    """``topic`` with its own config replaced."""
    return replace(topic, config=dict(config))
