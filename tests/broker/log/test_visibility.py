"""What readers see, and what leader epochs say."""

from dataclasses import replace

import pytest

from broker.log.visibility import (
    READ_COMMITTED,
    READ_UNCOMMITTED,
    check_fetch,
    check_leader_epoch,
    end_of_epoch,
    upper_bound,
)
from broker.model import LogBounds
from broker.wire.error_codes import ErrorCode

BOUNDS = LogBounds(log_start=10, high_watermark=100, last_stable_offset=80, leader_epoch=3, bytes=0)


def test_isolation_sets_the_upper_bound() -> None:
    """read_committed ends at the last stable offset, read_uncommitted at the high watermark."""
    assert upper_bound(BOUNDS, READ_COMMITTED) == 80
    assert upper_bound(BOUNDS, READ_UNCOMMITTED) == 100


@pytest.mark.parametrize(
    ("epoch", "code"),
    [
        (-1, ErrorCode.NONE),
        (3, ErrorCode.NONE),
        (2, ErrorCode.FENCED_LEADER_EPOCH),
        (0, ErrorCode.FENCED_LEADER_EPOCH),
        (4, ErrorCode.UNKNOWN_LEADER_EPOCH),
    ],
)
def test_the_clients_leader_epoch_is_checked(epoch: int, code: ErrorCode) -> None:
    """Older is fenced, newer is unknown, -1 does not care (KIP-320)."""
    assert check_leader_epoch(epoch, BOUNDS) is code
    assert check_fetch(BOUNDS, 50, epoch)[0] is code


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (9, ErrorCode.OFFSET_OUT_OF_RANGE),
        (10, ErrorCode.NONE),
        (100, ErrorCode.NONE),
        (101, ErrorCode.OFFSET_OUT_OF_RANGE),
        (-1, ErrorCode.OFFSET_OUT_OF_RANGE),
    ],
)
def test_offsets_outside_the_log_are_out_of_range(offset: int, code: ErrorCode) -> None:
    """The end itself is in range: there a reader waits."""
    assert check_fetch(BOUNDS, offset) == (code, None)


def test_an_epoch_ends_where_the_next_one_began() -> None:
    """After the catalog was taken over by a server that may have lacked the log's end."""
    bounds = replace(BOUNDS, epoch_starts=((2, 40), (3, 60)))

    assert [end_of_epoch(bounds, epoch) for epoch in (0, 1, 2, 3, 4)] == [(0, 40), (1, 40), (2, 60), (3, 100), (-1, -1)]
    assert check_fetch(bounds, 50, last_fetched_epoch=1) == (ErrorCode.NONE, (1, 40))
    assert check_fetch(bounds, 40, last_fetched_epoch=1) == (ErrorCode.NONE, None)


def test_an_epoch_ends_at_the_end_of_the_log() -> None:
    """Where nothing says otherwise; what is newer or undefined is unknown."""
    assert end_of_epoch(BOUNDS, 3) == (3, 100)
    assert end_of_epoch(BOUNDS, 0) == (0, 100)
    assert end_of_epoch(BOUNDS, 4) == (-1, -1)
    assert end_of_epoch(BOUNDS, -1) == (-1, -1)


def test_a_log_that_is_ahead_of_ours_has_diverged() -> None:
    """A reader that fetched past the end of its last epoch is told where that ended (KIP-595)."""
    assert check_fetch(BOUNDS, 150, last_fetched_epoch=3) == (ErrorCode.NONE, (3, 100))
    assert check_fetch(BOUNDS, 50, last_fetched_epoch=3) == (ErrorCode.NONE, None)
    assert check_fetch(BOUNDS, 50, last_fetched_epoch=4) == (ErrorCode.OFFSET_OUT_OF_RANGE, None)
    assert check_fetch(BOUNDS, 5, last_fetched_epoch=3) == (ErrorCode.OFFSET_OUT_OF_RANGE, None)
