"""States as columns."""

from hypothesis import given
from hypothesis import strategies as st

from broker.model import CommittedOffset
from broker.storage.catalog.base import ProducerState
from broker.storage.catalog.postgres.log_rows import (
    offset_of,
    packed_window,
    producer_of,
    transaction_of,
    window_of,
)
from broker.storage.catalog.transactions import TransactionState, TransactionStatus

int32, int64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)


@given(window=st.lists(st.tuples(int32, int32, int64, int64), max_size=5).map(tuple))
def test_a_window_comes_back(window: tuple[tuple[int, int, int, int], ...]) -> None:
    """24 bytes a batch, as the database's own functions write them."""
    packed = packed_window(window)

    assert len(packed) == 24 * len(window)
    assert window_of(packed) == window


def test_a_producer_is_read_with_and_without_an_open_transaction() -> None:
    """No offset is -1."""
    assert producer_of([7, 2, 5, 99, -1], b"") == ProducerState(7, 2, 5, 99, (), None)
    assert producer_of([7, 2, 5, 99, 0], packed_window([(5, 5, 3, 4)])) == ProducerState(7, 2, 5, 99, ((5, 5, 3, 4),), 0)


def test_a_transaction_is_read_from_its_columns() -> None:
    """Texts are bytes; what was added to it comes from elsewhere."""
    state = transaction_of("t\0é".encode(), [11, 3, 1000, 1, 50, 60, 2, -1, 8], [b"g\0"], frozenset((1, 2)))

    assert state == TransactionState(
        transactional_id="t\0é",
        producer_id=11,
        epoch=3,
        timeout_ms=1000,
        status=TransactionStatus.ONGOING,
        started_ms=50,
        updated_ms=60,
        partitions=frozenset((1, 2)),
        groups=frozenset(("g\0",)),
        last_epoch=2,
        previous_producer_id=-1,
    )


def test_an_offset_is_read_from_its_columns() -> None:
    """With its key."""
    key, offset = offset_of(4, [9, 1, 2, -1], [b"g\0", b"topic", b"m\0", b"i" * 16])

    assert key == ("g\0", "topic", 4)
    assert offset == CommittedOffset(offset=9, leader_epoch=1, metadata="m\0", commit_ms=2, expire_ms=-1, topic_id=b"i" * 16)
