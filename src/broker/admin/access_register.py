"""AccessRegister: who may do what, as the catalog has it, in memory, and everybody told who goes by it.

Each change is one transaction of the catalog, and in memory before it is acknowledged, on the other brokers of a cluster as well if they can be reached at
once. Who subscribes to a kind is told of all its entries at first, and then of
each change, in the order the catalog made them.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import anyio

from broker.storage.catalog.access import AccessCatalog, AccessEntry, AccessKind

Told = Callable[[Sequence[AccessEntry]], None]


class AccessRegister:
    """Owns the entries in memory."""

    def __init__(self, catalog: AccessCatalog) -> None:
        self._catalog = catalog
        self._entries: dict[AccessKind, dict[str, str]] = {kind: {} for kind in AccessKind}
        self._told: defaultdict[AccessKind, list[Told]] = defaultdict(list)
        self.turn = anyio.Lock()
        """Held while a change is made, and by whoever enters others' changes."""
        self.tell_others: Callable[[], Awaitable[None]] | None = None
        """Have the other brokers of the cluster hear of a change: what was revoked must not hold longer through them."""

    async def load(self) -> None:
        """Take what there is. Raises what the catalog raises."""
        self.hear(await self._catalog.load_access())

    def subscribe(self, kind: AccessKind, told: Told) -> None:
        """Call ``told`` with what there is, and with every change from now on."""
        self._told[kind].append(told)
        told([AccessEntry(kind, name, value) for name, value in self._entries[kind].items()])

    def find(self, kind: AccessKind, name: str) -> str | None:
        """The value of one."""
        return self._entries[kind].get(name)

    def names(self, kind: AccessKind) -> list[str]:
        """All there are of a kind."""
        return list(self._entries[kind])

    async def change(self, entries: Sequence[AccessEntry]) -> None:
        """Store and apply. Raises StorageUnavailable; then nothing changed, as far as is known."""
        async with self.turn:
            await self._catalog.change_access(entries)
            self.hear(entries)
        if self.tell_others is not None:
            await self.tell_others()

    def hear(self, entries: Sequence[AccessEntry]) -> None:
        """Apply what is stored, be it by this broker or another."""
        by_kind: defaultdict[AccessKind, list[AccessEntry]] = defaultdict(list)
        for entry in entries:
            held = self._entries[entry.kind]
            if entry.value is None:
                held.pop(entry.name, None)
            else:
                held[entry.name] = entry.value
            by_kind[entry.kind].append(entry)
        for kind, changed in by_kind.items():
            for told in self._told[kind]:
                told(changed)

    def replace(self, entries: Sequence[AccessEntry]) -> None:
        """The same when ``entries`` are all there are: what is not among them is gone."""
        there = {(entry.kind, entry.name) for entry in entries}
        gone = [
            AccessEntry(kind, name, None)
            for kind, held in self._entries.items()
            for name in held
            if (kind, name) not in there
        ]
        self.hear([*gone, *entries])
