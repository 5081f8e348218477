"""A thread that owns something blocking (a file, a database) and serves everything that gathered while it was busy at once.

That is what makes commits group themselves without a timer: while one flush is under way the next batch queues up. The
event loop is woken once a batch, not once a job.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

from broker.errors import StorageUnavailable

Request = TypeVar("Request")
Result = TypeVar("Result")


class Job(Generic[Request, Result]):
    """One request on its way: the thread sets ``result`` or ``error``."""

    __slots__ = ("done", "error", "request", "result")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.done = anyio.Event()
        self.result: Result | None = None
        self.error: BaseException | None = None


class BatchingThread(Generic[Request, Result]):
    """Runs ``work(jobs)`` on a thread of its own; used from one event loop.

    ``work`` sets the result or error of every job. ``rest(idle)`` is called after each batch, when its callers are on their
    way already; it does a bounded piece of upkeep and says whether there is more to do. When it raises, all later jobs fail
    with what it raised.
    A caller that is cancelled leaves its job to be done without it. Ends with :meth:`aclose`, after what was queued.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[Job[Request, Result]]], None],
        rest: Callable[[bool], bool] | None = None,
    ) -> None:
        self._work = work
        self._rest = rest
        self._queue: SimpleQueue[Job[Request, Result] | None] = SimpleQueue()
        self._wake: Callable[..., object] | None = None
        self._closed = False
        self._broken: BaseException | None = None
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, request: Request) -> Result:
        """Queue ``request`` and wait for what became of it. The order of calls is the order of work."""
        if self._closed:
            raise StorageUnavailable("storage is closed")
        if self._wake is None:
            self._wake = _wake_of_this_loop()
        job: Job[Request, Result] = Job(request)
        self._queue.put(job)
        await job.done.wait()
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[return-value]

    async def aclose(self) -> None:
        """Do what is queued, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._thread.join)

    def _run(self) -> None:
        more = False
        while True:
            jobs, ended = self._take(wait=not more)
            if jobs:
                self._serve(jobs)
            if ended:
                return
            if self._rest is not None and self._broken is None:
                try:
                    more = self._rest(self._queue.empty())
                except BaseException as error:  # noqa: BLE001 - as in _serve: without its thread every later caller would hang
                    self._broken, more = error, False

    def _take(self, wait: bool) -> tuple[list[Job[Request, Result]], bool]:
        jobs: list[Job[Request, Result]] = []
        try:
            job = self._queue.get() if wait else self._queue.get_nowait()
            while job is not None:
                jobs.append(job)
                job = self._queue.get_nowait()
        except Empty:
            return jobs, False
        return jobs, True

    def _serve(self, jobs: list[Job[Request, Result]]) -> None:
        try:
            if self._broken is not None:
                raise self._broken
            self._work(jobs)
        except BaseException as error:  # noqa: BLE001 - the thread's boundary: a bug here must reach the callers, not hang them
            for job in jobs:
                if job.result is None and job.error is None:
                    job.error = error
        assert self._wake is not None
        try:
            self._wake(_release, jobs)
        except RuntimeError:
            # The loop is gone, and with it everyone who waited.
            return


def _release(jobs: list[Job[Request, Result]]) -> None:
    for job in jobs:
        job.done.set()


def _wake_of_this_loop() -> Callable[..., object]:
    """How another thread schedules a call on the running loop without waiting for it, on either of anyio's backends."""
    loop = current_token().native_token
    for name in ("call_soon_threadsafe", "run_sync_soon"):
        schedule: Callable[..., object] | None = getattr(loop, name, None)
        if schedule is not None:
            return schedule
    raise RuntimeError(f"cannot schedule calls on {type(loop).__name__}")
