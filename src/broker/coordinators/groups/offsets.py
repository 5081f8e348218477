"""Committed offsets: the table of all groups, what may be committed, and what has expired (KIP-211).

Expiry, with ``retention`` being ``offsets.retention.minutes``:

- an offset that was committed with a retention time of its own (OffsetCommit 2-4) expires at that time;
- of a group without a protocol type (offsets kept by a client that assigns partitions itself): ``retention`` after its commit;
- of an empty group: ``retention`` after the group became empty;
- of a stable consumer group: ``retention`` after its commit, unless a member subscribes to the topic; of a group of the
  consumer protocol so in every state;
- else never. Nor does an offset of a topic that a member subscribes to, whatever its own retention time.
"""

from collections.abc import Iterable, Iterator, Mapping

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.rebalancing import GroupState
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey

TopicOffsets = dict[int, CommittedOffset]
GroupOffsets = dict[str, TopicOffsets]


class OffsetTable:
    """Every committed offset by group, topic and partition. What it shows is durable: its owner adds nothing else."""

    def __init__(self) -> None:
        self._by_group: dict[str, GroupOffsets] = {}
        self._groups_of_topic: dict[str, set[str]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def groups(self) -> Iterable[str]:
        return self._by_group.keys()

    def of_group(self, group_id: str) -> Mapping[str, Mapping[int, CommittedOffset]]:
        return self._by_group.get(group_id, {})

    def get(self, group_id: str, topic: str, partition: int) -> CommittedOffset | None:
        topics = self._by_group.get(group_id)
        partitions = topics.get(topic) if topics else None
        return partitions.get(partition) if partitions else None

    def put(self, key: OffsetKey, offset: CommittedOffset) -> None:
        group_id, topic, partition = key
        partitions = self._by_group.setdefault(group_id, {}).setdefault(topic, {})
        if partition not in partitions:
            self._count += 1
            self._groups_of_topic.setdefault(topic, set()).add(group_id)
        partitions[partition] = offset

    def remove(self, key: OffsetKey) -> None:
        """Nothing happens when there is none."""
        group_id, topic, partition = key
        partitions = self._by_group.get(group_id, {}).get(topic, {})
        if partitions.pop(partition, None) is None:
            return
        self._count -= 1
        if not partitions:
            self._forget(group_id, topic)

    def remove_group(self, group_id: str) -> None:
        for topic, partitions in list(self._by_group.get(group_id, {}).items()):
            self._count -= len(partitions)
            self._forget(group_id, topic)

    def keys_of_topic(self, topic: str) -> Iterator[OffsetKey]:
        """The offsets that any group has in ``topic``; other topics and groups cost nothing."""
        for group_id in self._groups_of_topic.get(topic, ()):
            for partition in self._by_group[group_id][topic]:
                yield group_id, topic, partition

    def _forget(self, group_id: str, topic: str) -> None:
        topics = self._by_group[group_id]
        del topics[topic]
        if not topics:
            del self._by_group[group_id]
        groups = self._groups_of_topic[topic]
        groups.discard(group_id)
        if not groups:
            del self._groups_of_topic[topic]


def is_metadata_too_large(metadata: str | None, max_length: int) -> bool:
    """``max_length`` is ``offset.metadata.max.bytes``, which Kafka compares with the number of characters."""
    return metadata is not None and len(metadata) > max_length


def expire_ms(commit_ms: int, retention_time_ms: int) -> int:
    """When an offset expires by the retention time its request names; -1 (none named) leaves that to the broker."""
    return -1 if retention_time_ms == -1 else commit_ms + retention_time_ms


def expired_keys(
    group: ClassicGroup | ConsumerGroup,
    empty_since_ms: int,
    offsets: Mapping[str, Mapping[int, CommittedOffset]],
    retention_ms: int,
    now_ms: int,
) -> list[OffsetKey]:
    """The offsets of ``group`` that have expired. ``now_ms`` and ``empty_since_ms`` (-1: not known) are wall clock times."""
    if isinstance(group, ConsumerGroup) or group.protocol_type is None:
        since_ms = -1
    elif group.state is GroupState.EMPTY:
        since_ms = empty_since_ms
    elif group.uses_consumer_protocol and group.subscribed is not None and group.state is GroupState.STABLE:
        since_ms = -1
    else:
        return []
    subscribed = group.is_subscribed_to if group.member_count else _to_nothing
    return [
        (group.group_id, topic, partition)
        for topic, partitions in offsets.items()
        if not subscribed(topic)
        for partition, offset in partitions.items()
        if _is_expired(offset, since_ms, retention_ms, now_ms)
    ]


def _is_expired(offset: CommittedOffset, since_ms: int, retention_ms: int, now_ms: int) -> bool:
    if offset.expire_ms != -1:
        return now_ms >= offset.expire_ms
    return now_ms - (since_ms if since_ms != -1 else offset.commit_ms) >= retention_ms


def _to_nothing(topic: str) -> bool:
    return False
