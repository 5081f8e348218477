"""The topics a consumer's metadata names: the part of Kafka's embedded consumer protocol that a coordinator reads.

Every version of the subscription begins like version 0: version INT16, topics ARRAY of STRING. Nothing after that is read.
"""

from typing import Final

CONSUMER_PROTOCOL_TYPE: Final = "consumer"


def subscribed_topics(metadata: bytes) -> frozenset[str] | None:
    """The topics named, or None when the bytes are no subscription."""
    if len(metadata) < 6 or int.from_bytes(metadata[0:2], "big", signed=True) < 0:
        return None
    count = int.from_bytes(metadata[2:6], "big", signed=True)
    position = 6
    if count < 0 or count * 2 > len(metadata) - position:
        return None
    topics = []
    for _ in range(count):
        length = int.from_bytes(metadata[position : position + 2], "big", signed=True)
        position += 2
        if length < 0 or position + length > len(metadata):
            return None
        try:
            topics.append(metadata[position : position + length].decode())
        except UnicodeDecodeError:
            return None
        position += length
    return frozenset(topics)
