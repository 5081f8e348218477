"""Offsets of consumer groups that open transactions carry (KIP-447), as the groups see them.

Their owner is the transaction coordinator, which stores them and tells what becomes of them; it does so in the same step in which the
catalog's answer came, so that memory follows the order of the catalog.
"""

from collections.abc import Callable, Iterable, Mapping

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.pending_offsets import PendingOffsets
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.wire.error_codes import ErrorCode


class TransactionalOffsets:
    """Used by the group coordinator's side of a transaction. ``changed`` is told of a group that may have gone idle or empty."""

    def __init__(
        self,
        groups: GroupRegistry,
        offsets: OffsetTable,
        topic_exists: Callable[[str, bytes], bool] | None,
        changed: Callable[[OwnedGroup], None],
        unavailable: Callable[[], ErrorCode],
    ) -> None:
        self._groups = groups
        self._offsets = offsets
        self._topic_exists = topic_exists
        self._changed = changed
        self._unavailable = unavailable
        self._pending = PendingOffsets()
        self._carried: dict[tuple[str, str], OwnedGroup] = {}

    def commit_error(self, group_id: str, member_id: str, group_instance_id: str | None, generation: int) -> ErrorCode:
        """Whether a transaction may carry offsets of this group for this member."""
        error = self._unavailable() or (ErrorCode.NONE if group_id else ErrorCode.INVALID_GROUP_ID)
        if error:
            return error
        owned = self._groups.get(group_id)
        if owned is not None:
            return owned.group.transactional_commit_error(member_id, group_instance_id, generation)
        if generation >= 0:
            return ErrorCode.ILLEGAL_GENERATION
        return ErrorCode.COORDINATOR_NOT_AVAILABLE if self._groups.is_full else ErrorCode.NONE

    def added(self, transactional_id: str, keys: Iterable[OffsetKey]) -> None:
        """The open transaction of ``transactional_id`` carries offsets for ``keys``. Their groups stay at least until it ends."""
        self._pending.add(transactional_id, keys)
        for group_id in self._pending.groups_of(transactional_id):
            if (transactional_id, group_id) not in self._carried:
                owned = self._groups.get(group_id) or self._groups.create(group_id)
                owned.changes += 1
                self._carried[transactional_id, group_id] = owned

    def ended(self, transactional_id: str, applied: Mapping[OffsetKey, CommittedOffset]) -> None:
        """The transaction is over; the offsets ``applied`` are the groups' own now (none when it was aborted)."""
        for key, offset in applied.items():
            if self._topic_exists is not None and not self._topic_exists(key[1], offset.topic_id):
                continue  # the topic was deleted under the transaction; loading drops what is stored of it
            if key[0] not in self._groups:
                self._groups.create(key[0])
            self._offsets.put(key, offset)
        for group_id in self._pending.groups_of(transactional_id):
            self._changed(self._carried.pop((transactional_id, group_id)))
        self._pending.end(transactional_id)

    def is_pending(self, group_id: str, topic: str, partition: int) -> bool:
        """Whether an open transaction carries an offset for this partition."""
        return (group_id, topic, partition) in self._pending
