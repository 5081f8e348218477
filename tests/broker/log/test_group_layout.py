"""Batches of a group lie partition by partition, in order."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from broker.log.group_layout import by_partition, lay_out
from broker.storage.catalog.base import BatchEntry
from broker.storage.committing import UnstoredGroup
from broker.storage.objects.base import Extent


@dataclass
class Placed:
    """A batch."""

    pid: int
    buffer: bytes
    entry: BatchEntry


@given(
    st.lists(st.tuples(st.integers(1, 5), st.binary(min_size=1, max_size=9)), min_size=1, max_size=40),
    st.integers(0, 99),
)
def test_every_batch_is_found_where_the_layout_says(batches: list[tuple[int, bytes]], position: int) -> None:
    """The bytes of each span are its partition's batches in the order they came; spans tile the group."""
    group = [Placed(pid, data, BatchEntry(1, len(data), 0)) for pid, data in batches]
    partitions = by_partition(group)
    layout = lay_out(partitions)
    written = b"".join(bytes(part) for part in layout.parts)
    group_of = UnstoredGroup(layout.parts, layout.toc, [[each.entry for each in of_pid] for of_pid in partitions], 0)
    spans = group_of.stored_at(Extent(1, position, layout.length)).spans

    assert layout.length == len(written)
    assert sorted(span.pid for span in spans) == sorted({pid for pid, _ in batches})
    end = position
    for span, entry in zip(spans, layout.toc, strict=True):
        assert span.position == end == position + entry.offset
        assert sum(each.length for each in span.batches) == entry.length
        end += entry.length
        mine = written[entry.offset : entry.offset + entry.length]
        assert mine == b"".join(data for pid, data in batches if pid == span.pid)
    assert end == position + layout.length
