"""What an idempotent producer's batches must not overtake: a batch of its own that was refused and will be sent again.

When a group fails, for want of storage or because the broker was fenced, its batches are answered with a retriable error, and their producers
send them again. Batches that the producer had already sent behind them may arrive, or lie in the queue, before the repeated one. A partition
that knows nothing of a producer takes any first sequence (KIP-360), so such a batch would be accepted and the repeated one
refused for ever. Until the refused sequence comes again, everything behind it is held back.

Who is held back is told what the refused batch was told, and never OUT_OF_ORDER_SEQUENCE_NUMBER: clients take that as word that the earlier batch is
not in the log. Some (librdkafka, its issue 4953) go on under another producer id then, with every partition, and send anew whatever was not
acknowledged; a batch whose fate was not known when it was refused would be in the log twice.

Where several groups are in flight at once they are looked through when it is their turn to be committed, which is where their order is decided.

Where the log does know the producer the catalog watches over the order by itself, and is asked. Holding back can even be wrong then: what
was refused may have been a copy of a batch that was stored, sent again over another connection; then that sequence never comes again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from broker.errors import BrokerError
from broker.model import Appended
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import MAX_SEQUENCE

PATIENCE_S: Final = 120.0
"""For so long a refused batch is expected again (``delivery.timeout.ms``); whoever sends later ones all the same has lost count."""

_REFUSED_KEPT: Final = 16
"""Clients have at most five batches of an idempotent producer in flight."""

_HALF: Final = 1 << 30
_OUT_OF_ORDER: Final = int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
_SENT_AGAIN: Final = frozenset(
    {ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.REQUEST_TIMED_OUT}
)
_OVERTAKES: Final = Appended(_OUT_OF_ORDER, -1, -1, -1, message="an earlier batch of this producer was not stored")

HoleKey = tuple[int, int, int]
"""(partition, producer id, producer epoch)."""


@dataclass(slots=True)
class Hole:
    """``refused`` are the first sequences of a producer's batches that have not come again, in order, and ``held_back`` is what those behind them are
    told. ``left_to_log``: the log knows the producer, and decides."""

    refused: list[int]
    held_back: Appended
    expected_until: float
    left_to_log: bool = False

    def add(self, first_sequence: int) -> None:
        """One more was refused; only so many are kept."""
        if first_sequence not in self.refused:
            self.refused.insert(sum(_is_before(each, first_sequence) for each in self.refused), first_sequence)
            del self.refused[_REFUSED_KEPT:]


class SequenceHoles:
    """What was refused, by producer and partition; of at most ``capacity``, the oldest going first. ``clock`` in seconds never runs back."""

    def __init__(self, clock: Callable[[], float], capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._clock = clock
        self._holes: dict[HoleKey, Hole] = {}

    def __len__(self) -> int:
        return len(self._holes)

    def open(self, key: HoleKey, first_sequence: int, error: BrokerError) -> None:
        """The batch that begins with ``first_sequence`` was refused with ``error``."""
        if error.code in _SENT_AGAIN:
            message = f"held back: an earlier batch of this producer was refused ({error.message or error.code.name})"
            held_back = Appended(int(error.code), -1, -1, -1, message=message)
        else:
            held_back = _OVERTAKES
        expected_until = self._clock() + PATIENCE_S
        hole = self._holes.get(key)
        if hole is None:
            self._put(key, Hole([first_sequence], held_back, expected_until))
        else:
            hole.add(first_sequence)
            hole.held_back, hole.expected_until = held_back, expected_until

    def reopen(self, key: HoleKey, first_sequence: int, hole: Hole) -> None:
        """What would have filled the hole was not taken."""
        known = self._holes.get(key)
        if known is None:
            self._put(key, hole)
            known = hole
        known.add(first_sequence)

    def in_doubt(self, batches: Iterable[tuple[HoleKey, int]]) -> set[HoleKey]:
        """The producers of which batches, (producer, first sequence) in the order in which they would be taken, would be held back."""
        doubted: set[HoleKey] = set()
        filled: dict[HoleKey, int] = {}
        for key, first_sequence in batches:
            hole = self._holes.get(key)
            if hole is None or hole.left_to_log:
                continue
            next_refused = filled.get(key, 0)
            if next_refused == len(hole.refused):
                continue
            if first_sequence == hole.refused[next_refused]:
                filled[key] = next_refused + 1
            elif _is_before(hole.refused[next_refused], first_sequence):
                doubted.add(key)
        return doubted

    def leave_to_log(self, key: HoleKey) -> None:
        """The log knows the producer: nothing is held back, and what the log says is for :meth:`judged` to pass on."""
        if (hole := self._holes.get(key)) is not None:
            hole.left_to_log = True

    def filled_by(self, key: HoleKey, first_sequence: int) -> Hole | None:
        """The hole, if this is the first refused batch, which comes again."""
        hole = self._holes.get(key)
        return hole if hole is not None and hole.refused[0] == first_sequence else None

    def before(self, key: HoleKey, first_sequence: int) -> Hole | None:
        """The hole that a batch lies behind, as its turn has come: it is one more then that will come again, unless the log takes it. The first refused
        batch is no longer refused when it comes again."""
        hole = self._holes.get(key)
        if hole is None:
            return None
        if first_sequence == hole.refused[0]:
            self._no_longer(key, hole, 1)
            return None
        if not _is_before(hole.refused[0], first_sequence):
            return None
        hole.add(first_sequence)
        return hole

    def told(self, hole: Hole) -> Appended:
        """What the producer of a batch behind ``hole`` is told."""
        return hole.held_back if self._clock() < hole.expected_until else _OVERTAKES

    def judged(self, key: HoleKey, first_sequence: int, hole: Hole, answer: Appended) -> Appended:
        """What the producer is told of a batch behind ``hole`` that was left to the log. When the log has taken it, the producer has gone on."""
        if answer.error_code == _OUT_OF_ORDER:
            return self.told(hole)
        if answer.error_code == 0 and self._holes.get(key) is hole:
            self._no_longer(key, hole, sum(not _is_before(first_sequence, sequence) for sequence in hole.refused))
        return answer

    def _put(self, key: HoleKey, hole: Hole) -> None:
        self._holes[key] = hole
        if len(self._holes) > self._capacity:
            del self._holes[next(iter(self._holes))]

    def _no_longer(self, key: HoleKey, hole: Hole, count: int) -> None:
        del hole.refused[:count]
        if not hole.refused:
            del self._holes[key]


def _is_before(sequence: int, other: int) -> bool:
    """Sequences wrap from 2^31 - 1 to 0; of two, the one less than half the circle behind is before."""
    return 0 < ((other - sequence) & MAX_SEQUENCE) < _HALF
