"""Rule: what a durable group that the catalog lost track of was about, told from its own bytes.

The catalog follows the segments without a flush of its own (docs/decisions/0008-one-flush-a-commit.md): after a loss of power
it may lack the last groups that were committed. They are committed again from here, by the same rules on the same states and in
the same order, and so come to the same offsets.

R1  Groups are recovered in the order they were written, from the end of what the catalog knows, up to the first that is not whole.
R2  A group is whole when its framing is valid and each of its batches has its length and checksum. Nothing of it is taken else.
R3  What is not a whole group and has one behind it was damaged after it had been acknowledged: that is never passed over.
"""

from collections.abc import Iterator, Sequence

from broker.storage import segment
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.span_times import untimed
from broker.storage.objects.base import Buffer
from broker.wire.errors import DecodeError
from broker.wire.records.batch import BatchHeader, compute_crc, iter_batches


class GroupDamaged(Exception):
    """A group that was acknowledged is not what was written (R3): where it lies."""

    def __init__(self, number: int, position: int) -> None:
        super().__init__(f"segment {number:016x} is damaged at byte {position} and goes on behind it")


def recoverable_groups(data: Buffer, header: segment.SegmentHeader, known_end: int, now_ms: int) -> Iterator[CommitGroup]:
    """The whole groups of a segment's bytes from ``known_end`` on (0 for all), as they were given to the catalog.

    Raises GroupDamaged. ``now_ms`` stamps the producers' states.
    """
    end, sequence = known_end or segment.HEADER_BYTES, -1
    for group in segment.read_groups(data, header, end):
        spans = _spans_of(data, group, now_ms)
        if spans is None:
            break
        end, sequence = group.end, group.sequence
        yield CommitGroup(header.number, group.position, group.length, spans, now_ms)
    if segment.has_group_behind(data, header, end, sequence + 1):
        raise GroupDamaged(header.number, end)


def entry_of(header: BatchHeader, came_ms: int | None = None) -> BatchEntry:
    """What the catalog is told of a batch that was checked, and came then at the latest."""
    newest = header.max_timestamp if header.max_timestamp >= 0 or came_ms is None else untimed(came_ms)
    if header.producer_id < 0:
        return BatchEntry(header.record_count, header.size, newest, log_append_time=bool(header.timestamp_type))
    return BatchEntry(
        header.record_count,
        header.size,
        newest,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.last_sequence,
        header.is_transactional,
        bool(header.timestamp_type),
    )


def _spans_of(data: Buffer, group: segment.Group, now_ms: int) -> Sequence[SpanEntry] | None:
    """The group's batches by partition, or None when it is not whole (R2)."""
    spans: list[SpanEntry] = []
    for toc in group.entries:
        start = group.position + toc.offset
        batches: list[BatchEntry] = []
        try:
            for at, header in iter_batches(data, start, start + toc.length):
                if compute_crc(data, at, header.size) != header.crc:
                    return None
                batches.append(entry_of(header, now_ms))
        except DecodeError:
            return None
        spans.append(SpanEntry(toc.pid, start, batches))
    return spans
