"""Whole objects of a remote store: written in parts, found with a footer, read from other processes."""

import sys

import anyio
import pytest

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log.jobs.merge_round import RunToWrite
from broker.log.rewriter import Rewriter
from broker.storage.catalog.base import Span
from broker.storage.objects.base import WHOLE_OBJECTS, TocEntry
from broker.storage.objects.footer import WHOLE, FooterEntry
from broker.storage.objects.raw_remote import RawRemote
from broker.wire.records.crc import crc32c
from tests.broker.log.harness import batch
from tests.broker.storage.objects.remote_worlds import describe, fresh_prefix, memory_url, opened
from tests.support.s3 import FaultProxy, Faults, S3Server

READER = """
import sys
from broker.storage.objects.opening import open_raw
objects = open_raw(sys.argv[2:])
sys.stdout.buffer.write(objects.read(int(sys.argv[1]), 2, 3))
"""


def entry(length: int) -> FooterEntry:
    name = describe(3)
    assert name is not None
    return FooterEntry(3, name, 0, length, 1, 1, 5, 100, 200)


async def test_a_large_object_goes_up_in_parts_and_says_what_it_is(s3_server: S3Server) -> None:
    """Memory does not grow with it; the footer names offsets that are final."""
    store = await opened(s3_server.url(fresh_prefix()))
    raw = store.raw()
    object_id = store.new_object_id()
    new = raw.create(object_id, 0)
    part = bytes(range(256)) * 4096
    for _ in range(20):
        new.write(part)
    new.describe(entry(20 << 20))
    assert new.finish() == 20 << 20

    found = await store.footer_of(object_id)
    assert (found.kind, found.payload_length, found.cluster_id) == (WHOLE, 20 << 20, "test-cluster")
    assert found.payload_crc == crc32c(part * 20)
    assert list(found.entries) == [entry(20 << 20)]
    assert bytes(raw.read(object_id, (7 << 20) + 1, 3)) == part[1:4]
    assert len(raw.read(object_id, 5, 0)) == 0


async def test_another_process_reads_it(s3_server: S3Server) -> None:
    """Started anew, not forked; credentials come from the environment."""
    store = await opened(s3_server.url(fresh_prefix()))
    extent = await store.append([b"abcdef"], [])
    told = store.raw_elsewhere()
    assert told is not None
    answer = await anyio.run_process([sys.executable, "-P", "-c", READER, str(extent.object_id), *told])

    assert answer.stdout == b"cde"


async def test_the_rewriting_process_merges_in_the_remote_store(s3_server: S3Server) -> None:
    """It opens the store by what it is told, and leaves an object that says what it was made of."""
    store = await opened(s3_server.url(fresh_prefix()))
    data = bytes(batch(1, value=bytes(50_000)))
    extents = [await store.append([data], [TocEntry(3, 0, len(data))]) for _ in range(3)]
    spans = [Span(at, at, extent.object_id, 0, len(data), 5, 5, 1) for at, extent in enumerate(extents)]
    rewriter = Rewriter(store)
    try:
        object_id = await rewriter.new_object_id()
        merged = await rewriter.merge(object_id, [RunToWrite(3, 0, spans, describe(3))], {})
        assert rewriter._process is not None
    finally:
        await rewriter.rest()
    found = await store.footer_of(object_id)

    assert merged.object_end == found.payload_length == 3 * len(data)
    (entry_found,) = found.entries
    assert (entry_found.base, entry_found.last, entry_found.name) == (0, 2, describe(3))
    assert entry_found.sources == tuple(extent.object_id for extent in extents)


async def test_what_is_not_finished_is_not_there(s3_server: S3Server) -> None:
    """Whether little or much was written; discarding what was finished removes it."""
    store = await opened(s3_server.url(fresh_prefix()))
    raw = store.raw()
    for size in (10, 20 << 20):
        new = raw.create(object_id := store.new_object_id(), 0)
        new.write(bytes(size))
        new.discard()
        with pytest.raises(StorageUnavailable):
            raw.read(object_id, 0, 1)
    new = raw.create(object_id := store.new_object_id(), 0)
    new.write(b"x")
    new.finish()
    new.discard()
    with pytest.raises(StorageUnavailable, match="missing"):
        raw.read(object_id, 0, 1)
    assert [each async for each in store.stored_objects()] == []


async def test_a_store_that_fails_for_a_while_is_tried_again(fault_proxy: FaultProxy) -> None:
    """By reads and by parts that are written."""
    store = await opened(fault_proxy.url(fresh_prefix()))
    raw = store.raw()
    fault_proxy.set(Faults(slow_down_rate=0.4, cut_rate=0.1))
    try:
        new = raw.create(object_id := store.new_object_id(), 0)
        for _ in range(3):
            new.write(bytes(8 << 20))
        new.finish()
        for at in range(10):
            assert len(raw.read(object_id, at, 100)) == 100
    finally:
        fault_proxy.clear()


async def test_what_is_not_there_is_said() -> None:
    """In the words of the other stores."""
    raw = (await opened(memory_url())).raw()
    assert isinstance(raw, RawRemote)
    with pytest.raises(ObjectUnreadable, match="missing") as caught:
        raw.read(WHOLE_OBJECTS + 99, 0, 1)
    assert (caught.value.object_id, caught.value.is_lost) == (WHOLE_OBJECTS + 99, True)
    new = raw.create(WHOLE_OBJECTS + 1, 0)
    new.write(b"abc")
    new.finish()
    with pytest.raises(ObjectUnreadable, match="shorter") as caught:
        raw.read(WHOLE_OBJECTS + 1, 0, 4000)
    assert (caught.value.object_id, caught.value.is_lost) == (WHOLE_OBJECTS + 1, True)
    raw.close()


async def test_a_lost_object_is_told_from_a_store_that_is_not_there(s3_server: S3Server) -> None:
    """Without its bucket nothing is known of an object."""
    url = s3_server.url(fresh_prefix())
    for place, is_lost in ((url, True), (url.replace("s3://", "s3://no-such-", 1), False)):
        raw = (await opened(place)).raw()
        with pytest.raises(ObjectUnreadable) as caught:
            raw.read(7, 0, 1)
        assert (caught.value.object_id, caught.value.is_lost) == (7, is_lost)
        raw.close()
