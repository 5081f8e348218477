"""What one merge reads and writes."""

import pytest

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log.jobs import merge_round
from broker.log.jobs.merge_round import RunToWrite, merge
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_COMPACTED,
    FLAG_FINAL_OFFSETS,
    FLAG_LOG_APPEND_TIME,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS
from broker.storage.objects.footer import PartitionName
from broker.storage.objects.memory import MemoryNewObject, MemoryRawObjects
from broker.wire.records.batch import iter_batches, stamp
from broker.wire.records.control import ABORT, decode_marker
from tests.broker.log.harness import NOW_MS, batch

NEW = WHOLE_OBJECTS + 1
PLACE = PartitionName(b"i" * 16, "t", 3)


class Objects(MemoryRawObjects):
    """Counts what is read."""

    def __init__(self) -> None:
        self.data: dict[int, bytearray] = {}
        self.reads: list[tuple[int, int, int]] = []
        super().__init__(self.data)

    def put(self, object_id: int, *batches: bytearray) -> list[tuple[int, int]]:
        """Where each lies."""
        places = []
        data = self.data.setdefault(object_id, bytearray())
        for each in batches:
            places.append((len(data), len(each)))
            data += each
        return places

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        self.reads.append((object_id, position, length))
        return super().read(object_id, position, length)


def span(base: int, count: int, object_id: int, place: tuple[int, int], flags: int = 0, at: int = NOW_MS) -> Span:
    return Span(base, base + count - 1, object_id, *place, at, at, 1, flags)


def test_batches_get_their_offsets_and_stay_as_they_are_else() -> None:
    """Log by log; a marker becomes a batch; checksums need not be made anew."""
    objects = Objects()
    first, second = objects.put(1, batch(3, timestamp=NOW_MS - 5), batch(2))
    (third,) = objects.put(2, batch(4))
    marker = Span(
        13, 13, -5, 77, MARKER_BYTES, NOW_MS, NOW_MS, 1, FLAG_ABORT_MARKER | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS
    )
    runs = [
        RunToWrite(1, 6, [span(10, 3, 1, first, FLAG_LOG_APPEND_TIME, NOW_MS - 5), marker, span(14, 4, 2, third)], PLACE),
        RunToWrite(2, 6, [span(0, 2, 1, second)]),
    ]
    merged = merge(objects, NEW, runs, {})
    (one,), (two,) = merged.runs  # type: ignore[misc]
    assert (one.base, one.last, one.batch_count, one.max_timestamp) == (10, 17, 3, NOW_MS)
    assert one.flags == FLAG_FINAL_OFFSETS | FLAG_LOG_APPEND_TIME
    assert (two.base, two.last, two.flags) == (0, 1, FLAG_FINAL_OFFSETS)
    assert two.position == one.position + one.length
    assert merged.object_end == len(objects.data[NEW]) == two.position + two.length
    data = objects.data[NEW]
    headers = [header for _, header in iter_batches(data, one.position, one.position + one.length)]
    assert [header.base_offset for header in headers] == [10, 13, 14]
    assert {header.partition_leader_epoch for header in headers} == {6}
    at = one.position + first[1]
    assert decode_marker(bytes(data[at : at + MARKER_BYTES])).kind == ABORT
    unstamped = bytearray(data[two.position :])
    stamp(unstamped, 0, 0, -1)
    original = bytearray(objects.data[1][second[0] :])
    stamp(original, 0, 0, -1)
    assert unstamped == original
    assert sorted(objects.reads) == [(1, 0, sum(first[1:]) + second[1]), (2, 0, third[1])], "each object once"


def test_what_is_final_stays_final() -> None:
    """Compacted batches keep their gaps and their epoch."""
    objects = Objects()
    compacted = batch(2)
    stamp(compacted, 0, 105, 3)
    (place,) = objects.put(NEW + 1, compacted)
    run = RunToWrite(1, 9, [Span(100, 106, NEW + 1, *place, NOW_MS, NOW_MS, 1, FLAG_FINAL_OFFSETS | FLAG_COMPACTED)])
    ((merged,),) = merge(objects, NEW, [run], {}).runs  # type: ignore[misc]
    assert (merged.base, merged.last, merged.flags) == (100, 106, FLAG_FINAL_OFFSETS | FLAG_COMPACTED)
    ((_, header),) = iter_batches(objects.data[NEW])
    assert (header.base_offset, header.partition_leader_epoch) == (105, 3)


def test_inline_bytes_come_with_the_request() -> None:
    """They are in no store."""
    objects = Objects()
    data = batch(2)
    run = RunToWrite(1, 0, [span(0, 2, INLINE_OBJECTS + 4, (7, len(data)))])
    ((merged,),) = merge(objects, NEW, [run], {INLINE_OBJECTS + 4: b"x" * 7 + data}).runs  # type: ignore[misc]
    assert merged.length == len(data)
    assert objects.reads == []


def test_only_what_is_needed_is_read_of_a_sparse_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps that are not worth it are read over."""
    monkeypatch.setattr(merge_round, "_GAP_BYTES", 100)
    objects = Objects()
    places = objects.put(1, *(batch(1, value=b"v" * 50) for _ in range(10)))
    run = RunToWrite(1, 0, [span(number, 1, 1, places[place]) for number, place in enumerate((0, 1, 6, 9))])
    merge(objects, NEW, [run], {})
    size = places[0][1]
    assert [(position, length) for _, position, length in objects.reads] == [(0, 2 * size), (6 * size, size), (9 * size, size)]


def test_damage_keeps_a_run_out_and_no_other() -> None:
    """The damaged log stays where it is. With nothing to write nothing is written."""
    objects = Objects()
    good, bad = objects.put(1, batch(1), batch(1))
    objects.data[1][bad[0] + bad[1] - 1] ^= 1
    runs = [RunToWrite(1, 0, [span(0, 1, 1, good)]), RunToWrite(2, 0, [span(5, 1, 1, bad)])]
    merged = merge(objects, NEW, runs, {})
    assert [spans is None for spans in merged.runs] == [False, True]
    assert "log 2, offsets 5 to 5" in merged.damage[0]
    nothing = merge(objects, NEW + 1, runs[1:], {})
    assert (nothing.object_end, NEW + 1 in objects.data) == (0, False)


def test_a_store_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on reading nor on writing."""
    objects = Objects()
    (place,) = objects.put(1, batch(1))
    with pytest.raises(ObjectUnreadable) as caught:
        merge(objects, NEW, [RunToWrite(1, 0, [span(0, 1, 2, place)])], {})
    assert caught.value.object_id == 2

    def full(self: MemoryNewObject) -> int:
        raise StorageUnavailable("full")

    monkeypatch.setattr(MemoryNewObject, "finish", full)
    with pytest.raises(StorageUnavailable):
        merge(objects, NEW, [RunToWrite(1, 0, [span(0, 1, 1, place)])], {})
    assert NEW not in objects.data


def test_spans_are_of_a_size_to_be_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a run is; its footer names each."""
    monkeypatch.setattr(merge_round, "SPAN_BATCHES", 4)
    objects = Objects()
    places = objects.put(1, *(batch(2) for _ in range(10)))
    described: list[tuple[int, int, int, int]] = []

    def describe(self: MemoryNewObject, entry: object) -> None:
        described.append((entry.pid, entry.base, entry.last, entry.records))  # type: ignore[attr-defined]

    monkeypatch.setattr(MemoryNewObject, "describe", describe)
    run = RunToWrite(1, 0, [span(2 * number, 2, 1, place) for number, place in enumerate(places)], PLACE)
    (spans,) = merge(objects, NEW, [run], {}).runs
    assert spans is not None
    assert [(each.base, each.last) for each in spans] == [(0, 7), (8, 15), (16, 19)]
    assert described == [(1, 0, 7, 8), (1, 8, 15, 8), (1, 16, 19, 4)]
