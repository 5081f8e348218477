"""Shares and ranges of a fetch, against brute force."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from broker.log.fetch_plan import (
    FIRST_READ_BYTES,
    MERGE_GAP_BYTES,
    MERGED_BYTES_MAX,
    WHOLE_BELOW,
    PartitionAnswer,
    Shares,
    answer_of,
    below,
    coalesced,
    merge,
    ranges_of,
)
from broker.model import LogBounds
from broker.storage.catalog.base import Span
from broker.storage.catalog.transactions import AbortedTransaction
from broker.wire.error_codes import ErrorCode


def test_the_first_that_has_anything_gives_at_least_one_batch() -> None:
    """Until something was taken, the limit does not count for one batch."""
    shares = Shares(100)
    assert shares.at_least_one
    assert shares.limit(30) == 30
    shares.take(250)
    assert not shares.at_least_one
    assert shares.limit(30) == 0
    assert shares.is_spent


def test_a_request_for_no_bytes_is_not_spent_before_its_batch() -> None:
    """max_bytes 0 still gets one batch, from whoever has one."""
    shares = Shares(0)
    assert not shares.is_spent
    assert shares.limit(1000) == 0
    assert shares.limit(-1) == 0


def test_an_answer_starts_from_the_bounds() -> None:
    """Offsets of the log, no error, no records."""
    answer = answer_of(LogBounds(1, 9, 8, 0, 0))
    assert answer == PartitionAnswer(0, 9, 8, 1)


def spans_of(lengths: list[int]) -> list[Span]:
    spans, position = [], 0
    for index, length in enumerate(lengths):
        spans.append(Span(index * 10, index * 10 + 9, index // 3, position, length, 0, 0, 1))
        position += length + 13
    return spans


@given(
    lengths=st.lists(st.integers(1, 4 * WHOLE_BELOW), min_size=1, max_size=8),
    at=st.integers(0, 100),
    limit=st.integers(0, 1_000_000),
    at_least_one=st.booleans(),
)
def test_ranges_cover_the_limit_and_no_more_than_needed(
    lengths: list[int], at: int, limit: int, at_least_one: bool
) -> None:
    """Contiguous from the start, within spans; as much as the limit asks, small spans whole."""
    spans = spans_of(lengths)
    at = min(at, lengths[0] - 1)
    ranges = ranges_of(spans, 3, at, limit, at_least_one)
    asked = max(limit, FIRST_READ_BYTES) if at_least_one else limit
    available = sum(lengths) - at
    total = sum(each.length for each in ranges)
    assert total >= min(asked, available)
    assert total <= max(asked + WHOLE_BELOW, 0)
    for index, each in enumerate(ranges):
        assert each.span is spans[index]
        assert each.position == each.span.position + (at if index == 0 else 0)
        assert each.base == (3 if index == 0 else each.span.base)
        assert each.is_whole == (each.position + each.length == each.span.position + each.span.length)
        if index < len(ranges) - 1:
            assert each.is_whole


@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 50_000)), max_size=20))
def test_merged_ranges_hold_every_range(ranges: list[tuple[int, int]]) -> None:
    """Every range lies in exactly one read; reads are apart by more than the gap, or as large as they may be."""
    merged = merge(ranges)
    assert sorted(index for each in merged for index in each.members) == list(range(len(ranges)))
    for each in merged:
        for index in each.members:
            position, length = ranges[index]
            assert each.position <= position
            assert position + length <= each.position + each.length
        assert each.position == min(ranges[index][0] for index in each.members)
        assert each.position + each.length == max(sum(ranges[index]) for index in each.members)
    for before, after in itertools.pairwise(merged):
        assert after.position - (before.position + before.length) > MERGE_GAP_BYTES


def test_reads_do_not_grow_without_bound() -> None:
    """Adjacent ranges are merged up to a size only."""
    size = MERGED_BYTES_MAX // 4
    merged = merge([(index * size, size) for index in range(9)])
    assert [each.length for each in merged] == [4 * size, 4 * size, size]


def test_many_small_buffers_become_one() -> None:
    """The bytes are the same; few or large buffers are left as they are."""
    small: list[bytes | bytearray | memoryview] = [bytes([index]) for index in range(100)]
    assert coalesced(small, 100) == [bytes(range(100))]
    few = small[:16]
    assert coalesced(few, 16) is few
    large: list[bytes | bytearray | memoryview] = [b"x" * 4096] * 100
    assert coalesced(large, 409_600) is large


def test_spans_above_the_upper_bound_are_left_out() -> None:
    """One that begins below it stays, also when it reaches beyond."""
    spans = [Span(base, base + 9, 1, base * 10, 100, 0, 0, 1) for base in (0, 10, 20)]
    assert below(spans, 30) is spans
    assert below(spans, 21) is spans
    assert below(spans, 20) == spans[:2]
    assert below(spans, 5) == spans[:1]
    assert below([], 5) == []


def test_a_failed_answer_says_nothing_but_its_error() -> None:
    """Whatever was in it before."""
    answer = answer_of(LogBounds(1, 9, 8, 0, 0))
    answer.give([b"abc"], 3, 5)
    answer.aborted = [AbortedTransaction(1, 2, 3)]
    answer.fail(ErrorCode.OFFSET_OUT_OF_RANGE)
    assert answer == PartitionAnswer(int(ErrorCode.OFFSET_OUT_OF_RANGE))
