"""The agent that reads what groups have committed from a catalog that brokers share.

A transaction's offsets take effect when it is ended, by a broker that need not coordinate the group. So what the group's coordinator has in
memory may be out of date: who fetches offsets is answered from the catalog, and before anything expires it is read again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.transactional_offset_keeper import TransactionalOffsetKeeper
from broker.errors import BrokerError
from broker.model import CommittedOffset
from broker.storage.catalog.base import GroupCatalog, OffsetKey


@dataclass(frozen=True, slots=True)
class OffsetsNow:
    """A group's offsets by topic and partition, and what may change any moment because an open transaction carries it."""

    offsets: Mapping[str, Mapping[int, CommittedOffset]]
    pending: Collection[OffsetKey]

    def is_pending(self, group_id: str, topic: str, partition: int) -> bool:
        """Whether an open transaction carries an offset for this partition."""
        return (group_id, topic, partition) in self.pending


class OffsetReader:
    """Shares groups and offsets with :mod:`broker.coordinators.group_coordinator`, which owns them."""

    def __init__(
        self, catalog: GroupCatalog, groups: GroupRegistry, offsets: OffsetTable, transactional: TransactionalOffsetKeeper
    ) -> None:
        self._catalog = catalog
        self._groups = groups
        self._offsets = offsets
        self._transactional = transactional

    async def read(self, group_id: str) -> OffsetsNow:
        """What the group has committed when this is asked, or later. Raises BrokerError."""
        # What is pending first, and before that what is on its way to be: whatever ends in between is among the offsets.
        arriving = self._transactional.arriving(group_id)
        pending = await self._catalog.pending_offset_keys(group_id)
        offsets: dict[str, dict[int, CommittedOffset]] = {}
        for (_, topic, partition), offset in (await self._catalog.read_offsets(group_id)).items():
            offsets.setdefault(topic, {})[partition] = offset
        return OffsetsNow(offsets, pending | arriving)

    async def refresh(self, owned: OwnedGroup) -> bool:
        """Have in memory what the group has committed. False when that cannot be said now: something of it is changing."""
        group_id, commits = owned.group.group_id, owned.commits
        try:
            pending = await self._catalog.pending_offset_keys(group_id)
            offsets = await self._catalog.read_offsets(group_id)
        except BrokerError:
            return False
        if pending or self._transactional.arriving(group_id) or owned.changes or owned.commits != commits:
            return False
        if self._groups.get(group_id) is not owned:
            return False
        self._offsets.remove_group(group_id)
        for key, offset in offsets.items():
            self._offsets.put(key, offset)
        return True
