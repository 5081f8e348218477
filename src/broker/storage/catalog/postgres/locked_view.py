"""What a decision looks at, locked in the database and read into memory, so that the rules that every catalog shares decide here as well.

W1  Locks are taken in the order broker -> transaction -> partition (ascending), in one question; each state is read in a statement that began
    after it was locked (``migrations/0002_coordination.sql``). Offsets of groups come last of all, when they are written
    (:mod:`broker.storage.catalog.postgres.changes`).
W2  A view knows what was asked for. A decision that looks at anything else is a defect, and fails instead of deciding from nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from broker.model import NO_PRODUCER_ID, CommittedOffset, LogBounds
from broker.storage.catalog.base import CommitGroup, OffsetKey, ProducerState
from broker.storage.catalog.cluster import Member
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.postgres.base import fenced
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.log_rows import offset_of, producer_of, transaction_of
from broker.storage.catalog.postgres.texts import full_of, key_of, of_bytes
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import MarkerWish, PendingOffsets, TransactionState

_LOCK_LOGS: Final = "SELECT * FROM lock_logs_v1($1, $2, $3, $4, $5, $6)"
_LOCK_TRANSACTION: Final = "SELECT * FROM lock_transaction_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_NO_OFFSETS: Final[PendingOffsets] = MappingProxyType({})

NO_VERSION: Final = -1
"""The version of a transaction that nobody remembers."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a decision about logs looks at. ``owners``: producer ids whose transactional ids it asks for."""

    pids: frozenset[int]
    producers: frozenset[tuple[int, int]]
    owners: frozenset[int]


@dataclass(frozen=True, slots=True)
class Known:
    """A transactional id as it was at one moment, with the offsets that its transaction carries."""

    state: TransactionState
    pending: PendingOffsets
    version: int


@dataclass(slots=True)
class Rows:
    """The rows of one answer, as states."""

    partitions: dict[int, PartitionState]
    producers: dict[tuple[int, int], ProducerState]
    transactions: dict[str, Known]
    clock_ms: int = 0
    next_version: int = NO_VERSION


class LockedView:
    """Implements :class:`broker.storage.catalog.log_state.StateView` over what was locked."""

    def __init__(self, rows: Rows, named: Named, transactional_ids: Collection[str] = ()) -> None:
        self._rows = rows
        self._named = named
        self._ids = transactional_ids
        self._owners = {known.state.producer_id: known.state for known in rows.transactions.values()}

    @property
    def clock_ms(self) -> int:
        """The database's time once everything was locked."""
        return self._rows.clock_ms

    @property
    def next_version(self) -> int:
        """The version of the transaction once it is changed."""
        return self._rows.next_version

    def partition(self, pid: int) -> PartitionState | None:
        assert pid in self._named.pids, "W2"
        return self._rows.partitions.get(pid)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        assert (pid, producer_id) in self._named.producers, "W2"
        return self._rows.producers.get((pid, producer_id))

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        assert producer_id in self._named.owners, "W2"
        return self._owners.get(producer_id)

    def transaction(self, transactional_id: str) -> TransactionState | None:
        known = self.known(transactional_id)
        return None if known is None else known.state

    def pending_offsets(self, transactional_id: str) -> PendingOffsets:
        known = self.known(transactional_id)
        return _NO_OFFSETS if known is None else known.pending

    def known(self, transactional_id: str) -> Known | None:
        """The transactional id as it is in the database, in its version."""
        assert transactional_id in self._ids or transactional_id in self._rows.transactions, "W2"
        return self._rows.transactions.get(transactional_id)

    def transactional_ids(self) -> Sequence[str]:
        return list(self._rows.transactions)


def named_by_groups(groups: Iterable[CommitGroup]) -> Named:
    """Rule: what :func:`broker.storage.catalog.commit_rules.decide` looks at for these groups."""
    pids: set[int] = set()
    producers: set[tuple[int, int]] = set()
    owners: set[int] = set()
    for group in groups:
        for entry in group.spans:
            pids.add(entry.pid)
            for batch in entry.batches:
                if batch.producer_id >= 0 or batch.transactional:
                    producers.add((entry.pid, batch.producer_id))
                    if batch.transactional:
                        owners.add(batch.producer_id)
    return Named(frozenset(pids), frozenset(producers), frozenset(owners))


def named_by_wishes(wishes: Iterable[MarkerWish]) -> Named:
    """Rule: what markers from outside are decided from."""
    keys = {(wish.pid, wish.producer_id) for wish in wishes}
    return Named(frozenset(pid for pid, _ in keys), frozenset(keys), frozenset(producer_id for _, producer_id in keys))


async def lock_logs(connection: Connection, member: Member | None, named: Named) -> LockedView:
    """Lock what is named, and read it. Raises Fenced."""
    producers = sorted(named.producers)
    rows = await connection.fetch(
        _LOCK_LOGS,
        *_identity(member),
        sorted(named.pids),
        [pid for pid, _ in producers],
        [producer_id for _, producer_id in producers],
        sorted(named.owners),
    )
    return LockedView(states_of(rows, member), named)


async def lock_transaction(
    connection: Connection,
    member: Member | None,
    transactional_id: str,
    *,
    begins_as: int = NO_PRODUCER_ID,
    may_end: bool = False,
    pids: Collection[int] = (),
    remembered: Known | None = None,
) -> LockedView:
    """Lock a transactional id, with what the end of its transaction changes when it ``may_end``, and read it. Raises Fenced.

    ``begins_as``: when nobody has it, it is put down under this producer id, which nobody else sees before this transaction of the database ends. ``pids``: partitions that the
    decision wants to know to exist; they are not locked. ``remembered``: the offsets it carries are not read when it still is in that version.
    """
    rows = await connection.fetch(
        _LOCK_TRANSACTION,
        *_identity(member),
        key_of(transactional_id),
        full_of(transactional_id),
        shard_of(transactional_id),
        begins_as,
        may_end,
        list(pids),
        NO_VERSION if remembered is None else remembered.version,
    )
    states = states_of(rows, member)
    known = states.transactions.get(transactional_id)
    if known is None:
        return LockedView(states, Named(frozenset(pids), frozenset(), frozenset()), (transactional_id,))
    own = known.state.partitions if may_end else frozenset[int]()
    producer_id = known.state.producer_id
    named = Named(own.union(pids), frozenset((pid, producer_id) for pid in own), frozenset((producer_id,)))
    return LockedView(states, named, (transactional_id,))


def states_of(rows: Iterable[Sequence[Any]], member: Member | None = None) -> Rows:
    """Rule: the rows of a function of ``0002_coordination.sql`` as states. Raises Fenced."""
    states = Rows({}, {}, {})
    opened: dict[int, list[tuple[int, int]]] = {}
    partitions: list[tuple[int, Sequence[int]]] = []
    transactions: list[tuple[bytes, Sequence[int], Sequence[bytes]]] = []
    added: dict[bytes, set[int]] = {}
    pending: dict[bytes, dict[OffsetKey, CommittedOffset]] = {}
    for kind, pid, key, numbers, texts in rows:
        if kind == "partition":
            partitions.append((pid, numbers))
        elif kind == "open":
            opened.setdefault(pid, []).append((numbers[0], numbers[1]))
        elif kind == "producer":
            producer = producer_of(numbers, texts[0])
            states.producers[pid, producer.producer_id] = producer
        elif kind == "transaction":
            transactions.append((key, numbers, texts))
        elif kind == "added":
            added.setdefault(key, set()).add(pid)
        elif kind == "offset":
            at, offset = offset_of(pid, numbers, texts)
            pending.setdefault(key, {})[at] = offset
        elif kind == "clock":
            states.clock_ms, states.next_version = numbers
        else:
            assert kind == "fenced", kind
            assert member is not None, "nobody else is asked for an epoch"
            raise fenced(member)
    for pid, numbers in partitions:
        log_start, high_watermark, last_stable, leader_epoch, size, running = numbers
        states.partitions[pid] = PartitionState(
            LogBounds(log_start, high_watermark, last_stable, leader_epoch, size), running, tuple(sorted(opened.get(pid, ())))
        )
    for key, numbers, texts in transactions:
        state = transaction_of(key, numbers, texts, frozenset(added.get(key, ())))
        states.transactions[of_bytes(key)] = Known(state, pending.get(key, _NO_OFFSETS), numbers[-1])
    return states


def _identity(member: Member | None) -> tuple[int | None, int | None]:
    return (None, None) if member is None else (member.node_id, member.epoch)
