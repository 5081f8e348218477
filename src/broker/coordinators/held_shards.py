"""Rule: which shards this broker coordinates, and what it answers for the others.

H1  A shard is served from the moment in which all of it is in memory, and no longer than until it is given up.
H2  What was begun for an earlier holding of a shard brings nothing into a later one.
H3  A broker of its own holds every shard, and asks of no key which one it is of.
"""

from collections.abc import Callable, Collection
from typing import Final

from broker.storage.catalog.shards import SHARDS, shard_of
from broker.wire.error_codes import ErrorCode

ALL_SHARDS: Final = frozenset(range(SHARDS))


class HeldShards:
    """``begin`` and ``complete`` frame the loading of shards, ``drop`` ends their service."""

    def __init__(self, *, alone: bool) -> None:
        """``alone``: nobody else coordinates anything; until it is loaded, all of it is loading."""
        self._is_alone = alone
        self._held: frozenset[int] = frozenset()
        self._loading: dict[int, int] = dict.fromkeys(ALL_SHARDS, 0) if alone else {}
        self._attempts = 0

    @property
    def held(self) -> frozenset[int]:
        """The shards that are served."""
        return self._held

    @property
    def is_loading(self) -> bool:
        """Whether something is not in memory yet that will be."""
        return bool(self._loading)

    def error(self, key: str) -> ErrorCode:
        """What stands in the way of a request for a group or a transactional id."""
        if self._is_alone:
            return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if self._loading else ErrorCode.NONE
        shard = shard_of(key)
        if shard in self._held:
            return ErrorCode.NONE
        return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if shard in self._loading else ErrorCode.NOT_COORDINATOR

    def has(self, key: str) -> bool:
        """Whether it is served here."""
        return not self.error(key)

    def begin(self, shards: Collection[int]) -> int:
        """They are being loaded; the number stands for this attempt."""
        self._attempts += 1
        self._held -= frozenset(shards)
        self._loading.update(dict.fromkeys(shards, self._attempts))
        return self._attempts

    def complete(self, attempt: int) -> frozenset[int]:
        """Serve what was loaded, as far as it was not given up meanwhile (H2): those shards."""
        loaded = frozenset(shard for shard, by in self._loading.items() if by == attempt)
        self._held |= loaded
        for shard in loaded:
            del self._loading[shard]
        return loaded

    def fail(self, attempt: int) -> None:
        """The attempt came to nothing. Who is alone is expected to try again, and serves nothing before."""
        if self._is_alone:
            return
        for shard in [shard for shard, by in self._loading.items() if by == attempt]:
            del self._loading[shard]

    def drop(self, shards: Collection[int]) -> frozenset[int]:
        """Serve them no longer. Those that were served."""
        dropped = self._held & frozenset(shards)
        self._held -= dropped
        for shard in shards:
            self._loading.pop(shard, None)
        return dropped


def within(shards: Collection[int]) -> Callable[[str], bool]:
    """Whether a key is of these shards."""
    wanted = frozenset(shards)
    return (lambda key: True) if wanted >= ALL_SHARDS else (lambda key: shard_of(key) in wanted)
