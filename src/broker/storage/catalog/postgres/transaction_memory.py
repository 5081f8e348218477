"""What a broker remembers of transactional ids: those of the shards it coordinates, and a bounded number of others that it has heard of.

V1  What is remembered was read or written in one transaction of the database. Of two forms the one of the later version stays.
V2  What is remembered may be out of date where another broker acts on the id; who decides asks the database.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Final

from broker.storage.catalog.postgres.locked_view import Known
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import TransactionState

OTHERS_MAX: Final = 1000
"""Ids of shards that are not loaded."""


class TransactionMemory:
    """Owned by :class:`broker.storage.catalog.postgres.transactions.PostgresTransactions`; used from one event loop."""

    def __init__(self, others_max: int = OTHERS_MAX) -> None:
        self._loaded: dict[int, dict[str, Known]] = {}
        self._others: OrderedDict[str, Known] = OrderedDict()
        self._others_max = others_max

    def __len__(self) -> int:
        return sum(map(len, self._loaded.values())) + len(self._others)

    @property
    def shards(self) -> Collection[int]:
        """Those that are loaded."""
        return self._loaded.keys()

    def find(self, transactional_id: str) -> Known | None:
        """What is known of the id, None also when nothing is."""
        loaded = self._loaded.get(shard_of(transactional_id))
        return self._others.get(transactional_id) if loaded is None else loaded.get(transactional_id)

    def states(self) -> list[TransactionState]:
        """Every transactional id of the loaded shards."""
        return [known.state for loaded in self._loaded.values() for known in loaded.values()]

    def keep(self, known: Known) -> None:
        """Remember it, unless a later version is remembered."""
        transactional_id = known.state.transactional_id
        before = self.find(transactional_id)
        if before is not None and before.version > known.version:
            return
        loaded = self._loaded.get(shard_of(transactional_id))
        if loaded is not None:
            loaded[transactional_id] = known
            return
        self._others[transactional_id] = known
        self._others.move_to_end(transactional_id)
        if len(self._others) > self._others_max:
            self._others.popitem(last=False)

    def drop(self, transactional_id: str) -> None:
        """Nobody has the id any more."""
        loaded = self._loaded.get(shard_of(transactional_id))
        (self._others if loaded is None else loaded).pop(transactional_id, None)

    def load(self, shards: Collection[int], found: Iterable[Known]) -> None:
        """Have exactly ``found`` of these shards."""
        for shard in shards:
            self._loaded[shard] = {}
        for known in found:
            self.keep(known)
        for transactional_id in [each for each in self._others if shard_of(each) in self._loaded]:
            del self._others[transactional_id]

    def forget(self, shards: Collection[int]) -> None:
        """Let go of these shards."""
        for shard in shards:
            self._loaded.pop(shard, None)
