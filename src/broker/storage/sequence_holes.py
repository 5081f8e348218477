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

In a cluster a batch may also come before the one that was sent before it, which another broker has, or had: librdkafka sends to a new leader while it
waits with what the old one has refused. It is held back as well, for as long as requests are under way (:meth:`SequenceHoles.out_of_order`).
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

UNDER_WAY_S: Final = 30.0
"""For so long a batch that another broker has is expected here (``request.timeout.ms``)."""

_HALF: Final = 1 << 30
_OUT_OF_ORDER: Final = int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
_SENT_AGAIN: Final = frozenset(
    {ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.REQUEST_TIMED_OUT}
)
_COMES_TOO_SOON: Final = Appended(
    int(ErrorCode.NOT_LEADER_OR_FOLLOWER), -1, -1, -1, message="held back: the batch before it, of the same producer, has not come yet"
)
_OVERTAKES: Final = Appended(_OUT_OF_ORDER, -1, -1, -1, message="an earlier batch of this producer was not stored")

HoleKey = tuple[int, int, int]
"""(partition, producer id, producer epoch)."""


@dataclass(slots=True)
class Hole:
    """``sequence``: the first of a batch that is to come again before later ones; those are told ``held_back``. ``left_to_log``: the log knows the
    producer, and decides."""

    sequence: int
    held_back: Appended
    expected_until: float
    left_to_log: bool = False


class SequenceHoles:
    """The first hole of each producer in each partition; of at most ``capacity``, the oldest going first. ``clock`` in seconds never runs back."""

    def __init__(self, clock: Callable[[], float], capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._clock = clock
        self._holes: dict[HoleKey, Hole] = {}

    def __len__(self) -> int:
        return len(self._holes)

    def open(self, key: HoleKey, first_sequence: int, error: BrokerError) -> None:
        """The batch that begins with ``first_sequence`` was refused with ``error``. An earlier one of the same producer stays the one that counts."""
        if error.code in _SENT_AGAIN:
            message = f"held back: an earlier batch of this producer was refused ({error.message or error.code.name})"
            held_back = Appended(int(error.code), -1, -1, -1, message=message)
        else:
            held_back = _OVERTAKES
        self.reopen(key, Hole(first_sequence, held_back, self._clock() + PATIENCE_S))

    def reopen(self, key: HoleKey, hole: Hole) -> None:
        """What would have filled the hole was not taken."""
        known = self._holes.get(key)
        if known is None or not _is_before(known.sequence, hole.sequence):
            self._holes[key] = hole
            if len(self._holes) > self._capacity:
                del self._holes[next(iter(self._holes))]

    def in_doubt(self, batches: Iterable[tuple[HoleKey, int]]) -> set[HoleKey]:
        """The producers of which batches, (producer, first sequence) in the order in which they would be taken, would be held back."""
        doubted: set[HoleKey] = set()
        filled: set[HoleKey] = set()
        for key, first_sequence in batches:
            hole = self._holes.get(key)
            if hole is None or hole.left_to_log or key in filled:
                continue
            if first_sequence == hole.sequence:
                filled.add(key)
            elif _is_before(hole.sequence, first_sequence):
                doubted.add(key)
        return doubted

    def leave_to_log(self, key: HoleKey) -> None:
        """The log knows the producer: nothing is held back, and what the log says is for :meth:`judged` to pass on."""
        if (hole := self._holes.get(key)) is not None:
            hole.left_to_log = True

    def filled_by(self, key: HoleKey, first_sequence: int) -> Hole | None:
        """The hole, if this is the batch that is to come again."""
        hole = self._holes.get(key)
        return hole if hole is not None and hole.sequence == first_sequence else None

    def before(self, key: HoleKey, first_sequence: int) -> Hole | None:
        """The hole that a batch lies behind, as its turn has come. The batch that was to come again closes it."""
        hole = self._holes.get(key)
        if hole is None:
            return None
        if first_sequence == hole.sequence:
            del self._holes[key]
            return None
        return hole if _is_before(hole.sequence, first_sequence) else None

    def told(self, hole: Hole) -> Appended:
        """What the producer of a batch behind ``hole`` is told."""
        return hole.held_back if self._clock() < hole.expected_until else _OVERTAKES

    def judged(self, key: HoleKey, hole: Hole, answer: Appended) -> Appended:
        """What the producer is told of a batch behind ``hole`` that was left to the log. When the log has taken it, the producer has gone on."""
        if answer.error_code == _OUT_OF_ORDER:
            return self.told(hole)
        if answer.error_code == 0 and self._holes.get(key) is hole:
            del self._holes[key]
        return answer

    def out_of_order(self, key: HoleKey, first_sequence: int, filled: Hole | None) -> Appended:
        """What the producer of a batch is told that lies behind nothing, and that the log calls out of order. ``filled`` is the hole that it was to fill."""
        hole = filled or Hole(first_sequence, _COMES_TOO_SOON, self._clock() + UNDER_WAY_S, left_to_log=True)
        self.reopen(key, hole)
        return self.told(hole)


def _is_before(sequence: int, other: int) -> bool:
    """Sequences wrap from 2^31 - 1 to 0; of two, the one less than half the circle behind is before."""
    return 0 < ((other - sequence) & MAX_SEQUENCE) < _HALF
