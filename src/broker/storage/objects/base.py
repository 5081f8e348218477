"""The contract of a store for record data.

Invariants:

O1  What :meth:`ObjectStore.append` returned is durable: it survives ``kill -9`` and loss of power.
O2  Bytes of an extent never change and an ``(object_id, position)`` is never used twice.
O3  A failed append leaves nothing that a later read or append could mistake for data.
O4  What was withdrawn is never recovered: it is as if it had not been appended.
O5  What was written as a whole (:class:`RawObjects`) is never recovered either: it says nothing new, and counts only once the catalog names it.
    Its object ids are ``WHOLE_OBJECTS`` and above, so that they come between none of those that are appended to.
"""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from broker.model import value

if TYPE_CHECKING:
    from broker.storage.objects.footer import FooterEntry

Buffer = bytes | bytearray | memoryview

INLINE_OBJECTS: Final = 1 << 59
"""Object ids from here to WHOLE_OBJECTS are of objects whose bytes lie in the catalog, until they are moved into the store."""

WHOLE_OBJECTS: Final = 1 << 60
"""Object ids from here on are of objects that were written as a whole (O5)."""


def is_inline(object_id: int) -> bool:
    """Whether the catalog itself has the bytes of this object."""
    return INLINE_OBJECTS <= object_id < WHOLE_OBJECTS


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


class NewObject(Protocol):
    """An object that is being written, all of it by one writer."""

    @property
    def position(self) -> int:
        """Where the next byte comes to lie."""
        ...

    def write(self, data: Buffer) -> None:
        """Raises StorageUnavailable."""
        ...

    def describe(self, entry: "FooterEntry") -> None:
        """Say what some of it is, for whoever finds the object without a catalog. It goes into the object's footer, behind what was written."""
        ...

    def finish(self) -> int:
        """Make it durable; where it ends. Raises StorageUnavailable: whether it is there is not known then, and nobody asks."""
        ...

    def discard(self) -> None:
        """It is not wanted."""
        ...


class RawObjects(Protocol):
    """The objects of a store for whoever may block: on a thread, or in a process of its own, which can be ended at any moment."""

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        """As :meth:`ObjectStore.read`; raises ObjectUnreadable."""
        ...

    def create(self, object_id: int, room: int) -> NewObject:
        """Begin an object of about ``room`` bytes, with an id from :meth:`ObjectStore.new_object_id`. Raises StorageUnavailable, also when that
        would take the space that appends may need."""
        ...

    def close(self) -> None: ...


class ListedObjects(Protocol):
    """A store that tells what is in it, for the orphan sweep and for checking. What it tells is never the truth about what counts."""

    def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        """Every object there is as (id, size in bytes, when it was written, in Unix seconds), in no order, at a pace that disturbs nobody. Objects that
        come or go meanwhile may be among them. Raises StorageUnavailable."""
        ...


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

    def new_object_id(self) -> int:
        """An id for an object that is written as a whole (O5); never given again."""
        ...

    def raw(self) -> RawObjects:
        """Blocking access; the caller closes it."""
        ...

    def raw_elsewhere(self) -> Sequence[str] | None:
        """What another process must be told to have the same access, None when it cannot."""
        ...

    def stored_elsewhere(self) -> Sequence[str] | None:
        """As :meth:`raw_elsewhere`, for whoever is given, or does not need, what the catalog keeps."""
        ...

    async def delete(self, object_ids: Sequence[int]) -> None:
        """Give back the space of objects that no catalog row names. Missing ones are no error. Readers that already
        started finish safely."""
        ...

    async def aclose(self) -> None:
        """Stop taking appends and release files."""
        ...
