"""What a reader may see of a log: from its start up to the high watermark, or to the last stable offset. Pure.

Also what the leader epochs that readers send along (KIP-320, KIP-595) say about their view of the log.
"""

from typing import Final, NamedTuple

from broker.model import LogBounds
from broker.wire.error_codes import ErrorCode

READ_UNCOMMITTED: Final = 0
READ_COMMITTED: Final = 1

UNDEFINED_EPOCH: Final = -1
UNDEFINED_OFFSET: Final = -1


class EpochEnd(NamedTuple):
    """The largest epoch not above the one asked for, and the offset after its last record; -1 each when unknown."""

    epoch: int
    end_offset: int


def upper_bound(bounds: LogBounds, isolation: int) -> int:
    """The first offset that a reader of this isolation level must not see."""
    return bounds.last_stable_offset if isolation == READ_COMMITTED else bounds.high_watermark


def check_leader_epoch(current_leader_epoch: int, bounds: LogBounds) -> ErrorCode:
    """Compare the epoch a client believes in with the partition's; -1 says that it does not care."""
    if current_leader_epoch < 0 or current_leader_epoch == bounds.leader_epoch:
        return ErrorCode.NONE
    if current_leader_epoch < bounds.leader_epoch:
        return ErrorCode.FENCED_LEADER_EPOCH
    return ErrorCode.UNKNOWN_LEADER_EPOCH


def end_of_epoch(bounds: LogBounds, epoch: int) -> EpochEnd:
    """Where ``epoch`` ends: where the next one began. There are no replicas that could have diverged, so a log normally has one epoch; another begins
    when the catalog itself may have lost the log's end."""
    if not 0 <= epoch <= bounds.leader_epoch:
        return EpochEnd(UNDEFINED_EPOCH, UNDEFINED_OFFSET)
    for later, start in bounds.epoch_starts:
        if later > epoch:
            return EpochEnd(epoch, start)
    return EpochEnd(epoch, bounds.high_watermark)


def check_fetch(
    bounds: LogBounds, offset: int, current_leader_epoch: int = -1, last_fetched_epoch: int = -1
) -> tuple[ErrorCode, EpochEnd | None]:
    """Whether a fetch at ``offset`` may go on: its error, and where the reader's log diverged from this one, if it did."""
    if current_leader_epoch >= 0 and current_leader_epoch != bounds.leader_epoch:
        return check_leader_epoch(current_leader_epoch, bounds), None
    if last_fetched_epoch >= 0:
        end = end_of_epoch(bounds, last_fetched_epoch)
        if end.epoch == UNDEFINED_EPOCH or offset < bounds.log_start:
            return ErrorCode.OFFSET_OUT_OF_RANGE, None
        if end.epoch < last_fetched_epoch or end.end_offset < offset:
            return ErrorCode.NONE, end
    if offset < bounds.log_start or offset > bounds.high_watermark:
        return ErrorCode.OFFSET_OUT_OF_RANGE, None
    return ErrorCode.NONE, None
