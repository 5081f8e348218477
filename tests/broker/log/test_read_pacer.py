"""Reads that give way: not at all while there is time, longer the later the event loop is, and never for long."""

import itertools
import time
from typing import Any

import anyio
import pytest
import trio.testing

from broker.log.giving_way import LEAST_SHARE, SLOW_AT_FIRST
from broker.log.read_pacer import AFTER_S, BURST_S, BUSY, LATE_S, OTHERS_S, REST_MAX_S, ReadPacer

pytestmark = pytest.mark.anyio


def paced(late_s: float, times: int = 50) -> ReadPacer:
    pacer = ReadPacer()
    for _ in range(times):
        pacer.observe(late_s)
    return pacer


def test_rests_grow_with_lateness_and_are_bounded() -> None:
    """What is late once in a while is nothing; what is early counts as in time."""
    assert paced(LATE_S / 2).rest_s == 0
    assert paced(-1.0).rest_s == 0
    assert 0 < paced(2 * LATE_S).rest_s < paced(3 * LATE_S).rest_s < REST_MAX_S
    assert paced(1.0).rest_s == REST_MAX_S
    assert paced(2 * LATE_S, 1).rest_s == 0
    pacer = paced(1.0)
    for _ in range(50):
        pacer.observe(0.0)
    assert pacer.rest_s == 0


def test_a_busy_loop_is_not_for_far_reads_while_others_want_it() -> None:
    """Alone they may have all of it; with others they rest, the longer the busier it is, before anybody is late."""
    now = 0.0
    pacer = ReadPacer(lambda: now)
    for _ in range(50):
        pacer.observe(0.0, 1.0)
    assert pacer.rest_s == 0
    pacer.others_worked = True
    assert pacer.rest_s == pytest.approx(REST_MAX_S, rel=0.01)
    for _ in range(50):
        pacer.observe(0.0, (1 + BUSY) / 2)
    assert pacer.rest_s == pytest.approx(REST_MAX_S / 2, rel=0.01)
    now = OTHERS_S + 0.1
    assert pacer.rest_s == 0, "they have gone"
    pacer.others_worked = True
    for _ in range(50):
        pacer.observe(0.0, BUSY - 0.01)
    assert pacer.rest_s == 0, "there is time for everybody"


class TestBursts:
    """In time that passes when nobody has anything to do."""

    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, Any]]:
        return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}

    async def test_beside_producers_reads_come_in_bursts(self) -> None:
        """With rests between them, as long as commits ask for; alone there are none."""
        pacer = ReadPacer(anyio.current_time, lambda: 0.0)
        began: list[float] = []

        async def read(times: int) -> None:
            for _ in range(times):
                async with pacer.reading():
                    began.append(anyio.current_time())
                    await anyio.sleep(0.01)

        start = anyio.current_time()
        await read(100)
        assert anyio.current_time() - start == pytest.approx(1.0)
        began.clear()

        async def produce() -> None:
            while True:
                pacer.committed(0.002, 0)
                await anyio.sleep(0.05)

        pacer.giving_way.slow = 0.1
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(produce)
            async with anyio.create_task_group() as readers:
                readers.start_soon(read, 20)
                readers.start_soon(read, 20)
            tasks.cancel_scope.cancel()
        rests = [later - earlier for earlier, later in itertools.pairwise(began) if later - earlier > 0.05]
        assert len(rests) == pytest.approx(4, abs=1), "bursts of a twentieth of a second"
        for rest_s in rests:
            assert (BURST_S + AFTER_S) * 5 < rest_s < (BURST_S + 2 * AFTER_S) / LEAST_SHARE


    async def test_a_reader_comes_nearer_to_the_end_whatever_that_costs(self) -> None:
        """Twice as much is read as is written, by each, and hardly more where reads disturb."""
        pacer = ReadPacer(anyio.current_time, lambda: 0.0)
        pacer.giving_way.slow = 1.0
        read_bytes = 0

        async def read() -> None:
            nonlocal read_bytes
            while True:
                async with pacer.reading():
                    await anyio.sleep(0.001)
                    read_bytes += 1 << 16
                    pacer.has_read(1 << 16)

        async def produce() -> None:
            while True:
                pacer.committed(1.0, 50_000)
                await anyio.sleep(0.005)

        async with anyio.create_task_group() as tasks:
            for each in (produce, read, read):
                tasks.start_soon(each)
            await anyio.sleep(30)
            tasks.cancel_scope.cancel()
        written = 30 * 200 * 50_000
        assert 2 * 2 * written * 0.9 < read_bytes < 2 * 2 * written * 1.6


def test_a_commit_is_compared_with_those_that_nobody_read_beside() -> None:
    """What began while somebody read, or just after, counts as beside it."""
    now = 100.0
    pacer = ReadPacer(lambda: now)
    for _ in range(500):
        now += 0.01
        pacer.committed(0.002, 0)
    assert pacer.giving_way.threshold_s == pytest.approx(0.002, rel=0.1)
    assert pacer.giving_way.slow == SLOW_AT_FIRST
    pacer._read_until = now
    now += AFTER_S
    pacer.committed(0.5, 0)
    assert pacer.giving_way.slow > SLOW_AT_FIRST
    known = pacer.giving_way.threshold_s
    now += 1
    pacer.committed(0.002, 0)
    assert pacer.giving_way.threshold_s < known


class TestWhileItRuns:
    """On a real event loop."""

    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, Any]]:
        return "asyncio", {}

    async def test_measures_while_somebody_reads_and_only_then(self) -> None:
        """A loop that is kept busy is late."""
        pacer = ReadPacer()
        seen: list[float] = []
        observe = pacer.observe
        pacer.observe = lambda late_s, busy: (seen.append(late_s), observe(late_s, busy))[1]  # type: ignore[method-assign,func-returns-value,misc,assignment]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pacer.run)
            await anyio.sleep(0.1)
            assert seen == []
            async with pacer.reading():
                while pacer.rest_s < REST_MAX_S:
                    time.sleep(0.04)  # noqa: ASYNC251 - the loop is to be late
                    await anyio.sleep(0)  # noqa: ASYNC115
            began = anyio.current_time()
            async with pacer.reading():
                assert anyio.current_time() - began >= REST_MAX_S / 4
            assert pacer.busy > 0
            tasks.cancel_scope.cancel()
