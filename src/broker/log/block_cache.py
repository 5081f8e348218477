"""Blocks of stored objects in memory, by bytes: those that many readers want, and apart from them those that one reader passes through. Pure.

Objects never change and their ids are never given again, so a block never goes stale.

Invariants

1. The bytes held never exceed the capacity.
2. The *cold* part has a quarter of it, or what share was asked for. What is read far from the end of a log comes there, and pushes nothing out of the *hot* part
   unless it is asked for a second time.
3. A reader that goes through a block in steps asks for it once, however many steps those are: only bytes that were given before, and no
   others, make a second time.
"""

from collections import OrderedDict
from typing import NamedTuple

COLD_SHARE = 4


class BlockKey(NamedTuple):
    """The ``number``-th block of an object."""

    object_id: int
    number: int


class _Block:
    __slots__ = ("data", "given_to")

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.given_to = 0


class BlockCache:
    """Bounded by ``capacity`` bytes; 0 turns it off."""

    def __init__(self, capacity: int, *, cold_share: int = COLD_SHARE) -> None:
        self._cold_capacity = capacity // cold_share
        self._hot_capacity = capacity - self._cold_capacity
        self._cold: OrderedDict[BlockKey, _Block] = OrderedDict()
        self._hot: OrderedDict[BlockKey, _Block] = OrderedDict()
        self.cold_bytes = 0
        self.hot_bytes = 0

    @property
    def size(self) -> int:
        """Bytes held."""
        return self.cold_bytes + self.hot_bytes

    def take(self, key: BlockKey, end: int) -> memoryview | None:
        """The block, when it is here and reaches up to ``end`` (counted from the block's start)."""
        block = self._hot.get(key)
        if block is not None:
            if end > len(block.data):
                return None
            self._hot.move_to_end(key)
            return block.data
        block = self._cold.get(key)
        if block is None or end > len(block.data):
            return None
        if end <= block.given_to:
            self._promote(key, block)
        else:
            block.given_to = end
            self._cold.move_to_end(key)
        return block.data

    def put(self, key: BlockKey, data: memoryview, *, is_hot: bool, given_to: int = 0) -> None:
        """Hold a block, of which the bytes up to ``given_to`` are about to be given out. ``is_hot``: others will want it soon."""
        self._drop(key)
        block = _Block(data)
        block.given_to = given_to
        if is_hot:
            self._add_hot(key, block)
        elif len(data) <= self._cold_capacity:
            self._cold[key] = block
            self.cold_bytes += len(data)
            while self.cold_bytes > self._cold_capacity:
                _, gone = self._cold.popitem(last=False)
                self.cold_bytes -= len(gone.data)

    def __contains__(self, key: BlockKey) -> bool:
        return key in self._hot or key in self._cold

    def clear(self) -> None:
        """Hold nothing."""
        self._cold.clear()
        self._hot.clear()
        self.cold_bytes = self.hot_bytes = 0

    def _promote(self, key: BlockKey, block: _Block) -> None:
        del self._cold[key]
        self.cold_bytes -= len(block.data)
        self._add_hot(key, block)

    def _add_hot(self, key: BlockKey, block: _Block) -> None:
        if len(block.data) > self._hot_capacity:
            return
        self._hot[key] = block
        self.hot_bytes += len(block.data)
        while self.hot_bytes > self._hot_capacity:
            _, gone = self._hot.popitem(last=False)
            self.hot_bytes -= len(gone.data)

    def _drop(self, key: BlockKey) -> None:
        if (block := self._cold.pop(key, None)) is not None:
            self.cold_bytes -= len(block.data)
        if (block := self._hot.pop(key, None)) is not None:
            self.hot_bytes -= len(block.data)
