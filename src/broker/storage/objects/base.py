"""The contract of a store for record data.

Invariants:

O1  What :meth:`ObjectStore.append` returned is durable: it survives ``kill -9`` and loss of power.
O2  Bytes of an extent never change and an ``(object_id, position)`` is never used twice.
O3  A failed append leaves nothing that a later read or append could mistake for data.
O4  What was withdrawn is never recovered: it is as if it had not been appended.
"""

from collections.abc import Sequence
from typing import Protocol

from broker.model import value

Buffer = bytes | bytearray | memoryview


@value
class Extent:
    """Where a group of bytes lies: ``length`` bytes at ``position`` of object ``object_id``."""

    object_id: int
    position: int
    length: int


@value
class TocEntry:
    """One partition's share of a group, for the group's table of contents (``offset`` counts from the extent's start)."""

    pid: int
    offset: int
    length: int


class ObjectStore(Protocol):
    """Append-only extents of bytes, read back by range."""

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        """Write ``parts`` back to back, make them durable, and say where they begin (framing excluded).

        Raises ``StorageUnavailable`` when nothing was written and later appends may work (a full disk), and
        ``StorageFailed`` when durability can no longer be promised.
        """
        ...

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        """The ``(position, length)`` ranges of one object, each as a *writable* view that nobody else holds.

        Raises ``StorageUnavailable`` when the object is missing or shorter than asked.
        """
        ...

    async def withdraw(self, extent: Extent) -> None:
        """The catalog refused to commit ``extent``, the last one appended: make sure that no recovery finds it.

        Raises ``StorageFailed`` when that cannot be done, for then nothing may be appended after it.
        """
        ...

    async def delete(self, object_ids: Sequence[int]) -> None:
        """Give back the space of objects that no catalog row names. Missing ones are no error. Readers that already
        started finish safely."""
        ...

    async def aclose(self) -> None:
        """Stop taking appends and release files."""
        ...
