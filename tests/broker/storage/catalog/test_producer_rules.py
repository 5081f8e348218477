"""The append rules of idempotent producers, case by case and against a model that remembers every batch."""

from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from broker.storage.catalog.base import BatchEntry, ProducerState
from broker.storage.catalog.producer_rules import MAX_SEQUENCE, after_append, find_duplicate, next_sequence, refusal
from broker.wire.error_codes import ErrorCode


def sent(first: int, count: int = 1, epoch: int = 0, *, transactional: bool = False) -> BatchEntry:
    return BatchEntry(count, 10, 100, 7, epoch, first, (first + count - 1) % 2**31, transactional)


def state_after(*batches: BatchEntry) -> ProducerState | None:
    state = None
    for offset, batch in enumerate(batches):
        assert refusal(state, batch) is None
        state = after_append(state, batch, offset * 10, 1000 + offset)
    return state


def code(state: ProducerState | None, batch: BatchEntry) -> ErrorCode | None:
    refused = refusal(state, batch)
    return None if refused is None else refused[0]


@pytest.mark.parametrize("first", [0, 1, 500, MAX_SEQUENCE])
def test_without_state_every_sequence_is_accepted(first: int) -> None:
    """First contact, or a producer whose state expired (P5)."""
    assert code(None, sent(first)) is None


def test_the_next_sequence_follows_the_last() -> None:
    """One more than the last of the previous batch, whatever its length (P4)."""
    state = state_after(sent(0, 3))

    assert code(state, sent(3)) is None
    assert code(state, sent(4)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert code(state, sent(2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_zero_follows_the_largest_sequence() -> None:
    """Sequences wrap, between batches and within one (P4)."""
    assert next_sequence(MAX_SEQUENCE) == 0
    assert code(state_after(sent(MAX_SEQUENCE)), sent(0)) is None
    assert code(state_after(sent(MAX_SEQUENCE - 1, 4)), sent(2)) is None
    assert code(state_after(sent(MAX_SEQUENCE)), sent(1)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_each_of_the_last_five_batches_is_recognised() -> None:
    """With its original offset; by both sequences and the epoch (P1)."""
    state = state_after(*[sent(index * 2, 2) for index in range(6)])

    assert [entry and entry[2] for entry in (find_duplicate(state, sent(index * 2, 2)) for index in range(6))] == [
        None,
        10,
        20,
        30,
        40,
        50,
    ]
    assert find_duplicate(state, sent(10, 1)) is None
    assert find_duplicate(state, sent(10, 2, epoch=1)) is None


def test_a_batch_before_a_full_window_is_an_old_duplicate() -> None:
    """It is in the log, but nobody remembers where (P6)."""
    state = state_after(*[sent(index * 2, 2) for index in range(6)])

    assert code(state, sent(0, 2)) == ErrorCode.DUPLICATE_SEQUENCE_NUMBER
    assert code(state, sent(1, 2)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_batch_before_a_window_that_is_not_full_is_out_of_order() -> None:
    """Nothing says that it was ever appended (P6)."""
    assert code(state_after(sent(100)), sent(50)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_an_old_duplicate_is_recognised_across_the_wrap() -> None:
    """Sequences before the wrap are older than those after it (P6)."""
    start = MAX_SEQUENCE - 2
    state = state_after(*[sent((start + index) % 2**31) for index in range(9)])

    assert code(state, sent(start)) == ErrorCode.DUPLICATE_SEQUENCE_NUMBER
    assert code(state, sent(100)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


def test_a_lower_epoch_is_fenced() -> None:
    """Even with the right sequence (P2)."""
    assert code(state_after(sent(0, epoch=3)), sent(1, epoch=2)) == ErrorCode.INVALID_PRODUCER_EPOCH


def test_a_higher_epoch_begins_at_zero() -> None:
    """And forgets the batches of the one before (P3)."""
    state = state_after(sent(0, 5, epoch=3))
    assert code(state, sent(5, epoch=4)) == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert code(state, sent(0, 5, epoch=4)) is None

    bumped = after_append(state, sent(0, 5, epoch=4), 50, 2000)
    assert len(bumped.window) == 1
    assert find_duplicate(bumped, sent(0, 5, epoch=3)) is None


@pytest.mark.parametrize(
    "batch", [BatchEntry(1, 9, 0, 7, -1, 0, 0), BatchEntry(1, 9, 0, 7, 0, -1, 0), BatchEntry(1, 9, 0, 7, 0, 0, -1)]
)
def test_a_producer_without_epoch_or_sequence_is_invalid(batch: BatchEntry) -> None:
    """With or without state, and never an exception."""
    assert code(None, batch) == ErrorCode.INVALID_RECORD
    assert code(state_after(sent(0)), batch) == ErrorCode.INVALID_RECORD


def test_a_plain_batch_inside_a_transaction_is_refused() -> None:
    """The producer has to end its transaction first (P7)."""
    state = ProducerState(7, 0, 4, 0, ((0, 4, 0, 0),), open_first_offset=0)

    assert code(state, sent(5)) == ErrorCode.INVALID_TXN_STATE
    assert code(state, sent(5, transactional=True)) is None
    assert after_append(state, sent(5, transactional=True), 10, 0).open_first_offset == 0


def test_state_is_stamped_with_the_broker_s_time() -> None:
    """Expiry must not depend on timestamps that clients choose; the window keeps those."""
    state = after_append(None, sent(0), 0, 5000)

    assert (state.last_timestamp, state.window[0][3]) == (5000, 100)


@dataclass
class EveryBatch:
    """The independent model: every batch of the current epoch by its sequences on a line without wrap."""

    epoch: int = -1
    start: int = 0
    appended: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.appended[-1][1] if self.appended else self.start


class ProducerOnOnePartition(RuleBasedStateMachine):
    """Sends batches as good, late, repeated and broken producers do; the model says what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.state: ProducerState | None = None
        self.model = EveryBatch()
        self.offset = 0

    def send(self, begin: int, count: int, epoch: int) -> tuple[str, int | None]:
        """What the rules say to a batch that covers [begin, begin + count) on the line without wrap."""
        entry = BatchEntry(count, 10, 100, 7, epoch, begin % 2**31, (begin + count - 1) % 2**31)
        duplicate = find_duplicate(self.state, entry)
        if duplicate is not None:
            return "duplicate", duplicate[2]
        refused = refusal(self.state, entry)
        if refused is not None:
            return refused[0].name, None
        self.state = after_append(self.state, entry, self.offset, 0)
        base, self.offset = self.offset, self.offset + count
        return "appended", base

    def accepted(self, begin: int, count: int) -> None:
        self.model.appended.append((begin, begin + count, self.offset - count))

    @rule(begin=st.sampled_from([0, 1, 77, 2**31 - 3, 2**31 - 1]), count=st.integers(1, 6))
    def first_contact(self, begin: int, count: int) -> None:
        if self.state is None:
            assert self.send(begin, count, 0)[0] == "appended"
            self.model = EveryBatch(0, begin)
            self.accepted(begin, count)

    @rule(count=st.integers(1, 6))
    def next_batch(self, count: int) -> None:
        if self.state is not None:
            begin = self.model.end
            assert self.send(begin, count, self.model.epoch)[0] == "appended"
            self.accepted(begin, count)

    @rule(back=st.integers(0, 12))
    def repeat(self, back: int) -> None:
        if self.state is not None and back < len(self.model.appended):
            begin, end, base = self.model.appended[-1 - back]
            expected = ("duplicate", base) if back < 5 else ("DUPLICATE_SEQUENCE_NUMBER", None)
            assert self.send(begin, end - begin, self.model.epoch) == expected

    @rule(ahead=st.integers(1, 10**6), count=st.integers(1, 6))
    def leave_a_gap(self, ahead: int, count: int) -> None:
        if self.state is not None:
            assert self.send(self.model.end + ahead, count, self.model.epoch) == ("OUT_OF_ORDER_SEQUENCE_NUMBER", None)

    @rule(older=st.integers(1, 3), count=st.integers(1, 6))
    def fenced(self, older: int, count: int) -> None:
        if self.state is not None and self.model.epoch >= older:
            assert self.send(self.model.end, count, self.model.epoch - older) == ("INVALID_PRODUCER_EPOCH", None)

    @rule(count=st.integers(1, 6), wrong=st.integers(0, 3))
    def bump_epoch(self, count: int, wrong: int) -> None:
        if self.state is not None:
            epoch = self.model.epoch + 1
            if wrong:
                assert self.send(wrong, count, epoch) == ("OUT_OF_ORDER_SEQUENCE_NUMBER", None)
            else:
                assert self.send(0, count, epoch)[0] == "appended"
                self.model = EveryBatch(epoch, 0)
                self.accepted(0, count)

    @rule()
    def expire(self) -> None:
        self.state = None
        self.model = EveryBatch()

    @invariant()
    def the_window_is_the_newest_of_the_log(self) -> None:
        if self.state is not None:
            newest = [base for _, _, base in reversed(self.model.appended)][:5]
            assert [entry[2] for entry in self.state.window] == newest


TestProducerOnOnePartition = ProducerOnOnePartition.TestCase
