"""Batches that were read: their offsets, and the bytes that go out."""

from broker.coordinators.shares.share_partition import FetchedBatch
from broker.handlers.shares.fetched_batches import place, slices
from broker.storage.catalog.transactions import AbortedTransaction
from broker.wire.records.batch import stamp
from broker.wire.records.control import ABORT, encode_marker
from tests.broker.log.harness import batch


def stamped(base: int, count: int, **fields: int) -> bytearray:
    data = batch(count, **fields)
    stamp(data, 0, base, 0)
    return data


def test_batches_are_found_in_buffers_of_any_cut() -> None:
    """Several in one, or one each."""
    one, two, three = stamped(5, 2), stamped(7, 1), stamped(10, 3)
    joined = bytes(one) + bytes(two)
    fetched = place([joined, three], (), 0, 100)
    assert fetched.batches == [FetchedBatch(5, 6), FetchedBatch(7, 7), FetchedBatch(10, 12)]
    assert fetched.places == [(0, 0, len(one)), (0, len(one), len(two)), (1, 0, len(three))]
    assert (fetched.size, fetched.offsets) == (len(joined) + len(three), 8)


def test_no_more_is_looked_at_than_is_needed() -> None:
    """Offsets that were in flight before do not count: nobody knows how many of them are free."""
    buffers = [bytes(stamped(base, 2)) for base in range(0, 20, 2)]
    assert [batch.first for batch in place(buffers, (), 0, 3).batches] == [0, 2]
    assert [batch.first for batch in place(buffers, (), 3, 3).batches] == [0, 2, 4]
    assert len(place(buffers, (), 100, 1).batches) == 10


def test_only_batches_of_the_range_go_out() -> None:
    """Not copied."""
    one, two, three = stamped(5, 2), stamped(7, 1), stamped(10, 3)
    buffers = [bytes(one) + bytes(two), bytes(three)]
    placed = place(buffers, (), 0, 100)
    chosen, size = slices(buffers, placed, 7, 10)
    assert [bytes(each) for each in chosen] == [bytes(two), bytes(three)]
    assert size == len(two) + len(three)
    assert chosen[1] is buffers[1]
    assert isinstance(chosen[0], memoryview)
    assert chosen[0].obj is buffers[0]
    assert slices(buffers, placed, 5, 12)[0][0] is buffers[0]


def test_batches_of_aborted_transactions_are_marked() -> None:
    """Of that producer, within that transaction, and never its marker."""
    fields = {"producer_id": 7, "producer_epoch": 0, "base_sequence": 0, "transactional": True}
    before, inside, other = stamped(0, 1, **fields), stamped(1, 2, **fields), stamped(3, 1, **{**fields, "producer_id": 8})
    marker = encode_marker(ABORT, base_offset=4, producer_id=7, producer_epoch=0, timestamp=0, leader_epoch=0)
    fetched = place([before, inside, other, marker], [AbortedTransaction(7, 1, 4)], 0, 100)
    assert [batch.is_aborted for batch in fetched.batches] == [False, True, False, False]
