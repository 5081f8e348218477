"""Record data in a remote store: nothing lost and nothing doubled, whatever the store does meanwhile."""

from collections.abc import AsyncIterator
from random import Random

import anyio
import obstore
import pytest

from broker.errors import StorageUnavailable
from broker.storage.objects.base import Extent, TocEntry
from broker.storage.objects.footer import FLUSH, LIKELY_BYTES, UNKNOWN, FooterCorrupt
from broker.storage.objects.object_keys import object_key
from broker.storage.objects.remote import RemoteObjectStore
from broker.storage.objects.requester import RequestFailed, RequestSettings
from broker.storage.objects.store_errors import Trouble
from broker.wire.records.crc import crc32c
from tests.broker.log.harness import batch
from tests.broker.storage.objects.remote_worlds import CountedIds, describe, fresh_prefix, memory_url, opened
from tests.support.s3 import FaultProxy, Faults, S3Server

QUICK = RequestSettings(uploads=8, timeout_s=1.0, give_up_s=20.0, hedge_least_s=0.05)
IMPATIENT = RequestSettings(uploads=4, timeout_s=0.5, give_up_s=0.5)


@pytest.fixture
async def calm(fault_proxy: FaultProxy) -> AsyncIterator[FaultProxy]:
    """The proxy, without faults afterwards."""
    yield fault_proxy
    fault_proxy.clear()


async def read_back(store: RemoteObjectStore, written: dict[Extent, bytes]) -> None:
    for extent, data in written.items():
        assert [bytes(view) for view in await store.read(extent.object_id, [(extent.position, extent.length)])] == [
            data
        ]


async def append_many(store: RemoteObjectStore, count: int, seed: int, size: int = 20_000) -> dict[Extent, bytes]:
    """Appends at the same time; all of them succeed."""
    written: dict[Extent, bytes] = {}
    print(f"seed {seed}")
    random = Random(seed)

    async def append(data: bytes) -> None:
        extent = await store.append([data], [TocEntry(1, 0, len(data))])
        assert extent not in written
        written[extent] = data

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(append, random.randbytes(random.randrange(1, size)))
    return written


async def test_an_object_says_what_lies_in_it() -> None:
    """Partitions by name, sizes, checksum, whose it is."""
    store = await opened(memory_url())
    first, second = batch(3) + batch(2), batch(7)
    extent = await store.append([first, second], [TocEntry(5, 0, len(first)), TocEntry(2000, len(first), len(second))])
    found = await store.footer_of(extent.object_id)

    assert (found.kind, found.object_id, found.cluster_id) == (FLUSH, extent.object_id, "test-cluster")
    assert (found.payload_length, found.payload_crc) == (extent.length, crc32c(first + second))
    known, unknown = found.entries
    assert (known.pid, known.name, known.position, known.length) == (5, describe(5), 0, len(first))
    assert (known.batches, known.records, known.base) == (2, 5, -1)
    assert (unknown.pid, unknown.name, unknown.records) == (2000, UNKNOWN, 7)


async def test_a_footer_larger_than_usual_is_read_with_a_second_look() -> None:
    """Thousands of partitions in one flush."""
    store = await opened(memory_url())
    toc = [TocEntry(pid % 900, pid, 1) for pid in range(5000)]
    extent = await store.append([bytes(5000)], toc)
    found = await store.footer_of(extent.object_id)

    assert len(found.entries) * 70 > LIKELY_BYTES
    assert [entry.position for entry in found.entries] == list(range(5000))


async def test_a_footer_of_another_object_is_refused() -> None:
    """Copied to a place that is not its own."""
    store = await opened(memory_url())
    extent = await store.append([b"abc"], [])
    client, path = store._backend.client, store._backend.path
    obstore.put(client, path(999), bytes(obstore.get(client, path(extent.object_id)).bytes()))

    with pytest.raises(FooterCorrupt, match="object 0000000000000001"):
        await store.footer_of(999)


async def test_an_id_that_is_taken_is_not_used() -> None:
    """As after restoring a catalog: the append finds another place, and what was there stays as it is (R2)."""
    url = memory_url()
    earlier = await opened(url, CountedIds(1))
    extent = await earlier.append([b"earlier"], [])
    store = await opened(url, CountedIds(1))
    written = await store.append([b"later"], [])

    assert written.object_id != extent.object_id
    await read_back(store, {extent: b"earlier", written: b"later"})


async def test_our_own_object_found_there_is_success(calm: FaultProxy) -> None:
    """The reply to the first try was lost; the second finds what the first has made (R1)."""
    store = await opened(calm.url(fresh_prefix()), settings=QUICK)
    calm.set(Faults(lost_reply_rate=0.6, methods=["PUT"]))
    before = calm.counts().get("lost_reply", 0)
    written = await append_many(store, 30, seed=1)
    calm.clear()

    assert calm.counts()["lost_reply"] > before
    await read_back(store, written)
    assert {extent.object_id for extent in written} == {each[0] async for each in store.stored_objects()}


async def test_a_storm_of_503_slows_down_and_loses_nothing(calm: FaultProxy) -> None:
    """Fewer requests at once, all appends succeed in the end."""
    store = await opened(calm.url(fresh_prefix()), settings=QUICK)
    calm.set(Faults(slow_down_rate=0.5))
    async with anyio.create_task_group() as tasks:

        async def calm_down() -> None:
            await anyio.sleep(1.5)
            calm.clear()

        tasks.start_soon(calm_down)
        written = await append_many(store, 60, seed=2)
        await read_back(store, written)


async def test_everything_at_once_loses_nothing(calm: FaultProxy) -> None:
    """Slow, overloaded, cut, torn and lost: whatever was acknowledged is there, and once."""
    store = await opened(calm.url(fresh_prefix()), settings=QUICK)
    calm.set(
        Faults(
            slow_down_rate=0.1,
            cut_rate=0.1,
            lost_reply_rate=0.1,
            torn_reply_rate=0.1,
            hang_rate=0.02,
            delay_rate=0.2,
            delay_s=0.2,
        )
    )
    written = await append_many(store, 20, seed=3)
    await read_back(store, written)
    calm.clear()
    await read_back(store, written)


async def test_a_slow_request_is_overtaken_by_a_second_one(calm: FaultProxy) -> None:
    """Writing and reading; what the slow one does in the end changes nothing."""
    store = await opened(calm.url(fresh_prefix()), settings=RequestSettings(hedge_least_s=0.05))
    written = await append_many(store, 40, seed=4)
    await read_back(store, written)
    calm.set(Faults(delay_rate=0.05, delay_s=3.0))
    began = anyio.current_time()
    for number in range(20):
        more = await append_many(store, 1, seed=number)
        await read_back(store, more)
        written |= more
    assert anyio.current_time() - began < 6.0
    calm.clear()
    await read_back(store, written)


async def test_a_killed_server_is_waited_for(tmp_path_factory: pytest.TempPathFactory, s3_server: S3Server) -> None:
    """Appends that were under way come through once it is back; what was acknowledged before is there."""
    with S3Server(tmp_path_factory.mktemp("killed") / "data") as server:
        store = await opened(server.url(), settings=QUICK)
        before = await append_many(store, 10, seed=5)
        server.kill()
        written: dict[Extent, bytes] = {}
        async with anyio.create_task_group() as tasks:

            async def go_on() -> None:
                written.update(await append_many(store, 10, seed=6))

            tasks.start_soon(go_on)
            await anyio.sleep(0.3)
            await anyio.to_thread.run_sync(server.start)
        await read_back(store, before | written)


async def test_an_unreachable_store_is_unavailable_and_never_fatal(calm: FaultProxy) -> None:
    """Every call says so in time, with nothing secret; afterwards all goes on."""
    store = await opened(calm.url(fresh_prefix()), settings=IMPATIENT)
    extent = await store.append([b"abc"], [])
    calm.set(Faults(down=True))
    with pytest.raises(StorageUnavailable, match=r"unreachable|timeout"):
        await store.append([b"x"], [])
    with pytest.raises(StorageUnavailable, match=r"unreachable|timeout"):
        await store.read(extent.object_id, [(0, 3)])
    with pytest.raises(StorageUnavailable, match=r"unreachable|timeout"):
        await store.read(extent.object_id, [(0, 1), (500_000, 1)])
    with pytest.raises(StorageUnavailable):
        await store.delete([extent.object_id])
    with pytest.raises(StorageUnavailable):
        [each async for each in store.stored_objects()]
    with pytest.raises(StorageUnavailable):
        await store.footer_of(extent.object_id)
    calm.clear()
    await read_back(store, {extent: b"abc", await store.append([b"def"], []): b"def"})


async def test_withdrawing_never_fails(calm: FaultProxy) -> None:
    """What cannot be deleted now is nobody's, and found by the sweep."""
    store = await opened(calm.url(fresh_prefix()), settings=IMPATIENT)
    extent = await store.append([b"abc"], [])
    calm.set(Faults(slow_down_rate=1.0))
    with anyio.fail_after(20):
        await store.withdraw(extent)
    calm.clear()
    await store.withdraw(extent)
    with pytest.raises(RequestFailed) as missing:
        await store.read(extent.object_id, [(0, 1)])
    assert missing.value.trouble is Trouble.MISSING


async def test_no_more_bodies_are_in_memory_than_uploads(calm: FaultProxy) -> None:
    """A thousand appends wait with what their senders gave them, not with copies of it (R3)."""
    store = await opened(calm.url(fresh_prefix()), settings=RequestSettings(uploads=3))
    most = 0
    real = store._put

    async def watched(object_id: int, body: bytes) -> bool:
        nonlocal most
        most = max(most, store._bodies.borrowed_tokens)
        return await real(object_id, body)

    store._put = watched  # type: ignore[method-assign]
    calm.set(Faults(slow_down_rate=0.3))
    await append_many(store, 50, seed=7, size=1000)
    assert most <= 3


async def test_thousands_are_deleted_and_listed(s3_server: S3Server) -> None:
    """In as few requests as the store allows; missing ones are no error."""
    store = await opened(s3_server.url(fresh_prefix()))
    extents = list(await append_many(store, 40, seed=8, size=10))
    ids = [extent.object_id for extent in extents]
    assert sorted([each async for each in store.stored_objects()])[0][1] > 0
    await store.delete([*ids[:30], *range(10**6, 10**6 + 1500)])

    assert sorted([each[0] async for each in store.stored_objects()]) == sorted(ids[30:])


@pytest.mark.parametrize("kind", ["memory", "s3"])
async def test_a_list_goes_on_where_a_page_ended(kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each object once, however many lie in one folder."""
    monkeypatch.setattr("broker.storage.objects.remote._LISTED_AT_ONCE", 2)
    server: S3Server | None = request.getfixturevalue("s3_server") if kind == "s3" else None
    store = await opened(memory_url() if server is None else server.url(fresh_prefix()))
    ids = [object_id for object_id in range(4000) if object_key(object_id)[:2] == "07"]
    for object_id in ids:
        obstore.put(store._backend.client, store._backend.path(object_id), b"x")
    assert len(ids) > 5
    assert [each[0] async for each in store.stored_objects()] == sorted(ids)


async def test_what_else_lies_in_the_bucket_is_left_alone() -> None:
    """Neither listed nor taken for ours."""
    store = await opened(memory_url())
    extent = await store.append([b"abc"], [])
    for name in ("readme.txt", "00/not-an-id", "00/0000000000000005"):
        obstore.put(store._backend.client, f"data/{name}", b"x")

    assert [each[0] async for each in store.stored_objects()] == [extent.object_id]


async def test_ranges_close_to_each_other_are_read_at_once(calm: FaultProxy) -> None:
    """In any order, overlapping or not; those far apart at the same time."""
    store = await opened(calm.url(fresh_prefix()))
    data = Random(9).randbytes(1 << 20)
    extent = await store.append([data], [])
    ranges = [(900_000, 10), (0, 5), (3, 4), (10_000, 1), (500_000, 0), (1 << 19, 100)]
    before = calm.counts().get("GET", 0)
    views = await store.read(extent.object_id, ranges)

    assert [bytes(view) for view in views] == [data[position : position + length] for position, length in ranges]
    assert calm.counts()["GET"] - before == 3


async def test_a_store_without_conditional_writes_is_written_to_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are never given twice, which is what the condition guards against."""
    store = await opened(memory_url())
    real = obstore.put_async
    asked: list[str] = []

    async def put(client: object, path: str, body: bytes, *, mode: str, use_multipart: bool) -> None:
        asked.append(mode)
        if mode == "create":
            raise NotImplementedError
        await real(client, path, body, mode="overwrite", use_multipart=use_multipart)  # type: ignore[arg-type]

    monkeypatch.setattr(obstore, "put_async", put)
    for _ in range(2):
        await store.append([b"abc"], [])
    assert asked == ["create", "overwrite", "overwrite"]
