"""Rule: what a broker remembers of transactional producers whose ids others coordinate.

K1  That a partition is in the transaction of a producer id and epoch stays true for as long as records of that epoch are taken at all: who
    follows KIP-890 has an epoch for each transaction. So it may be remembered without asking anybody; what is not known is asked for.
K2  Which connection speaks for a producer is known by what came over the broker's own connections, for the epoch that was seen last. The
    catalog refuses others for what they are, so they change nothing here.
K3  Only so many producers, and so many partitions of each, are remembered; those that were not heard of for the longest go.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from broker.coordinators.producer_connections import Connections, Work, heard

PRODUCERS_MAX: Final = 10_000
PARTITIONS_MAX: Final = 1_000


class KnownProducers:
    """What joined which transaction, by producer id and epoch, and connections, by transactional id."""

    def __init__(self, *, producers_max: int = PRODUCERS_MAX, partitions_max: int = PARTITIONS_MAX) -> None:
        self._producers_max = producers_max
        self._partitions_max = partitions_max
        self._joined: OrderedDict[int, tuple[int, set[int]]] = OrderedDict()
        self._connections: OrderedDict[str, Connections] = OrderedDict()

    def __len__(self) -> int:
        """Producers that something is known of."""
        return len(self._joined) + len(self._connections)

    def has_joined(self, producer_id: int, epoch: int, pids: Sequence[int]) -> bool:
        """Whether all of the partitions are known to be in the transaction."""
        known = self._joined.get(producer_id)
        return known is not None and known[0] == epoch and known[1].issuperset(pids)

    def joined(self, producer_id: int, epoch: int, pids: Sequence[int]) -> None:
        """The catalog has added the partitions."""
        known = self._joined.pop(producer_id, None)
        if known is None or known[0] < epoch:
            known = (epoch, set())
        if known[0] == epoch and len(known[1]) + len(pids) <= self._partitions_max:
            known[1].update(pids)
        self._joined[producer_id] = known
        if len(self._joined) > self._producers_max:
            self._joined.popitem(last=False)

    def is_superseded(self, transactional_id: str, producer: tuple[int, int], work: Work, connection_id: int) -> bool:
        """Whether the connection was given up by this producer id and epoch; if not, it is known from now on."""
        known = self._connections.get(transactional_id)
        if known is not None and known.producer[0] == producer[0] and known.producer[1] > producer[1]:
            return False  # it is fenced
        now = heard(known, producer, work, connection_id)
        if now is None:
            return True
        self._connections[transactional_id] = now
        self._connections.move_to_end(transactional_id)
        if len(self._connections) > self._producers_max:
            self._connections.popitem(last=False)
        return False
