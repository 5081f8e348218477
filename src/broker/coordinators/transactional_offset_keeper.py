"""Offsets of consumer groups that open transactions carry (KIP-447), as the groups see them.

Their owner is the transaction coordinator, which stores them and tells what becomes of them; it does so in the same step in which the
catalog's answer came, so that memory follows the order of the catalog.

Where brokers share the catalog, transactions that carry offsets are ended by whoever coordinates them, without a word to the groups. Then
memory keeps only which offsets are on their way into a transaction here; what is carried, and what has taken effect, is read from the
catalog (:mod:`broker.coordinators.offset_reader`).

T1  From the look at who may commit until the catalog's answer, an offset counts as pending. So a member that comes after the one that
    commits is never told a stable offset which that commit is about to change.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import anyio

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.pending_offsets import PendingOffsets
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.wire.error_codes import ErrorCode


class TransactionalOffsetKeeper:
    """Used by the group coordinator's side of a transaction. ``changed`` is told of a group that may have gone idle or empty,
    ``error_of`` says why a group cannot be asked for now. ``shared``: see above."""

    def __init__(
        self,
        groups: GroupRegistry,
        offsets: OffsetTable,
        topic_exists: Callable[[str, bytes], bool] | None,
        changed: Callable[[OwnedGroup], None],
        error_of: Callable[[str], ErrorCode],
        *,
        shared: bool = False,
    ) -> None:
        self._groups = groups
        self._offsets = offsets
        self._topic_exists = topic_exists
        self._changed = changed
        self._error_of = error_of
        self._is_shared = shared
        self._pending = PendingOffsets()
        self._carried: dict[tuple[str, str], OwnedGroup] = {}
        self._arriving: dict[str, Counter[OffsetKey]] = {}
        self._arrived = anyio.Event()

    def commit_error(self, group_id: str, member_id: str, group_instance_id: str | None, generation: int) -> ErrorCode:
        """Whether a transaction may carry offsets of this group for this member."""
        error = ErrorCode.NONE if group_id else ErrorCode.INVALID_GROUP_ID
        error = error or self._error_of(group_id)
        if error:
            return error
        owned = self._groups.get(group_id)
        if owned is not None:
            if owned.sweeps:
                return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS  # old offsets are going: what comes now must come after that
            return owned.group.transactional_commit_error(member_id, group_instance_id, generation)
        if generation >= 0:
            return ErrorCode.ILLEGAL_GENERATION
        return ErrorCode.COORDINATOR_NOT_AVAILABLE if self._groups.is_full else ErrorCode.NONE

    @contextmanager
    def arrival(self, group_id: str, offsets: Iterable[OffsetKey]) -> Iterator[None]:
        """While offsets for these keys are on their way into a transaction (T1)."""
        keys = list(offsets)
        arriving = self._arriving.setdefault(group_id, Counter())
        arriving.update(keys)
        try:
            yield
        finally:
            arriving.subtract(keys)
            for key in keys:
                if not arriving[key]:
                    del arriving[key]
            if not arriving and self._arriving.get(group_id) is arriving:
                del self._arriving[group_id]
                arrived, self._arrived = self._arrived, anyio.Event()
                arrived.set()

    def arriving(self, group_id: str) -> set[OffsetKey]:
        """What of the group is on its way into transactions."""
        return set(self._arriving.get(group_id, ()))

    async def drain(self, concerns: Callable[[str], bool]) -> None:
        """Wait until nothing is on its way any more for the groups that are concerned."""
        while any(concerns(group_id) for group_id in self._arriving):
            await self._arrived.wait()

    def added(self, transactional_id: str, keys: Iterable[OffsetKey]) -> None:
        """The open transaction of ``transactional_id`` carries offsets for ``keys``. Their groups stay at least until it ends."""
        if self._is_shared:
            for group_id in {key[0] for key in keys}:
                if not self._error_of(group_id):
                    owned = self._groups.get(group_id) or self._groups.create(group_id)
                    owned.is_stored = True  # as far as is known; the sweep looks whether anything is
            return
        self._pending.add(transactional_id, keys)
        for group_id in self._pending.groups_of(transactional_id):
            if (transactional_id, group_id) not in self._carried:
                owned = self._groups.get(group_id) or self._groups.create(group_id)
                owned.changes += 1
                self._carried[transactional_id, group_id] = owned

    def ended(self, transactional_id: str, applied: Mapping[OffsetKey, CommittedOffset]) -> None:
        """The transaction is over; the offsets ``applied`` are the groups' own now (none when it was aborted)."""
        if self._is_shared:
            return
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
        """Whether an open transaction carries an offset for this partition, or is about to."""
        key = (group_id, topic, partition)
        return key in self._pending or key in self._arriving.get(group_id, ())
