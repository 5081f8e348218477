"""The agent that has committed offsets deleted: for who asks, with their topics, and when they have expired.

It shares groups, offsets and writer with :mod:`broker.coordinators.group_coordinator`, which owns them.
"""

from collections.abc import Callable, Iterable

from broker.coordinators.group_registry import Group, GroupRegistry, OwnedGroup
from broker.coordinators.group_writer import Done, GroupWriter, OffsetDelete
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.model import ZERO_UUID
from broker.storage.catalog.base import OffsetKey
from broker.wire.error_codes import ErrorCode


class OffsetDeleter:
    """``changed`` is told of a group that may have gone idle or empty. ``memory_is_all``: what memory does not know is nowhere."""

    def __init__(
        self,
        groups: GroupRegistry,
        offsets: OffsetTable,
        writer: GroupWriter,
        changed: Callable[[OwnedGroup], None],
        *,
        memory_is_all: bool,
    ) -> None:
        self._groups = groups
        self._offsets = offsets
        self._writer = writer
        self._changed = changed
        self._memory_is_all = memory_is_all

    def delete(
        self, group_id: str, keys: Iterable[tuple[str, int]], done: Callable[[ErrorCode, frozenset[str]], None]
    ) -> None:
        """``done`` gets an error for the request as a whole, or the topics that were left alone because a member subscribes."""
        owned = self._groups.get(group_id)
        error = ErrorCode.NONE
        if owned is None or owned.group.state is GroupState.DEAD or isinstance(owned.group, ShareGroup):
            error = ErrorCode.GROUP_ID_NOT_FOUND
        elif (
            owned.group.state is not GroupState.EMPTY
            and isinstance(owned.group, ClassicGroup)
            and not owned.group.uses_consumer_protocol
        ):
            error = ErrorCode.NON_EMPTY_GROUP
        if error or owned is None:
            done(error, frozenset())
            return
        keys = list(keys)
        subscribed = frozenset(topic for topic in {topic for topic, _ in keys} if _is_subscribed(owned.group, topic))
        wanted = [(group_id, topic, partition) for topic, partition in keys if topic not in subscribed]
        self._delete(owned, lambda: wanted, lambda error: done(error, subscribed))

    def forget_topic(self, name: str, topic_id: bytes) -> None:
        """As :meth:`broker.coordinators.group_coordinator.GroupCoordinator.forget_topic`."""
        groups = {key[0] for key in self._offsets.keys_of_topic(name)}
        groups.update(self._writer.waiting_groups())
        for group_id in groups:
            owned = self._groups.get(group_id)
            if owned is not None:
                self._delete(owned, lambda group_id=group_id: self._keys_of(group_id, name, topic_id), _nothing)  # type: ignore[misc]

    def _keys_of(self, group_id: str, topic: str, topic_id: bytes) -> list[OffsetKey]:
        offsets = self._offsets.of_group(group_id).get(topic, {})
        return [(group_id, topic, partition) for partition, of in offsets.items() if of.topic_id in (topic_id, ZERO_UUID)]

    def sweep(self, owned: OwnedGroup, keys: list[OffsetKey]) -> None:
        """They have expired."""

        def swept(error: ErrorCode) -> None:
            owned.sweeps -= 1

        owned.sweeps += 1
        self._delete(owned, lambda: keys, swept)

    def _delete(self, owned: OwnedGroup, keys: Callable[[], list[OffsetKey]], done: Done) -> None:
        found: list[OffsetKey] = []

        def present() -> list[OffsetKey]:
            found[:] = [key for key in keys() if not self._memory_is_all or self._offsets.get(*key) is not None]
            return found

        def finished(error: ErrorCode) -> None:
            if not error and self._groups.get(owned.group.group_id) is owned:
                for key in found:
                    self._offsets.remove(key)
            self._changed(owned)
            done(error)

        owned.changes += 1
        self._writer.enqueue(OffsetDelete(owned.group.group_id, present, finished))


def _is_subscribed(group: Group, topic: str) -> bool:
    return bool(group.member_count) and group.is_subscribed_to(topic)


def _nothing(error: ErrorCode) -> None:
    """Nobody waits: a deleted topic's offsets are not shown for another topic of its name."""
