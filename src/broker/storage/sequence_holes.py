"""What an idempotent producer's batches must not overtake: a batch of its own that storage could not take.

When a group fails for want of storage its batches are answered with a retriable error, and their producers send them again.
Batches that the producer had already sent behind them may arrive, or lie in the queue, before the repeated one. A partition
that knows nothing of a producer takes any first sequence (KIP-360), so such a batch would be accepted and the repeated one
refused for ever. Until the failed sequence comes again, everything behind it is out of order.

Where several groups are in flight at once they are looked through when it is their turn to be committed, which is where their order is decided.

Where the log does know the producer the catalog watches over the order by itself, and a hole is not needed. It can even be wrong: what
failed may have been a copy of a batch that was stored, sent again over another connection; then that sequence never comes again.
"""

from collections.abc import Iterable

from broker.wire.records.batch import MAX_SEQUENCE

_HALF = 1 << 30

HoleKey = tuple[int, int, int]
"""(partition, producer id, producer epoch)."""


class SequenceHoles:
    """The failed first sequence by producer and partition; at most ``capacity`` of them, the oldest going first."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._holes: dict[HoleKey, int] = {}

    def __len__(self) -> int:
        return len(self._holes)

    def open(self, key: HoleKey, first_sequence: int) -> None:
        """The batch that begins with ``first_sequence`` failed. An earlier failure of the same producer stays the one that counts."""
        hole = self._holes.get(key)
        if hole is None or _is_before(first_sequence, hole):
            self._holes[key] = first_sequence
            if len(self._holes) > self._capacity:
                del self._holes[next(iter(self._holes))]

    def in_doubt(self, batches: Iterable[tuple[HoleKey, int]]) -> set[HoleKey]:
        """The producers of which batches, (producer, first sequence) in the order in which they would be taken, would be refused."""
        doubted: set[HoleKey] = set()
        filled: set[HoleKey] = set()
        for key, first_sequence in batches:
            hole = self._holes.get(key)
            if hole is None or key in filled:
                continue
            if first_sequence == hole:
                filled.add(key)
            elif not _is_before(first_sequence, hole):
                doubted.add(key)
        return doubted

    def close(self, key: HoleKey) -> None:
        """The log knows the producer."""
        self._holes.pop(key, None)

    def is_filled_by(self, key: HoleKey, first_sequence: int) -> bool:
        """Whether this is the failed batch that comes again."""
        return self._holes.get(key) == first_sequence

    def admits(self, key: HoleKey, first_sequence: int) -> bool:
        """Whether a batch may go to the log now. The failed one coming again closes the hole."""
        hole = self._holes.get(key)
        if hole is None:
            return True
        if first_sequence == hole:
            del self._holes[key]
            return True
        return _is_before(first_sequence, hole)


def _is_before(sequence: int, other: int) -> bool:
    """Sequences wrap from 2^31 - 1 to 0; of two, the one less than half the circle behind is before."""
    return 0 < ((other - sequence) & MAX_SEQUENCE) < _HALF
