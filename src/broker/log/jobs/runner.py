"""The runner: has jobs done at their rhythms, each part of a job by one broker at a time.

A part is done under a lease of the catalog where brokers share it; alone, a broker may do everything. Every broker tries its own parts first, and
those of others every second time, so that work is spread, and nobody's is left undone when its broker is away. A part that fails keeps no other
from being done. What fails is tried again, ever more seldom while it goes on failing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, runtime_checkable

import anyio
import anyio.lowlevel

from broker.errors import BrokerError, StorageFailed
from broker.log.jobs.sharing import is_first_choice
from observability import logs
from observability.metrics import JOBS

LEASE_MS: Final = 60_000
FIRST_RETRY_S: Final = 2.0
LONGEST_RETRY_S: Final = 300.0
_RENEW_AFTER_S: Final = 15.0

_log = logs.get("jobs")


@runtime_checkable
class JobLeases(Protocol):
    """What is needed of a catalog that brokers share; see :class:`broker.storage.catalog.cluster.JobCatalog`."""

    async def claim_job(self, job: str, lease_ms: int) -> int | None: ...

    async def release_job(self, job: str, token: int) -> None: ...


class OwnLeases:
    """The only broker there is may do everything."""

    async def claim_job(self, job: str, lease_ms: int) -> int | None:
        return 0

    async def release_job(self, job: str, token: int) -> None:
        """Nobody else waits for it."""


class Job(Protocol):
    """Something to be done again and again, in parts that different brokers may do at the same time."""

    name: str
    lease_ms: int = LEASE_MS
    """For how long a part is this broker's, when it does not say that it still is."""
    keeps_leases: bool = False
    """A part's lease is kept until the next time: nobody else does it in between."""

    def rest_s(self) -> float:
        """How long to rest between two times."""
        ...

    async def due(self) -> Sequence[str]:
        """The parts there is something to do in."""
        ...

    async def step(self, part: str) -> bool:
        """Do a bounded piece of it; whether there is more to do now. Raises BrokerError: then it is tried again later."""
        ...


class JobRunner:
    """Owns the rhythms. :meth:`run` ends by being cancelled, or by ``StorageFailed``: then the broker must stop."""

    def __init__(
        self,
        jobs: Sequence[Job],
        leases: JobLeases,
        *,
        node_id: Callable[[], int] = lambda: 0,
        node_ids: Callable[[], Iterable[int]] = lambda: (),
        first_s: float = 30.0,
    ) -> None:
        """``node_ids`` are the brokers there are now; ``first_s`` is how long after the start jobs begin at the earliest."""
        self._jobs = jobs
        self._leases = leases
        self._node_id = node_id
        self._node_ids = node_ids
        self._first_s = first_s
        self._times: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._complaints = logs.LineLimiter(per_second=1 / 60)

    async def run(self) -> None:
        """Run the jobs until cancelled."""
        failed: list[StorageFailed] = []

        async def keep(job: Job) -> None:
            rest_s = min(self._first_s, job.rest_s())
            while not failed:
                await anyio.sleep(rest_s)
                try:
                    rest_s = await self.run_once(job)
                except StorageFailed as error:
                    failed.append(error)
                    tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for job in self._jobs:
                tasks.start_soon(keep, job)
        if failed:
            raise failed[0]

    async def run_once(self, job: Job) -> float:
        """Do what is due of a job now; after how long to come again. Raises StorageFailed."""
        began = anyio.current_time()
        self._times[job.name] = times = self._times.get(job.name, -1) + 1
        failures: list[BrokerError] = []
        try:
            parts = await job.due()
            node_id, node_ids = self._node_id(), list(self._node_ids())
            own = [part for part in parts if is_first_choice(f"{job.name}/{part}", node_id, node_ids)]
            others = [part for part in parts if part not in own] if times % 2 else []
            for part in (*own, *others):
                await self._do(job, part, failures)
        except BrokerError as error:  # of the catalog, which every part needs
            failures.append(error)
        if failures:
            return self._failed(job, failures[0])
        if self._failures.pop(job.name, 0):
            _log.info("goes on", job=job.name)
        JOBS.ran(job.name, anyio.current_time() - began)
        return job.rest_s()

    async def _do(self, job: Job, part: str, failures: list[BrokerError]) -> None:
        """What the part itself fails with goes into ``failures``. Raises what the leases raise."""
        lease_ms = max(int(2500 * job.rest_s()), job.lease_ms) if job.keeps_leases else job.lease_ms
        lease = f"{job.name}/{part}"
        token = await self._leases.claim_job(lease, lease_ms)
        if token is None:
            return
        try:
            claimed = anyio.current_time()
            while await self._step(job, part, failures):
                await anyio.lowlevel.checkpoint()
                if anyio.current_time() - claimed >= _RENEW_AFTER_S:
                    if await self._leases.claim_job(lease, lease_ms) is None:
                        return
                    claimed = anyio.current_time()
        finally:
            if not job.keeps_leases:
                with anyio.move_on_after(1, shield=True):
                    try:
                        await self._leases.release_job(lease, token)
                    except BrokerError:
                        pass  # it runs out

    async def _step(self, job: Job, part: str, failures: list[BrokerError]) -> bool:
        try:
            return await job.step(part)
        except BrokerError as error:
            failures.append(error)
            return False

    def _failed(self, job: Job, error: BrokerError) -> float:
        count = self._failures[job.name] = self._failures.get(job.name, 0) + 1
        JOBS.failed(job.name)
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            _log.warning("is late", job=job.name, reason=str(error), failures=count, lines_held_back=held_back)
        return float(min(FIRST_RETRY_S * 2 ** min(count - 1, 16), LONGEST_RETRY_S, max(job.rest_s(), FIRST_RETRY_S)))
