"""The thread that serves at once what gathered while it was busy."""

from collections.abc import Callable
from threading import Event

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.batching_thread import BatchingThread, Job

pytestmark = pytest.mark.parametrize(
    "anyio_backend", [("asyncio", {"use_uvloop": True}), ("asyncio", {}), ("trio", {})]
)


class Doubler:
    """Doubles numbers, a batch at a time; waits before each batch while it is held; odd ones are refused."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.entered = Event()
        self.release = Event()
        self.release.set()

    def work(self, jobs: list[Job[int, int]]) -> None:
        self.entered.set()
        self.release.wait(10)
        self.batches.append([job.request for job in jobs])
        for job in jobs:
            if job.request < 0:
                raise ZeroDivisionError
            if job.request % 2:
                job.error = StorageUnavailable("odd")
            else:
                job.result = job.request * 2


async def test_requests_are_answered_each_for_itself() -> None:
    """With a result or an error."""
    thread = BatchingThread("doubler", Doubler().work)

    assert await thread.run(4) == 8
    with pytest.raises(StorageUnavailable):
        await thread.run(3)
    await thread.aclose()


async def test_what_gathers_is_one_batch_in_order() -> None:
    """While the first is being served."""
    doubler = Doubler()
    doubler.release.clear()
    thread = BatchingThread("doubler", doubler.work)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(thread.run, 0)
        await anyio.to_thread.run_sync(doubler.entered.wait)
        for number in range(2, 20, 2):
            tasks.start_soon(thread.run, number)
            await anyio.wait_all_tasks_blocked()
        doubler.release.set()

    assert doubler.batches == [[0], list(range(2, 20, 2))]
    await thread.aclose()


async def test_a_bug_reaches_the_caller_and_not_the_next_one() -> None:
    """Nobody waits for ever."""
    thread = BatchingThread("doubler", Doubler().work)

    with pytest.raises(ZeroDivisionError):
        await thread.run(-2)
    assert await thread.run(2) == 4
    await thread.aclose()


async def test_a_cancelled_caller_stops_nothing() -> None:
    """Its job is done without it."""
    doubler = Doubler()
    thread = BatchingThread("doubler", doubler.work)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await thread.run(6)
    await thread.run(8)

    assert [number for batch in doubler.batches for number in batch] == [6, 8]
    await thread.aclose()


async def test_upkeep_runs_between_batches_and_alone_while_there_is_some() -> None:
    """It is told whether anybody waits."""
    left, seen, finished = 3, [], Event()

    def rest(idle: bool) -> bool:
        nonlocal left
        seen.append(idle)
        left -= 1
        if left == 0:
            finished.set()
        return left > 0

    thread = BatchingThread("doubler", Doubler().work, rest)
    await thread.run(2)
    await anyio.to_thread.run_sync(finished.wait)

    assert seen == [True, True, True]
    await thread.aclose()


async def test_closing_serves_what_is_queued() -> None:
    """And nothing after."""
    doubler = Doubler()
    doubler.release.clear()
    thread = BatchingThread("doubler", doubler.work)
    answers: list[int] = []

    async def ask(number: int) -> None:
        answers.append(await thread.run(number))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, 2)
        tasks.start_soon(ask, 4)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(thread.aclose)
        await anyio.wait_all_tasks_blocked()
        doubler.release.set()

    assert sorted(answers) == [4, 8]
    with pytest.raises(StorageUnavailable):
        await thread.run(2)
    await thread.aclose()


async def test_an_abandoned_loop_does_not_hurt_the_thread() -> None:
    """A wake-up that finds nobody is dropped."""
    thread = BatchingThread("doubler", Doubler().work)
    await thread.run(2)

    def gone(*_: object) -> None:
        raise RuntimeError("loop is closed")

    real: Callable[..., object] | None = thread._wake
    thread._wake = gone
    with anyio.move_on_after(0.05):
        await thread.run(4)
    thread._wake = real
    assert await thread.run(6) == 12
    await thread.aclose()


async def test_upkeep_that_fails_leaves_nobody_hanging() -> None:
    """Later callers hear of it, for the thread's state is in doubt."""

    def rest(idle: bool) -> bool:
        raise ZeroDivisionError

    thread = BatchingThread("doubler", Doubler().work, rest)
    assert await thread.run(2) == 4
    with anyio.fail_after(10), pytest.raises(ZeroDivisionError):
        await thread.run(4)
    await thread.aclose()
