"""Decisions about transactions as changes that are not visible yet."""

from broker.model import CommittedOffset
from broker.storage.catalog import transaction_changes
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.transaction_rules import LAST_EPOCH
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode

KEY = ("g", "orders", 0)
OFFSETS = {KEY: CommittedOffset(offset=1), ("g", "payments", 0): CommittedOffset(offset=2)}


def changes_with(epoch: int = 4) -> LogChanges:
    """A transaction of producer 7 that is open on partitions 1 and 2, with offsets."""
    state = LogState(None)
    changes = LogChanges(state)
    changes.add_partitions([1, 2])
    transaction = TransactionState(
        transactional_id="t",
        producer_id=7,
        epoch=epoch,
        timeout_ms=1,
        status=TransactionStatus.ONGOING,
        updated_ms=0,
        partitions=frozenset({1, 2}),
        groups=frozenset({"g"}),
    )
    changes.set_transaction(transaction)
    changes.pending["t"] = OFFSETS
    state.publish(changes)
    return LogChanges(state)


def test_a_step_is_seen_by_later_ones_and_leaves_no_trace_when_dropped() -> None:
    """Nothing is changed in place (L2)."""
    changes = changes_with()
    inner = LogChanges(changes)
    answer = transaction_changes.end(inner, "t", 7, 4, True, True, -1, 9)

    assert answer.error_code is ErrorCode.NONE
    ended = inner.transaction("t")
    assert ended is not None
    assert ended.status is TransactionStatus.COMPLETE_COMMIT
    assert inner.transaction_of_producer(7) == ended
    assert inner.pending_offsets("t") == {}
    assert changes.pending_offsets("t") == OFFSETS
    untouched = changes.transaction_of_producer(7)
    assert untouched is not None
    assert untouched.status is TransactionStatus.ONGOING
    changes.merge(inner)
    assert changes.transaction("t") == ended


def test_a_producer_id_that_is_exhausted_is_given_up() -> None:
    """The transactional id is found by the new one alone."""
    changes = changes_with(LAST_EPOCH)
    answer = transaction_changes.end(changes, "t", 7, LAST_EPOCH, True, True, 8, 9)

    assert (answer.producer_id, answer.epoch) == (8, 0)
    assert changes.transaction_of_producer(7) is None
    assert changes.transaction_of_producer(8) == changes.transaction("t")


def test_an_abort_drops_the_offsets() -> None:
    """They are part of the transaction."""
    changes = changes_with()
    answer = transaction_changes.abort(changes, "t", 7, 4, 9)

    assert answer.ended is not None
    assert answer.ended.offsets == {}
    assert changes.pending_offsets("t") == {}


def test_refused_offsets_are_not_kept() -> None:
    """Nor is their group added."""
    changes = changes_with()
    code = transaction_changes.add_offsets(changes, "t", 7, 3, {KEY: CommittedOffset(offset=9)}, "g", 9)

    assert code is ErrorCode.INVALID_PRODUCER_EPOCH
    assert changes.pending_offsets("t") == OFFSETS


def test_partitions_and_offsets_of_a_deleted_topic_go() -> None:
    """The rest stays."""
    changes = changes_with()
    transaction_changes.forget_partitions(changes, "orders", [1])

    state = changes.transaction("t")
    assert state is not None
    assert state.partitions == {2}
    assert set(changes.pending_offsets("t")) == {("g", "payments", 0)}
    assert transaction_changes.open_partitions(changes, "t") == {2}


def test_only_what_is_open_has_partitions_to_end() -> None:
    """Those of an id that nobody has are none."""
    changes = changes_with()
    transaction_changes.end(changes, "t", 7, 4, True, True, -1, 9)

    assert transaction_changes.open_partitions(changes, "t") == frozenset()
    assert transaction_changes.open_partitions(changes, "u") == frozenset()


def test_ids_are_forgotten_once() -> None:
    """Among them those of earlier changes that are not published."""
    changes = changes_with()
    transaction_changes.init(changes, "u", 1, -1, -1, 5, 9)
    assert set(changes.transactional_ids()) == {"t", "u"}

    assert transaction_changes.forget_idle(changes, 6) == 1
    assert transaction_changes.forget_idle(changes, 6) == 0
    assert list(changes.transactional_ids()) == ["t"]
    assert changes.transaction_of_producer(9) is None
