"""Reading in blocks: every byte right, each block fetched once however many want it, neighbours in one request. Time is virtual."""

from random import Random
from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageUnavailable
from broker.log.block_cache import BlockCache
from broker.log.block_reader import REQUEST_BLOCKS_MAX, Ahead, BlockReader
from broker.log.read_limiter import ReadLimiter

pytestmark = pytest.mark.anyio

SIZE = 100


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class Source:
    """Objects of random bytes, a second away."""

    def __init__(self, *sizes: int) -> None:
        self.objects = {at: Random(at).randbytes(size) for at, size in enumerate(sizes)}
        self.requests: list[tuple[int, int, int]] = []
        self.error: StorageUnavailable | None = None
        self.takes = 1.0

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        self.requests.append((object_id, position, length))
        await anyio.sleep(self.takes)
        if self.error is not None:
            raise self.error
        if object_id not in self.objects:
            raise StorageUnavailable(f"object {object_id} is missing")
        return memoryview(self.objects[object_id][position : position + length])


def reader_of(source: Source, capacity: int = 100 * SIZE, **options: Any) -> BlockReader:
    return BlockReader(source, BlockCache(capacity), block_bytes=SIZE, **options)


@pytest.mark.parametrize("capacity", [0, 5 * SIZE, 1000 * SIZE])
async def test_gives_the_bytes_that_are_there(capacity: int) -> None:
    """Ranges of any size at any place, of many readers at once, whatever memory holds."""
    source = Source(50, 100, 101, 950, 5000)
    source.takes = 0.01
    reader = reader_of(source, capacity)
    random = Random(1)

    async def read_some() -> None:
        for _ in range(50):
            object_id = random.randrange(5)
            data = source.objects[object_id]
            ranges = []
            for _ in range(random.randint(1, 4)):
                position = random.randrange(len(data) + 1)
                ranges.append((position, random.randint(0, len(data) - position)))
            views = await reader.read(object_id, ranges, is_hot=random.random() < 0.5)
            assert [bytes(view) for view in views] == [data[at : at + length] for at, length in ranges]

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(read_some)


async def test_what_is_given_is_nobody_elses() -> None:
    """Whoever stamps it changes nothing for others."""
    source = Source(300)
    reader = reader_of(source)
    (first,) = await reader.read(0, [(10, 150)])
    first[:] = bytes(150)
    (second,) = await reader.read(0, [(10, 150)])
    assert bytes(second) == source.objects[0][10:160]
    assert not second.readonly


async def test_a_block_is_fetched_once_for_all_who_want_it() -> None:
    """At the same time, and afterwards from memory."""
    source = Source(1000)
    reader = reader_of(source)

    async def read() -> None:
        (view,) = await reader.read(0, [(120, 50)])
        assert bytes(view) == source.objects[0][120:170]

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(read)
    await read()
    assert source.requests == [(0, SIZE, SIZE)]


async def test_neighbours_are_one_request_and_no_request_is_too_large() -> None:
    """Blocks that are here already are not asked for again."""
    source = Source(5000)
    reader = reader_of(source)
    await reader.read(0, [(50, 10), (250, 10), (310, 200)])
    assert sorted(source.requests) == [(0, 0, SIZE), (0, 2 * SIZE, 4 * SIZE)]
    source.requests.clear()
    await reader.read(0, [(0, 1000)])
    assert sorted(source.requests) == [(0, SIZE, SIZE), (0, 6 * SIZE, 4 * SIZE)]
    source.requests.clear()
    await reader.read(0, [(1000, 4000)])
    assert max(length for _, _, length in source.requests) == REQUEST_BLOCKS_MAX * SIZE
    assert len(source.requests) == 5


async def test_whoever_gives_up_does_not_leave_others_waiting() -> None:
    """One of those who wait fetches the block then."""
    source = Source(1000)
    reader = reader_of(source)
    given: list[bytes] = []

    async def give_up() -> None:
        with anyio.move_on_after(0.5):
            await reader.read(0, [(0, 50)])

    async def read() -> None:
        await anyio.sleep(0.1)
        (view,) = await reader.read(0, [(0, 80)])
        given.append(bytes(view))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_up)
        for _ in range(3):
            tasks.start_soon(read)
    assert given == [source.objects[0][:80]] * 3
    assert len(source.requests) == 2


async def test_an_error_is_told_to_all_and_not_kept() -> None:
    """Whoever comes later tries again."""
    source = Source(1000)
    source.error = StorageUnavailable("slow down")
    reader = reader_of(source)
    told: list[str] = []

    async def read() -> None:
        try:
            await reader.read(0, [(0, 350)])
        except StorageUnavailable as error:
            told.append(str(error))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(read)
    assert told == ["slow down"] * 5
    source.error = None
    (view,) = await reader.read(0, [(0, 350)])
    assert bytes(view) == source.objects[0][:350]


@pytest.mark.parametrize("ranges", [[(40, 20)], [(100, 1)], [(0, 10), (500, 1)]])
async def test_what_is_not_there_is_an_error(ranges: list[tuple[int, int]]) -> None:
    """An object that is shorter than asked, by a byte or by blocks; and one that is missing."""
    reader = reader_of(Source(50))
    with pytest.raises(StorageUnavailable, match="shorter"):
        await reader.read(0, ranges)
    with pytest.raises(StorageUnavailable, match="missing"):
        await reader.read(7, ranges)


async def test_reads_ahead_what_is_wished_for() -> None:
    """One request at a time, in its turn, and errors are nobody's."""
    source = Source(1000)
    limiter = ReadLimiter(1, 10_000)
    reader = reader_of(source, limiter=limiter)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(reader.run)
        async with limiter.turn(1):
            reader.read_ahead(Ahead(0, 150, 300))
            reader.read_ahead(Ahead(9, 0, 100))
            reader.read_ahead(Ahead(0, 800, 100))
            await anyio.sleep(5)
            assert source.requests == []
        await anyio.sleep(10)
        assert source.requests == [(0, SIZE, 4 * SIZE), (9, 0, SIZE), (0, 8 * SIZE, SIZE)]
        began = anyio.current_time()
        await reader.read(0, [(150, 300), (800, 100)])
        assert anyio.current_time() == began
        reader.read_ahead(Ahead(0, 150, 300))
        await anyio.sleep(5)
        assert len(source.requests) == 3
        reader.clear()
        await reader.read(0, [(150, 300)])
        assert len(source.requests) == 4
        tasks.cancel_scope.cancel()
