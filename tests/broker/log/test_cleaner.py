"""The cleaner: retention, dead objects, idle producers, and its rhythm on a virtual clock."""

from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.cleaner import Cleaner
from tests.broker.log.harness import NOW_MS, Log, batch, running_log

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def cleaner_of(log: Log, **options: Any) -> Cleaner:
    return Cleaner(log.store, log.catalog, log.directory, log.live, lambda: log.clock, **options)


def log_start(log: Log, pid: int) -> int:
    bounds = log.catalog.peek_bounds(pid)
    assert bounds is not None
    return bounds.log_start


async def test_data_past_its_time_goes() -> None:
    """retention.ms counts from a record's timestamp; what is compacted only is kept."""
    async with running_log() as log:
        (pid,) = (await log.topic("t", retention_ms=str(HOUR))).pids
        (kept,) = (await log.topic("kept", retention_ms=str(HOUR), cleanup_policy="compact")).pids
        await log.append_all([(pid, batch(2)), (kept, batch(2))])
        await log.append(pid, batch(3, timestamp=NOW_MS + HOUR))
        cleaner = cleaner_of(log)
        await cleaner.apply_retention()
        assert log_start(log, pid) == 0
        log.clock += HOUR + 1
        await cleaner.apply_retention()
        assert (log_start(log, pid), log_start(log, kept)) == (2, 0)


async def test_data_beyond_its_size_goes() -> None:
    """retention.bytes keeps at least that much of the newest data."""
    async with running_log() as log:
        size = len(batch(1))
        (pid,) = (await log.topic("t", retention_bytes=str(2 * size))).pids
        for _ in range(5):
            await log.append(pid, batch(1))
        await cleaner_of(log).apply_retention()
        assert log_start(log, pid) == 3


async def test_a_partition_in_trouble_does_not_stop_the_others() -> None:
    """It is done at the next round."""
    async with running_log() as log:
        first, second = (await log.topic("t", 2, retention_ms="1")).pids
        await log.append_all([(first, batch(1)), (second, batch(1))])
        log.clock += 10
        advance = log.catalog.advance_log_start

        async def fail_first(pid: int, offset: int) -> Any:
            if pid == first:
                raise StorageUnavailable("disk full")
            return await advance(pid, offset)

        log.catalog.advance_log_start = fail_first  # type: ignore[method-assign]
        await cleaner_of(log).apply_retention()
        assert (log_start(log, first), log_start(log, second)) == (0, 1)


async def test_objects_that_nothing_names_are_deleted() -> None:
    """From the store first, then from the catalog; live ones stay, and a store in trouble is asked again later."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.store._object_bytes = 1
        for _ in range(4):
            await log.append(pid, batch(1))
        await log.catalog.advance_log_start(pid, 2)
        assert len(await log.catalog.take_dead_objects(10)) == 2
        cleaner = cleaner_of(log)
        delete = log.store.delete

        async def fail(object_ids: Any) -> None:
            raise StorageUnavailable("I/O error")

        log.store.delete = fail  # type: ignore[method-assign]
        await cleaner.delete_dead_objects()
        assert len(await log.catalog.take_dead_objects(10)) == 2
        log.store.delete = delete  # type: ignore[method-assign]
        await cleaner.delete_dead_objects()
        assert await log.catalog.take_dead_objects(10) == []
        assert len(log.store._objects) == 2


async def test_idle_producers_are_forgotten() -> None:
    """producer.id.expiration.ms after their last batch."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(1, producer_id=7, producer_epoch=0, base_sequence=0))
        cleaner = cleaner_of(log)
        await cleaner.expire_producers()
        assert len(await log.catalog.producers(pid)) == 1
        log.clock += log.settings.producer_id_expiration_ms + 1
        await cleaner.expire_producers()
        assert await log.catalog.producers(pid) == []


async def test_runs_at_its_interval() -> None:
    """First after half a minute, then every log.retention.check.interval.ms; dead objects every half minute."""
    async with running_log() as log:
        cleaner = cleaner_of(log)
        seen: list[tuple[str, float]] = []
        started = anyio.current_time()

        def noting(name: str) -> Any:
            async def note(part: str) -> bool:
                seen.append((name, anyio.current_time() - started))
                return False

            return note

        cleaner.retention.step = noting("retention")  # type: ignore[method-assign]
        cleaner.garbage.step = noting("objects")  # type: ignore[method-assign]
        with anyio.move_on_after(631):
            await cleaner.run()
        assert [round(at) for name, at in seen if name == "retention"] == [30, 330, 630]
        assert [round(at) for name, at in seen if name == "objects"] == list(range(30, 631, 30))


async def test_storage_that_failed_stops_the_broker() -> None:
    """The same way as for the writer."""
    async with running_log() as log:
        error = StorageFailed("fsync")

        async def fail(limit: int, grace_ms: int) -> list[int]:
            raise error

        log.catalog.take_dead_objects = fail  # type: ignore[method-assign]
        fatal: list[StorageFailed] = []
        await cleaner_of(log, on_fatal=fatal.append).run()
        assert fatal == [error]
        with pytest.raises(StorageFailed):
            await cleaner_of(log).run()
