"""Reads that give way: not at all while there is time, longer the later the event loop is, and never for long."""

import itertools
import time
from typing import Any

import anyio
import pytest
import trio.testing

from broker.log.giving_way import BLOCK, LEAST_SHARE, GivingWay
from broker.log.read_pacer import (
    AFTER_S,
    ALONE_EVERY_S,
    ALONE_FOR_S,
    APART_S,
    BURST_S,
    BUSY,
    LATE_S,
    OTHERS_S,
    REST_MAX_S,
    ReadPacer,
)

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


def lose(way: GivingWay) -> None:
    """Reads disturb as much as can be."""
    for _ in range(BLOCK):
        way.alone(0.001)
    for _ in range(100):
        way.beside(1.0)
    assert way.share == pytest.approx(LEAST_SHARE)


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

        lose(pacer.giving_way)
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


    async def test_readers_who_are_always_there_rest_now_and_then(self) -> None:
        """So that it is known what commits take without; not where nobody commits, or it is of no interest."""
        for slowed, producing in ((0.003, True), (0.003, False), (1.0, True)):
            pacer = ReadPacer(anyio.current_time, lambda: 0.0, slowed=slowed)
            began: list[float] = []

            async def read(pacer: ReadPacer, began: list[float]) -> None:
                while True:
                    async with pacer.reading():
                        began.append(anyio.current_time())
                        await anyio.sleep(0.01)

            async def produce(pacer: ReadPacer) -> None:
                while True:
                    pacer.committed(0.001, 0)
                    await anyio.sleep(0.002)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read, pacer, began)
                if producing:
                    tasks.start_soon(produce, pacer)
                await anyio.sleep(20)
                began.clear()
                await anyio.sleep(6 * ALONE_EVERY_S)
                tasks.cancel_scope.cancel()
            rests = [later - earlier for earlier, later in itertools.pairwise(began) if later - earlier > 0.1]
            if producing and slowed < 1:
                assert 4 <= len(rests) <= 6
                assert all(ALONE_FOR_S <= rest_s < ALONE_FOR_S + 0.3 for rest_s in rests)
                assert pacer.giving_way.threshold_s == 0.001
            else:
                assert not rests

    async def test_a_reader_comes_nearer_to_the_end_whatever_that_costs(self) -> None:
        """Twice as much is read as is written, by each, and hardly more where reads disturb."""
        pacer = ReadPacer(anyio.current_time, lambda: 0.0)
        lose(pacer.giving_way)
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
    """What began soon after a read counts neither as beside it nor as alone, unless there still are readers."""
    now = 100.0
    pacer = ReadPacer(lambda: now)
    way = pacer.giving_way
    for _ in range(500):
        now += 0.01
        pacer.committed(0.002, 0)
    assert way.threshold_s == 0.002
    for _ in range(1000):
        way.beside(0.001)
    way.beside(0.5)
    first = way.share
    pacer._read_until = now
    now += AFTER_S
    pacer.committed(0.06, 0)
    assert (fallen := way.share) < first < 1
    now = pacer._read_until + APART_S
    pacer.committed(0.05, 0)
    assert way.share == fallen
    assert 0.05 not in way._block
    pacer._readers = 1
    pacer.committed(0.05, 0)
    assert way.share < fallen
    assert 0.05 not in way._block
    fallen = way.share
    now += 0.1
    pacer.committed(0.05, 0)
    assert way.share < fallen, "who rests is there"
    assert 0.05 in way._block


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
