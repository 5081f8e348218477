"""From a group of batches to offsets: data durable first, then one catalog transaction, and what the catalog refuses is withdrawn."""

from collections.abc import Sequence
from typing import Protocol

from broker.errors import BrokerError
from broker.model import Appended, value
from broker.storage.catalog.base import BatchEntry, CommitGroup, LogCatalog, SpanEntry
from broker.storage.objects.base import Buffer, Extent, ObjectStore, TocEntry


@value
class UnstoredGroup:
    """A group on its way: ``parts`` back to back are its bytes, ``batches[i]`` are the batches of ``toc[i]``. ``inline``: small enough for a catalog
    that brokers share to keep its bytes itself."""

    parts: Sequence[Buffer]
    toc: Sequence[TocEntry]
    batches: Sequence[Sequence[BatchEntry]]
    now_ms: int
    inline: bool = False

    @property
    def length(self) -> int:
        """Its bytes."""
        return self.toc[-1].offset + self.toc[-1].length

    def stored_at(self, extent: Extent) -> CommitGroup:
        """What the catalog is told once the bytes are durable."""
        spans = [
            SpanEntry(entry.pid, extent.position + entry.offset, of_pid)
            for entry, of_pid in zip(self.toc, self.batches, strict=True)
        ]
        return CommitGroup(extent.object_id, extent.position, extent.length, spans, self.now_ms)


class GroupCommitter(Protocol):
    """Makes groups durable and visible, one after another: each call begins when the one before has returned, unless the committer says that it
    takes several at once (:class:`broker.storage.cluster_committing.ClusterCommitter`)."""

    async def commit(self, group: UnstoredGroup) -> list[list[Appended]]:
        """The answers in the shape of ``group.batches``.

        Raises ``BrokerError`` when nothing of the group is or will become visible, ``StorageFailed`` when that cannot be known.
        """
        ...


class TwoStepCommitter:
    """For any store and any catalog."""

    def __init__(self, store: ObjectStore, catalog: LogCatalog) -> None:
        self._store = store
        self._catalog = catalog

    async def commit(self, group: UnstoredGroup) -> list[list[Appended]]:
        extent = await self._store.append(group.parts, group.toc)
        try:
            return await self._catalog.commit_spans(group.stored_at(extent))
        except BrokerError:
            # What is refused now must not come to life at the next start, after others took its offsets.
            await self._store.withdraw(extent)
            raise
