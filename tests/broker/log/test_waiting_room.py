"""Waiting for data: who is woken, when, and that nobody stays behind."""

import anyio
import pytest

from broker.log.waiting_room import WaitingRoom

pytestmark = pytest.mark.anyio


async def test_a_waiter_wakes_when_enough_bytes_arrived_on_its_partitions_together() -> None:
    """Bytes of all its partitions count, those of others do not."""
    room = WaitingRoom()
    waiter = room.enter([1, 2], 100)
    room.arrived(1, 60)
    room.arrived(3, 1000)
    assert not waiter.is_woken
    room.arrived(2, 40)
    assert waiter.is_woken
    await waiter.wait()


async def test_bytes_already_there_count() -> None:
    """What the reader found itself is taken off what is missing."""
    room = WaitingRoom()
    waiter = room.enter([1], 100)
    waiter.add(99)
    assert not waiter.is_woken
    room.arrived(1, 1)
    assert waiter.is_woken


async def test_waking_a_partition_wakes_its_waiters_whatever_arrived() -> None:
    """A deleted partition ends the wait of those who wait for it, and of nobody else."""
    room = WaitingRoom()
    waiter, other = room.enter([1], 10**9), room.enter([2], 1)
    room.wake(1)
    assert waiter.is_woken
    assert not other.is_woken


async def test_closing_wakes_everyone_now_and_later() -> None:
    """A broker that stops keeps no long poll."""
    room = WaitingRoom()
    before = room.enter([1], 1)
    room.close()
    after = room.enter([1], 1)
    assert before.is_woken
    assert after.is_woken
    assert room.is_closed


async def test_nothing_is_left_of_those_who_left() -> None:
    """A partition named twice is entered once; leaving forgets both waiter and partition."""
    room = WaitingRoom()
    first, second = room.enter([1, 1, 2], 1), room.enter([1], 1)
    assert len(room) == 3
    room.leave(first)
    room.leave(first)
    room.arrived(2, 5)
    assert len(room) == 1
    assert not first.is_woken
    room.leave(second)
    assert len(room) == 0


async def test_an_arrival_wakes_a_task_that_waits() -> None:
    """The wait itself ends on arrival, without polling."""
    room = WaitingRoom()
    waiter = room.enter([1], 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waiter.wait)
        await anyio.wait_all_tasks_blocked()
        room.arrived(1, 1)
