"""What a catalog tells to be checked: all of it in one snapshot, in streams, so that memory does not grow with it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from broker.model import value
from broker.storage.catalog.base import ProducerState, Span


@value
class LogRow:
    """A partition's log as the catalog holds it. ``trimmed_below``: spans that end before it are left to be dropped."""

    pid: int
    topic_id: bytes
    topic: str
    index: int
    log_start: int
    high_watermark: int
    last_stable: int
    bytes: int
    running_timestamp: int
    trimmed_below: int = 0


@value
class AbortedRow:
    """An aborted transaction of a log; ``last`` is the offset of its marker."""

    last: int
    first: int
    producer_id: int
    stable_behind: int


@value
class ObjectRow:
    """An object as the catalog holds it. ``end`` is where its named data ends; ``is_going``: it is to be deleted; ``never``: it was never committed
    and never will be. ``inline_bytes``: how many bytes of it the catalog keeps itself, None when it is in the store."""

    object_id: int
    live: int
    end: int
    is_going: bool = False
    never: bool = False
    inline_bytes: int | None = None


class CatalogDump(Protocol):
    """One snapshot of a catalog. Raises StorageUnavailable."""

    def logs(self) -> AsyncIterator[LogRow]:
        """Every log, by pid."""
        ...

    def spans(self, pid: int) -> AsyncIterator[Span]:
        """Every span row of a log, in order of offsets, those left to be dropped too."""
        ...

    def producers(self, pid: int) -> AsyncIterator[ProducerState]:
        """Every producer that a log remembers."""
        ...

    def aborted(self, pid: int) -> AsyncIterator[AbortedRow]:
        """Every aborted transaction of a log, by its marker."""
        ...

    def objects(self) -> AsyncIterator[ObjectRow]:
        """Every object there is a row of, by id."""
        ...

    def spans_by_object(self) -> AsyncIterator[tuple[int, Span]]:
        """Every span that names an object, of whatever log, as (pid, span), by object id."""
        ...

    async def strays(self) -> Mapping[str, int]:
        """How many rows there are, by what they are, that belong to no log and are not left to be dropped."""
        ...

    async def known_objects(self, object_ids: Sequence[int]) -> set[int]:
        """Those of them that have a row."""
        ...

    async def still_names(self, object_id: int) -> bool:
        """Whether a span names the object now, whatever the snapshot says."""
        ...

    async def inline_bytes(self, object_id: int) -> memoryview | None:
        """The bytes of an object that the catalog keeps itself, None when it does not."""
        ...

    async def aclose(self) -> None: ...
