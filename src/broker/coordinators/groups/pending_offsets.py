"""Rule: which offsets are pending, that is, carried by transactions that are still open (KIP-447).

Nobody is shown a pending offset. What matters is that there is one: a reader that asks for stable offsets must come again, and the
group of one does not expire.
"""

from collections import Counter
from collections.abc import Iterable

from broker.storage.catalog.base import OffsetKey


class PendingOffsets:
    """The keys of pending offsets, by the transactional id that carries them."""

    def __init__(self) -> None:
        self._by_transaction: dict[str, set[OffsetKey]] = {}
        self._carriers: Counter[OffsetKey] = Counter()

    def __len__(self) -> int:
        """Partitions of groups that have a pending offset."""
        return len(self._carriers)

    def __contains__(self, key: OffsetKey) -> bool:
        return key in self._carriers

    def add(self, transactional_id: str, keys: Iterable[OffsetKey]) -> None:
        """The open transaction of ``transactional_id`` carries offsets for ``keys``, too."""
        carried = self._by_transaction.setdefault(transactional_id, set())
        for key in keys:
            if key not in carried:
                carried.add(key)
                self._carriers[key] += 1

    def end(self, transactional_id: str) -> None:
        """The transaction has ended: nothing of it is pending any more."""
        for key in self._by_transaction.pop(transactional_id, ()):
            self._carriers[key] -= 1
            if not self._carriers[key]:
                del self._carriers[key]

    def groups_of(self, transactional_id: str) -> set[str]:
        """The groups whose offsets the open transaction carries."""
        return {key[0] for key in self._by_transaction.get(transactional_id, ())}
