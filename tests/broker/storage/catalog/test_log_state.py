"""Published state, and changes that are not published yet."""

from broker.model import LogBounds
from broker.storage.catalog.base import ProducerState, Span, SpanQuery
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.transactions import AbortedTransaction


def grown(state: LogState, pid: int, spans: int) -> LogChanges:
    changes = LogChanges(state)
    known = state.partition(pid)
    start = 0 if known is None else known.bounds.high_watermark
    for offset in range(start, start + spans):
        changes.spans.append((pid, Span(offset, offset, 1, offset, 1, 0, 0, 1)))
    changes.partitions[pid] = PartitionState(LogBounds(0, start + spans, start + spans, 0, start + spans))
    return changes


def test_nothing_is_seen_before_it_is_published() -> None:
    """Changes see themselves, readers do not see them (L1, L2)."""
    state = LogState(None)
    changes = grown(state, 1, 3)

    assert changes.partition(1) is not None
    assert state.bounds(1) is None
    state.publish(changes)
    assert state.bounds(1) == LogBounds(0, 3, 3, 0, 3)


def test_later_changes_see_earlier_ones_and_may_be_dropped() -> None:
    """Merging keeps them, not merging leaves no trace."""
    state = LogState(None)
    outer = LogChanges(state)
    outer.add_partitions([1])
    inner = LogChanges(outer)
    assert inner.partition(1) is not None
    inner.partitions[1] = None
    inner.producers[1, 5] = ProducerState(5, 0, 0, 0)
    inner.trimmed[1] = 4
    inner.newest_object = 9
    assert outer.partition(1) is not None

    outer.merge(inner)
    assert outer.partition(1) is None
    assert outer.producer(1, 5) is not None
    assert (outer.trimmed, outer.newest_object) == ({1: 4}, 9)


def test_the_tail_is_bounded_in_all() -> None:
    """The oldest spans go, of whichever partition, and reading them needs a query."""
    state = LogState(tail_limit=4)
    state.publish(grown(state, 1, 3))
    state.publish(grown(state, 2, 3))

    assert sum(len(run) for run in state.runs.values()) == 4
    assert state.find_spans([SpanQuery(1, 1, 1)]) is None
    assert state.find_spans([SpanQuery(1, 2, 1), SpanQuery(2, 0, 1)]) is not None
    assert state.find_spans([SpanQuery(1, 3, 1)]) is not None


def test_without_room_for_a_tail_every_read_is_a_query() -> None:
    """Except where there is nothing to read."""
    state = LogState(tail_limit=0)
    state.publish(grown(state, 1, 3))

    assert state.find_spans([SpanQuery(1, 2, 1)]) is None
    assert state.find_spans([SpanQuery(1, 3, 1)]) is not None


def test_a_partition_that_goes_takes_everything_along() -> None:
    """Its spans still in the order of eviction do no harm."""
    state = LogState(tail_limit=2)
    state.publish(grown(state, 1, 2))
    gone = LogChanges(state)
    gone.partitions[1] = None
    state.publish(gone)
    state.publish(grown(state, 2, 2))

    assert state.bounds(1) is None
    assert list(state.runs) == [2]
    assert len(state.runs[2]) == 2


def test_producers_of_a_new_partition_are_known_to_be_none() -> None:
    """Nobody has to look them up."""
    state = LogState(None)
    changes = LogChanges(state)
    changes.add_partitions([1])
    state.publish(changes)

    assert state.producers == {1: {}}


def test_aborted_transactions_in_memory_are_bounded_in_all() -> None:
    """The oldest go, of whichever partition; then their range needs a query. Those of a partition that is gone go with it."""
    state = LogState(tail_limit=2)
    state.publish(grown(state, 1, 9))
    state.publish(grown(state, 2, 9))
    for pid, first in ((1, 0), (1, 2), (2, 4)):
        changes = LogChanges(state)
        changes.aborted.append((pid, AbortedEntry(AbortedTransaction(7, first, first + 1), first + 2)))
        state.publish(changes)

    assert state.aborted(1, 1, 9) is None
    assert state.aborted(1, 2, 9) == [AbortedTransaction(7, 2, 3)]
    assert state.aborted(2, 0, 9) == [AbortedTransaction(7, 4, 5)]
    assert state.aborted(3, 0, 9) == []
    gone = LogChanges(state)
    gone.partitions[2] = None
    state.publish(gone)
    assert state.aborted(2, 0, 9) == []
