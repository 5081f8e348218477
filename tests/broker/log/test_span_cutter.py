"""Spans of what is rewritten."""

from broker.log.span_cutter import SpanCutter
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS, FLAG_LOG_APPEND_TIME
from broker.storage.catalog.span_times import untimed
from broker.storage.objects.footer import UNKNOWN, FooterEntry
from broker.storage.objects.memory import MemoryNewObject
from broker.wire.records.batch import stamp
from tests.broker.log.harness import NOW_MS, batch

NEW = 1 << 60


class Written(MemoryNewObject):
    """Remembers what was said of it."""

    def __init__(self) -> None:
        super().__init__({}, NEW)
        self.entries: list[FooterEntry] = []

    def describe(self, entry: FooterEntry) -> None:
        self.entries.append(entry)


def at(base: int, count: int = 1, timestamp: int = NOW_MS) -> bytearray:
    data = batch(count, timestamp=timestamp)
    stamp(data, 0, base, 0)
    return data


def source(base: int, last: int, running: int, flags: int = 0) -> Span:
    return Span(base, last, 1, 0, 1, running, running, 1, flags)


def test_spans_tile_with_gaps_in_front() -> None:
    """Each but the last ends where its last batch does; timestamps and flags come from what is in it."""
    new = Written()
    cutter = SpanCutter(NEW, new, 5, span_bytes=1 << 20, span_batches=2, flags=FLAG_COMPACTED)
    old = [source(5, 12, NOW_MS + 7), source(13, 30, NOW_MS + 9, FLAG_LOG_APPEND_TIME)]
    cutter.add(at(8, 2), old[0])
    cutter.add(at(11, 2, NOW_MS + 3), old[0])
    cutter.add(at(20), old[1])
    first, second = cutter.finish(old[1])
    assert (first.base, first.last, second.base, second.last) == (5, 12, 13, 30)
    assert (first.max_timestamp, first.running_timestamp, first.batch_count) == (NOW_MS + 3, NOW_MS + 7, 2)
    assert (second.max_timestamp, second.running_timestamp) == (NOW_MS, NOW_MS + 9)
    assert first.flags == FLAG_FINAL_OFFSETS | FLAG_COMPACTED
    assert second.flags == FLAG_FINAL_OFFSETS | FLAG_COMPACTED | FLAG_LOG_APPEND_TIME
    assert (second.position, first.position) == (first.length, 0)


def test_spans_are_cut_by_size() -> None:
    """Before they grow beyond it; a batch that is larger is a span of its own."""
    new = Written()
    size = len(at(0))
    cutter = SpanCutter(NEW, new, 0, span_bytes=2 * size, span_batches=99)
    for offset in range(5):
        cutter.add(at(offset), source(offset, offset, NOW_MS))
    assert [span.batch_count for span in cutter.finish(source(4, 4, NOW_MS))] == [2, 2, 1]


def test_each_span_is_described() -> None:
    """For whoever finds the object without a catalog; who does not know whose it is says so."""
    new = Written()
    cutter = SpanCutter(NEW, new, 0, span_bytes=1, span_batches=9, pid=7)
    cutter.add(at(0, 3), source(0, 2, NOW_MS))
    cutter.add(at(3, 1), source(3, 3, NOW_MS))
    spans = cutter.finish(source(3, 3, NOW_MS))
    assert [(each.pid, each.name, each.records, each.base, each.last) for each in new.entries] == [
        (7, UNKNOWN, 3, 0, 2), (7, UNKNOWN, 1, 3, 3)
    ]  # fmt: skip
    assert [(each.position, each.length) for each in new.entries] == [(span.position, span.length) for span in spans]


def test_records_without_timestamps_stay_as_old_as_they_are() -> None:
    """When they came is all that retention has of them."""
    cutter = SpanCutter(NEW, Written(), 0, span_bytes=1 << 20, span_batches=2)
    for offset, came in enumerate((untimed(NOW_MS), untimed(NOW_MS + 5), NOW_MS + 7, untimed(NOW_MS + 9))):
        cutter.add(at(offset, timestamp=-1), Span(offset, offset, 1, 0, 1, came, -1, 1))
    cutter.add(at(4), Span(4, 4, 1, 0, 1, NOW_MS, NOW_MS, 1))
    spans = cutter.finish(Span(4, 4, 1, 0, 1, NOW_MS, NOW_MS, 1))
    assert [span.max_timestamp for span in spans] == [untimed(NOW_MS + 5), untimed(NOW_MS + 9), NOW_MS]
