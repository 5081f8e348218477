"""The runner: rhythms, leases, who does which part, failures; on a virtual clock."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.jobs.runner import FIRST_RETRY_S, LONGEST_RETRY_S, Job, JobRunner, OwnLeases
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.memory_cluster import MemoryCluster
from observability.metrics import REGISTRY

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class Noted(Job):
    """Notes who did which part when."""

    name = "noted"

    def __init__(self, log: list[tuple[str, str, float]], who: str = "a", rest_s: float = 10.0, steps: int = 1) -> None:
        self.log = log
        self.who = who
        self.rest = rest_s
        self.steps = steps
        self.left = 0
        self.error: Exception | None = None
        self.bad_part: str | None = None
        self.parts = ["p"]
        self.took_s = 0.0

    def rest_s(self) -> float:
        return self.rest

    async def due(self) -> Sequence[str]:
        return self.parts

    async def step(self, part: str) -> bool:
        if self.error is not None and self.bad_part in (None, part):
            raise self.error
        await anyio.sleep(self.took_s)
        self.log.append((self.who, part, anyio.current_time()))
        self.left = self.left - 1 if self.left else self.steps - 1
        return self.left > 0


class KeptNoted(Noted):
    keeps_leases = True


class Cluster:
    """Leases by virtual time."""

    def __init__(self) -> None:
        self.shared = MemoryCluster(lambda: int(anyio.current_time() * 1000))
        self.began = anyio.current_time()
        self.brokers = 0

    async def leases(self) -> Any:
        catalog = self.shared.catalog()
        self.brokers += 1
        await catalog.register(Registration(instance=f"i{self.brokers}", node_id=None, rack=None, listeners={}), 10**9)
        return catalog


async def for_seconds(seconds: float, *runners: JobRunner) -> None:
    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as tasks:
            for runner in runners:
                tasks.start_soon(runner.run)


async def test_a_job_is_done_at_its_rhythm_until_nothing_is_left() -> None:
    """The first time after a while at the most."""
    log: list[tuple[str, str, float]] = []
    began = anyio.current_time()
    await for_seconds(125, JobRunner([Noted(log, rest_s=50, steps=3)], OwnLeases(), first_s=20))
    assert [round(at - began) for _, _, at in log] == [20] * 3 + [70] * 3 + [120] * 3


async def test_a_failure_is_tried_again_and_again() -> None:
    """Soon, then ever more seldom; when it goes on, at its rhythm."""
    log: list[tuple[str, str, float]] = []
    job = Noted(log, rest_s=3600)
    runner = JobRunner([job], OwnLeases())
    before = REGISTRY.get_sample_value("penstock_job_failures_total", {"job": "noted"}) or 0
    job.error = StorageUnavailable("away")
    rests = [await runner.run_once(job) for _ in range(10)]
    assert rests[:3] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S]
    assert rests[-1] == LONGEST_RETRY_S
    assert REGISTRY.get_sample_value("penstock_job_failures_total", {"job": "noted"}) == before + 10
    job.error = None
    assert await runner.run_once(job) == 3600
    job.error = StorageUnavailable("away")
    assert await runner.run_once(job) == FIRST_RETRY_S


async def test_one_that_failed_does_not_stop_the_others() -> None:
    """Each job has a task of its own."""
    log: list[tuple[str, str, float]] = []
    bad, good = Noted(log, "bad"), Noted(log, "good")
    bad.error = StorageUnavailable("away")
    await for_seconds(35, JobRunner([bad, good], OwnLeases(), first_s=1))
    assert [who for who, _, _ in log] == ["good"] * 4


async def test_a_part_that_failed_does_not_stop_the_others() -> None:
    """They are done in the same round; that one is tried again later. Storage that failed stops them."""
    log: list[tuple[str, str, float]] = []
    job = Noted(log, rest_s=3600)
    job.parts, job.bad_part = ["1", "2", "3"], "2"
    job.error = StorageUnavailable("object 5 is missing")
    runner = JobRunner([job], OwnLeases())
    assert [await runner.run_once(job) for _ in range(2)] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S]
    assert [part for _, part, _ in log] == ["1", "3"] * 2
    job.error = StorageFailed("fsync")
    with pytest.raises(StorageFailed):
        await runner.run_once(job)
    assert [part for _, part, _ in log] == [*["1", "3"] * 2, "1"]


async def test_a_catalog_that_gives_no_lease_is_not_asked_for_each_part() -> None:
    """It would be waited for every time."""
    asked = []

    class Away(OwnLeases):
        async def claim_job(self, job: str, lease_ms: int) -> int | None:
            asked.append(job)
            raise StorageUnavailable("the catalog is away")

    job = Noted([])
    job.parts = ["1", "2", "3"]
    assert await JobRunner([job], Away()).run_once(job) == FIRST_RETRY_S
    assert len(asked) == 1


async def test_storage_that_failed_ends_it() -> None:
    """And every other job with it."""
    log: list[tuple[str, str, float]] = []
    bad = Noted(log)
    bad.error = StorageFailed("fsync")
    with pytest.raises(StorageFailed):
        await JobRunner([bad, Noted(log, rest_s=1e6)], OwnLeases(), first_s=1).run()


async def test_one_broker_at_a_time_does_a_part() -> None:
    """The other passes it over."""
    cluster = Cluster()
    log: list[tuple[str, str, float]] = []
    jobs = [Noted(log, who) for who in "ab"]
    for job in jobs:
        job.took_s = 5.0
    runners = [JobRunner([job], await cluster.leases(), first_s=1) for job in jobs]
    await for_seconds(10, *runners)
    assert len(log) == 1


async def test_a_long_job_keeps_its_lease() -> None:
    """It says that it still is at it."""
    cluster = Cluster()
    log: list[tuple[str, str, float]] = []
    slow = Noted(log, "slow", steps=30)
    slow.took_s = 16.0
    other = Noted(log, "other", rest_s=7)
    await for_seconds(400, JobRunner([slow], await cluster.leases(), first_s=1), JobRunner([other], await cluster.leases(), first_s=5))
    assert {who for who, _, _ in log} == {"slow"}


async def test_a_broker_that_is_gone_is_replaced() -> None:
    """Once its lease is over."""
    cluster = Cluster()
    log: list[tuple[str, str, float]] = []
    dead, living = await cluster.leases(), await cluster.leases()
    assert await dead.claim_job("noted/p", 60_000) is not None
    await for_seconds(90, JobRunner([Noted(log)], living, first_s=1))
    assert 60 <= log[0][2] - cluster.began < 80


async def test_parts_are_spread_and_none_is_left_out() -> None:
    """Each broker does its own at once, and others' when they do not; a lease that is kept keeps the others off in between."""
    cluster = Cluster()
    log: list[tuple[str, str, float]] = []
    members = [1, 2, 3]
    runners = []
    for node in members:
        job = KeptNoted(log, str(node), rest_s=100)
        job.parts = [str(part) for part in range(30)]
        runners.append(JobRunner([job], await cluster.leases(), node_id=lambda node=node: node, node_ids=lambda: members, first_s=1))
    await for_seconds(50, *runners)
    assert sorted(int(part) for _, part, _ in log) == list(range(30)), "each once"
    assert all(4 <= sum(who == str(node) for who, _, _ in log) <= 16 for node in members)

    log.clear()
    await for_seconds(700, runners[0])
    assert {int(part) for _, part, _ in log} == set(range(30)), "those of brokers that are gone as well"
