"""What is told from a segment's own bytes."""

import pytest

from broker.storage import segment
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.objects.base import TocEntry
from broker.storage.recovery import GroupDamaged, entry_of, recoverable_groups
from broker.wire.records.batch import LOG_APPEND_TIME, parse_header, stamp_log_append_time
from broker.wire.records.record import Record, encode_batch

HEADER = segment.SegmentHeader(9, b"d" * 16, b"k" * 8, 5)
NOW = 1234


def batch(count: int, *, timestamp: int = 100, **fields: int) -> bytearray:
    return encode_batch([Record(index, timestamp + index, b"k", b"v" * 20) for index in range(count)], **fields)


def segment_of(*groups: list[tuple[int, list[bytearray]]]) -> tuple[bytearray, list[int]]:
    """A segment's bytes, each group a list of (pid, its batches), and where each group begins."""
    data = bytearray(segment.pack_header(HEADER))
    starts: list[int] = []
    for sequence, group in enumerate(groups):
        starts.append(len(data))
        toc: list[TocEntry] = []
        at = 0
        for pid, batches in group:
            length = sum(map(len, batches))
            toc.append(TocEntry(pid, at, length))
            at += length
        data += segment.pack_group(HEADER.key, sequence, at, toc)
        for _, batches in group:
            data += b"".join(batches)
    return data, starts


def recovered(data: bytes | bytearray, known_end: int = 0) -> list[CommitGroup]:
    return list(recoverable_groups(data, HEADER, known_end, NOW))


def test_groups_come_back_as_the_catalog_was_given_them() -> None:
    """Positions, partitions, and of each batch all that decides."""
    plain, mine = batch(3), batch(2, timestamp=50, producer_id=7, producer_epoch=1, base_sequence=2**31 - 1)
    data, starts = segment_of([(4, [plain, mine]), (2, [plain])], [(4, [mine])])
    first, second = recovered(data + bytes(100))

    position = starts[0] + segment.GROUP_HEADER_BYTES + 2 * segment.ENTRY_BYTES
    assert first == CommitGroup(
        9,
        position,
        2 * len(plain) + len(mine),
        [
            SpanEntry(
                4,
                position,
                [BatchEntry(3, len(plain), 102), BatchEntry(2, len(mine), 51, 7, 1, 2**31 - 1, 0)],
            ),
            SpanEntry(2, position + len(plain) + len(mine), [BatchEntry(3, len(plain), 102)]),
        ],
        NOW,
    )
    assert second.position == starts[1] + segment.GROUP_HEADER_BYTES + segment.ENTRY_BYTES


def test_only_what_lies_behind_the_known_end() -> None:
    """From any group's end on."""
    data, starts = segment_of(*[[(1, [batch(index + 1)])] for index in range(4)])

    for known in range(1, 4):
        counts = [group.spans[0].batches[0].record_count for group in recovered(data, starts[known])]
        assert counts == [1, 2, 3, 4][known:]
    assert recovered(data, len(data)) == []
    assert recovered(data, len(data) + 50) == []


def test_the_broker_s_timestamp_is_told_from_the_client_s() -> None:
    """A batch stamped on writing comes back as one."""
    stamped = batch(1)
    stamp_log_append_time(stamped, 0, 999)
    entry = entry_of(parse_header(stamped))

    assert (entry.log_append_time, entry.max_timestamp) == (bool(LOG_APPEND_TIME), 999)
    assert not entry_of(parse_header(batch(1))).log_append_time


def test_a_group_that_is_not_whole_is_the_end() -> None:
    """Whichever byte of its batches was not written, none of it is taken."""
    data, starts = segment_of([(1, [batch(1)])], [(1, [batch(2)]), (2, [batch(3)])])
    whole = len(recovered(data))
    found = set()
    for at in range(starts[1], len(data)):
        torn = bytearray(data)
        torn[at:] = bytes(len(data) - at)
        if torn == data:
            break  # its last bytes are zeros
        found.add(len(recovered(torn)))

    assert (whole, found) == (2, {1})


def test_damage_in_front_of_a_whole_group_is_never_passed_over() -> None:
    """It was acknowledged, for a later one was written; whether its head, its table or its records are hit."""
    data, starts = segment_of(*[[(1, [batch(5)])] for _ in range(3)])
    head = segment.GROUP_HEADER_BYTES + segment.ENTRY_BYTES
    for at in (0, 9, segment.GROUP_HEADER_BYTES + 1, head + 30, head + 80):
        hit = bytearray(data)
        hit[starts[1] + at] ^= 1
        with pytest.raises(GroupDamaged, match=f"0000000000000009 is damaged at byte {starts[1]}"):
            recovered(hit)
        assert len(recovered(hit, starts[2])) == 1
        assert len(recovered(hit[: starts[2]])) == 1, "nothing behind it: it was never whole"


def test_records_that_imitate_a_group_are_no_damage() -> None:
    """Whatever a client wrote into a group that was then torn; and looking for it ends."""
    data, starts = segment_of([(1, [batch(1)])], [(1, [batch(1)])])
    imitation = segment.pack_group(b"not known", 7, 0, [])
    greedy = bytearray(imitation)
    greedy[28:32] = (2**20).to_bytes(4, "little")
    torn = data[: starts[1]] + bytes(50) + imitation + bytes(greedy) * 1000

    assert len(recovered(torn)) == 1
