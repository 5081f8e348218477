"""What a commit group comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.model import LogBounds
from broker.storage.catalog.base import BatchEntry, CommitGroup, ProducerState, SpanEntry
from broker.storage.catalog.commit_rules import SPAN_BATCHES, SPAN_BYTES, Decision, PartitionState, decide
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.span_flags import FLAG_LOG_APPEND_TIME
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group


def partitions(**bounds: LogBounds) -> LogChanges:
    state = LogState(None)
    for name, value in bounds.items():
        state.partitions[int(name[1:])] = PartitionState(value)
    return LogChanges(state)


EMPTY = LogBounds(0, 0, 0, 0, 0)


def test_neighbouring_batches_become_one_span() -> None:
    """With the largest timestamp and the number of batches."""
    decision = decide(group({1: [batch(3, 10, at=5), batch(2, 20, at=9), batch(1, 30, at=7)]}), partitions(p1=EMPTY))
    ((pid, span),) = decision.spans

    assert (pid, span.base, span.last, span.position, span.length) == (1, 0, 5, 0, 60)
    assert (span.max_timestamp, span.running_timestamp, span.batch_count) == (9, 9, 3)


def test_the_running_timestamp_never_falls() -> None:
    """A later span with older records keeps the largest so far."""
    view = LogChanges(LogState(None))
    view.partitions[1] = PartitionState(EMPTY, running_timestamp=50)
    decision = decide(group({1: [batch(at=5)]}), view)

    assert decision.spans[0][1].running_timestamp == 50
    assert decision.partitions[1].running_timestamp == 50


def test_large_runs_are_cut() -> None:
    """A small fetch does not have to read a whole flush."""
    half = SPAN_BYTES // 2
    decision = decide(
        group({1: [batch(1, half), batch(1, half), batch(1, half), batch(1, 3 * SPAN_BYTES)]}), partitions(p1=EMPTY)
    )
    assert [(span.base, span.length) for _, span in decision.spans] == [(0, 2 * half), (2, half), (3, 3 * SPAN_BYTES)]

    decision = decide(group({1: [batch(1, 1)] * (SPAN_BATCHES + 1)}), partitions(p1=EMPTY))
    assert [span.batch_count for _, span in decision.spans] == [SPAN_BATCHES, 1]


def test_nothing_changes_when_all_is_refused() -> None:
    """A group of refused batches has answers and no changes."""
    decision = decide(group({1: [batch(producer=1, first=-3)], 2: [batch()]}), partitions(p1=EMPTY))

    assert (decision.spans, decision.partitions, decision.producers) == ([], {}, {})
    assert [len(answers) for answers in decision.answers] == [1, 1]


def test_the_stable_offset_waits_for_open_transactions() -> None:
    """It follows the high watermark only while none is open (I5)."""
    view = LogChanges(LogState(None))
    view.partitions[1] = PartitionState(LogBounds(0, 10, 4, 0, 0), open_transactions=((4, 9),))
    decision = decide(group({1: [batch(3)]}), view)

    assert decision.partitions[1].bounds == LogBounds(0, 13, 4, 0, 100)


def test_a_partition_named_twice_in_a_group_goes_on() -> None:
    """The second entry sees what the first one did."""
    twice = CommitGroup(1, 0, 20, [SpanEntry(1, 0, [batch(2, 10)]), SpanEntry(1, 10, [batch(2, 10)])], NOW)
    decision = decide(twice, partitions(p1=EMPTY))

    assert [answers[0].base_offset for answers in decision.answers] == [0, 2]
    assert decision.partitions[1].bounds == LogBounds(0, 4, 4, 0, 20)


def test_log_append_time_is_marked_on_the_span() -> None:
    """Readers need not look at the batches to know."""
    decision = decide(group({1: [BatchEntry(1, 10, 5, log_append_time=True)]}), partitions(p1=EMPTY))

    assert decision.spans[0][1].flags == FLAG_LOG_APPEND_TIME


def in_transaction(epoch: int = 0, *pids: int) -> LogChanges:
    """Producer 7 with a transaction open on ``pids``; partitions 1 and 2."""
    view = partitions(p1=LogBounds(0, 5, 5, 0, 0), p2=EMPTY)
    view.set_transaction(
        TransactionState(
            transactional_id="t",
            producer_id=7,
            epoch=epoch,
            timeout_ms=1,
            status=TransactionStatus.ONGOING,
            updated_ms=0,
            partitions=frozenset(pids),
        )
    )
    return view


def test_the_first_transactional_batch_holds_back_what_is_stable() -> None:
    """Plain ones before it are stable, those behind it are not (I5)."""
    first = batch(2, producer=7, first=0, transactional=True)
    second = batch(1, producer=7, first=2, transactional=True)
    decision = decide(group({1: [batch(3), first, batch(4), second]}), in_transaction(0, 1))

    state = decision.partitions[1]
    assert (state.bounds.high_watermark, state.bounds.last_stable_offset) == (15, 8)
    assert (state.open_transactions, state.first_open_offset) == (((8, 7),), 8)
    assert decision.producers[1, 7].open_first_offset == 8


@pytest.mark.parametrize(
    ("pid", "epoch", "code"),
    [
        (1, 4, ErrorCode.NONE),
        (2, 4, ErrorCode.INVALID_TXN_STATE),
        (1, 3, ErrorCode.INVALID_PRODUCER_EPOCH),
        (1, 5, ErrorCode.INVALID_TXN_STATE),
    ],
)
def test_a_transactional_batch_is_taken_into_its_transaction_only(pid: int, epoch: int, code: ErrorCode) -> None:
    """With its epoch, on its partitions."""
    sent = batch(producer=7, epoch=epoch, first=0, transactional=True)
    decision = decide(group({pid: [sent]}), in_transaction(4, 1))

    assert decision.answers[0][0].error_code == code
    assert bool(decision.spans) == (code is ErrorCode.NONE)


entries = st.builds(
    lambda records, length, producer, first: batch(
        records, length, producer=producer, first=first if producer >= 0 else -1
    ),
    st.integers(1, 5),
    st.integers(1, SPAN_BYTES),
    st.integers(-1, 1),
    st.integers(0, 6),
)


@given(st.lists(st.dictionaries(st.integers(1, 3), st.lists(entries, min_size=1, max_size=8), min_size=1), max_size=6))
def test_spans_tile_the_log_and_cover_exactly_what_was_appended(groups: list[dict[int, list[BatchEntry]]]) -> None:
    """Whatever is refused or repeated: offsets without gap (I3), bytes of appended batches only, states that agree (I6)."""
    view = LogChanges(LogState(None))
    for pid in (1, 2):
        view.partitions[pid] = PartitionState(EMPTY)
    position = 0
    appended: dict[int, list[tuple[int, int, int]]] = {1: [], 2: []}
    for spans in groups:
        commit = group(spans, position=position)
        decision: Decision = decide(commit, view)
        view.absorb(decision)
        for entry, answers in zip(commit.spans, decision.answers, strict=True):
            at = entry.position
            for sent, answer in zip(entry.batches, answers, strict=True):
                if answer.error_code == 0 and not answer.duplicate:
                    appended[entry.pid].append((answer.base_offset, at, sent.length))
                at += sent.length
        position += commit.length

    for pid, batches in appended.items():
        own = [span for of, span in view.spans if of == pid]
        state = view.partition(pid)
        assert state is not None
        assert [span.base for span in own] == [0, *[span.last + 1 for span in own]][: len(own)]
        assert state.bounds.high_watermark == (own[-1].last + 1 if own else 0)
        assert state.bounds.bytes == sum(length for _, _, length in batches)
        covered = [(at, at + length) for _, at, length in batches]
        for span in own:
            inside = [(low, high) for low, high in covered if span.position <= low < span.position + span.length]
            assert sum(high - low for low, high in inside) == span.length
            assert len(inside) == span.batch_count
    for (pid, _), producer in view.producers.items():
        assert isinstance(producer, ProducerState)
        assert all(base in [offset for offset, _, _ in appended[pid]] for _, _, base, _ in producer.window)
