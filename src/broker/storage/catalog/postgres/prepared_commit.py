"""Rule: what commit groups come to if every batch in them is plainly right, relative to wherever the logs end.

Groups are decided by the rules that every catalog shares, over logs that are empty and producers that nobody knows: what is refused even so, or is a
duplicate of its neighbour, is not for the fast form of a commit. What is left for the database to see to: whether each producer's first batch follows
the last one it remembers, and whether transactions are open. Offsets are then moved behind the logs' ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from broker.model import Appended, LogBounds
from broker.storage.catalog.base import BatchEntry, CommitGroup, ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState, decide
from broker.storage.catalog.transactions import TransactionState, TransactionStatus

_EMPTY: Final = PartitionState(LogBounds(0, 0, 0, 0, 0))


class _Every(frozenset[int]):
    """All partitions belong to the transaction, as far as this rule is concerned."""

    def __contains__(self, pid: object) -> bool:
        return True


@dataclass(slots=True)
class Sender:
    """A producer on one log, in these groups. ``now_ms`` is of the last of them."""

    first: BatchEntry
    now_ms: int
    plain: bool


class _Nowhere:
    """Implements :class:`broker.storage.catalog.commit_rules.View`: nothing was before, and the groups so far."""

    def __init__(self) -> None:
        self.partitions: dict[int, PartitionState] = {}
        self.producers: dict[tuple[int, int], ProducerState] = {}
        self.epochs: dict[int, int] = {}

    def partition(self, pid: int) -> PartitionState | None:
        return self.partitions.get(pid, _EMPTY)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        return self.producers.get((pid, producer_id))

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        return TransactionState(
            transactional_id="",
            producer_id=producer_id,
            epoch=self.epochs[producer_id],
            timeout_ms=0,
            status=TransactionStatus.ONGOING,
            updated_ms=0,
            partitions=_Every(),
        )


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """``answers``, ``spans`` and states count offsets from each log's end. ``pids``: the logs, ascending."""

    groups: Sequence[CommitGroup]
    answers: list[list[list[Appended]]]
    spans: list[tuple[int, Span]]
    pids: list[int]
    partitions: dict[int, PartitionState]
    producers: dict[tuple[int, int], ProducerState]
    senders: dict[tuple[int, int], Sender]

    def answered(self, bases: Sequence[int], log_starts: Sequence[int]) -> list[list[list[Appended]]]:
        """The answers, now that it is known where each log of ``pids`` ended and began."""
        places = dict(zip(self.pids, zip(bases, log_starts, strict=True), strict=True))
        moved: list[list[list[Appended]]] = []
        for group, answers in zip(self.groups, self.answers, strict=True):
            own = []
            for entry, batches in zip(group.spans, answers, strict=True):
                base, log_start = places.get(entry.pid, (0, 0))
                own.append(
                    [Appended(0, base + batch.base_offset, batch.log_append_time_ms, log_start) for batch in batches]
                )
            moved.append(own)
        return moved


def prepare(groups: Sequence[CommitGroup]) -> PreparedCommit | None:
    """What ``groups``, one after another, come to; None when they are not plainly right by themselves."""
    view = _Nowhere()
    senders = _senders(groups, view.epochs)
    if senders is None:
        return None
    answers: list[list[list[Appended]]] = []
    spans: list[tuple[int, Span]] = []
    for group in groups:
        decision = decide(group, view)
        for batches in decision.answers:
            for batch in batches:
                if batch.error_code or batch.duplicate:
                    return None
        view.partitions.update(decision.partitions)
        view.producers.update(decision.producers)
        spans += decision.spans
        answers.append(decision.answers)
    return PreparedCommit(groups, answers, spans, sorted(view.partitions), view.partitions, view.producers, senders)


def _senders(groups: Sequence[CommitGroup], epochs: dict[int, int]) -> dict[tuple[int, int], Sender] | None:
    """Who sent something, and the epochs of transactions; None when somebody's epoch changes on the way."""
    senders: dict[tuple[int, int], Sender] = {}
    for group in groups:
        for entry in group.spans:
            for batch in entry.batches:
                if batch.producer_id < 0 and not batch.transactional:
                    continue
                sender = senders.get((entry.pid, batch.producer_id))
                if sender is None:
                    sender = senders[entry.pid, batch.producer_id] = Sender(batch, group.now_ms, False)
                elif sender.first.producer_epoch != batch.producer_epoch:
                    return None
                sender.now_ms = group.now_ms
                if not batch.transactional:
                    sender.plain = True
                elif epochs.setdefault(batch.producer_id, batch.producer_epoch) != batch.producer_epoch:
                    return None
    return senders
