"""Reads that give way: not at all while there is time, longer the later the event loop is, and never for long."""

import time
from typing import Any

import anyio
import pytest

from broker.log.read_pacer import BUSY, LATE_S, OTHERS_S, REST_MAX_S, ReadPacer

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
