"""Where a catalog is made anew: an empty one, written in one transaction that either is there as a whole or not at all."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from broker.model import value
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.marker_rules import AbortedEntry


class NotEmpty(Exception):
    """There is something in the catalog: it is left alone."""


@value
class RestoredTopic:
    """A topic; ``partitions`` by index are pids."""

    topic_id: bytes
    name: str
    partitions: Sequence[int]
    created_ms: int


class RestoredCatalog(Protocol):
    """One transaction over an empty catalog. Raises StorageUnavailable."""

    async def add_topic(self, topic: RestoredTopic) -> None: ...

    async def add_spans(self, spans: Iterable[tuple[int, Span]]) -> None: ...

    async def add_logs(self, logs: Iterable[tuple[int, PartitionState]]) -> None: ...

    async def add_producers(self, producers: Iterable[tuple[int, ProducerState]]) -> None: ...

    async def add_aborted(self, aborted: Iterable[tuple[int, AbortedEntry]]) -> None: ...

    async def finish(self, *, cluster_id: str | None, next_producer_id: int, next_object_id: int) -> None:
        """Count objects from the spans, see that no id is given again that was used, and commit."""
        ...

    async def abandon(self) -> None:
        """Nothing of it is wanted, or it was finished."""
        ...
