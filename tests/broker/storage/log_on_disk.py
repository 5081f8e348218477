"""A log whose every batch can be told from its number, so that what is on disk can be checked after anything."""

import hashlib
import sqlite3
from pathlib import Path

from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry, SpanQuery
from broker.storage.committing import UnstoredGroup
from broker.storage.embedded import EmbeddedStorage
from broker.storage.objects.base import Extent, TocEntry
from broker.wire.records.record import Record, encode_batch

PRODUCER = 77
RECORDS = 2


def payload(number: int) -> bytes:
    """The bytes of batch ``number``, as producer 77 sends it: two records and between some 80 and 1000 bytes."""
    seed = hashlib.sha256(str(number).encode()).digest()
    records = [Record(0, number, b"k", (seed * 30)[: 1 + number * 211 % 900]), Record(1, number, b"k", b"v")]
    return bytes(encode_batch(records, producer_id=PRODUCER, producer_epoch=0, base_sequence=number * RECORDS))


def entry(number: int) -> BatchEntry:
    """Batch ``number`` as the catalog is told of it."""
    first = number * RECORDS
    return BatchEntry(RECORDS, len(payload(number)), number, PRODUCER, 0, first, first + RECORDS - 1)


async def store(storage: EmbeddedStorage, pid: int, number: int) -> Extent:
    """Make batch ``number`` durable, not visible yet."""
    data = payload(number)
    return await storage.store.append([data], [TocEntry(pid, 0, len(data))])


async def commit(storage: EmbeddedStorage, pid: int, number: int, extent: Extent) -> None:
    """Make it visible."""
    span = SpanEntry(pid, extent.position, [entry(number)])
    ((answer,),) = await storage.catalog.commit_spans(
        CommitGroup(extent.object_id, extent.position, extent.length, [span], 1000 + number)
    )
    assert (answer.error_code, answer.base_offset) == (0, number * RECORDS), answer


async def produce(storage: EmbeddedStorage, pid: int, number: int) -> Extent:
    """Append batch ``number``, as a broker does."""
    data = payload(number)
    group = UnstoredGroup([data], [TocEntry(pid, 0, len(data))], [[entry(number)]], 1000 + number)
    ((answer,),) = await storage.committer.commit(group)
    assert (answer.error_code, answer.base_offset) == (0, number * RECORDS), answer
    (found,) = await storage.catalog.find_spans([SpanQuery(pid, answer.base_offset, 1)])
    return Extent(found.spans[0].object_id, found.spans[0].position, len(data))


async def check(storage: EmbeddedStorage, pid: int, acknowledged: int, at_most: int | None = None) -> int:
    """The invariants: everything acknowledged is there with the right bytes, the log has no gap, the producer's state agrees.

    Returns the number of batches, between ``acknowledged`` and ``at_most`` (the same when not given).
    """
    bounds = storage.catalog.peek_bounds(pid)
    assert bounds is not None
    count, rest = divmod(bounds.high_watermark, RECORDS)
    assert rest == 0
    assert acknowledged <= count <= (acknowledged if at_most is None else at_most), (acknowledged, count, at_most)
    offset = bounds.log_start
    while offset < bounds.high_watermark:
        (answer,) = await storage.catalog.find_spans([SpanQuery(pid, offset, 10**6)])
        assert answer.bounds == bounds
        for span in answer.spans:
            assert span.base <= offset <= span.last, "I3"
            number = span.base // RECORDS
            assert span.last == span.base + RECORDS - 1, "I3"
            (data,) = await storage.store.read(span.object_id, [(span.position, span.length)])
            assert bytes(data) == payload(number), f"I2: the bytes of batch {number}"
            offset = span.last + 1
    producers = await storage.catalog.producers(pid)
    assert [(producer.producer_id, producer.last_sequence) for producer in producers] == (
        [(PRODUCER, bounds.high_watermark - 1)] if count else []
    ), "I6"
    if count:
        newest = [(sequence, base) for sequence, _, base, _ in producers[0].window]
        assert newest == [(number * RECORDS,) * 2 for number in reversed(range(max(0, count - 5), count))], "I6"
    return count


def check_counts(directory: Path) -> None:
    """I4, by counting: every object's live count is the number of spans that name it, and every one of those has a row."""
    connection = sqlite3.connect(directory / "catalog.db")
    live = dict(connection.execute("SELECT object_id, live FROM objects WHERE live > 0").fetchall())
    assert live == dict(connection.execute("SELECT object_id, count(*) FROM spans GROUP BY object_id").fetchall()), "I4"
    connection.close()
