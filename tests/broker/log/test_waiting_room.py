"""Waiting for data: who is woken, when, and that nobody stays behind."""

import anyio
import pytest

from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds

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


def bounds(stable: int, end: int) -> LogBounds:
    return LogBounds(0, end, stable, 0, 0)


class Ends:
    """Where partitions end, moved by hand; every partition that was not named is unknown."""

    def __init__(self, **ends: LogBounds) -> None:
        self.now: dict[int, LogBounds] = {int(name[1:]): value for name, value in ends.items()}

    def __call__(self, pid: int) -> LogBounds | None:
        return self.now.get(pid)


async def test_a_committed_reader_counts_plain_batches_like_everybody() -> None:
    """While nothing is open it is not woken for less than it misses."""
    ends, room = Ends(p1=bounds(5, 5)), WaitingRoom()
    waiter = room.enter([1], 100, ends)
    for end in (6, 7):
        assert not waiter.is_woken
        ends.now[1] = bounds(end, end)
        room.arrived(1, 50)
    assert waiter.is_woken


async def test_a_committed_reader_sleeps_through_an_open_transaction() -> None:
    """Whatever is written into it or behind it; others are woken by their bytes."""
    ends, room = Ends(p1=bounds(5, 6)), WaitingRoom()
    committed, other = room.enter([1], 1, ends), room.enter([1], 5000)
    for end in range(7, 107):
        ends.now[1] = bounds(5, end)
        room.arrived(1, 1000)
    assert not committed.is_woken
    assert other.is_woken


async def test_a_committed_reader_is_woken_by_the_end_that_moves_the_stable_offset() -> None:
    """Not by that of a later transaction while an earlier one is open. To others the marker is so many bytes."""
    ends, room = Ends(p1=bounds(5, 20)), WaitingRoom()
    committed, other = room.enter([1], 10**6, ends), room.enter([1], 100)
    ends.now[1] = bounds(5, 21)
    room.transaction_ended(1, 78)
    assert not committed.is_woken
    assert not other.is_woken
    ends.now[1] = bounds(22, 22)
    room.transaction_ended(1, 78)
    assert committed.is_woken
    assert other.is_woken


async def test_plain_batches_before_the_first_of_a_transaction_wake_a_committed_reader() -> None:
    """One group had both: how much of it is stable, the reader must find out."""
    ends, room = Ends(p1=bounds(5, 5)), WaitingRoom()
    waiter = room.enter([1], 10**6, ends)
    ends.now[1] = bounds(6, 9)
    room.arrived(1, 400)
    assert waiter.is_woken


async def test_an_end_before_the_arrival_is_told_is_not_lost() -> None:
    """Two commits may both be visible when the first of them is told: the marker's wakes the reader all the same."""
    ends, room = Ends(p1=bounds(5, 5)), WaitingRoom()
    waiter = room.enter([1], 10**6, ends)
    ends.now[1] = bounds(9, 9)
    room.arrived(1, 400)
    assert not waiter.is_woken
    room.transaction_ended(1, 78)
    assert waiter.is_woken


async def test_an_arrival_that_finds_the_transaction_ended_wakes() -> None:
    """What was open is stable now, and how much that is, the reader must find out."""
    ends, room = Ends(p1=bounds(5, 20)), WaitingRoom()
    waiter = room.enter([1], 10**6, ends)
    ends.now[1] = bounds(25, 25)
    room.arrived(1, 100)
    assert waiter.is_woken


async def test_where_bounds_cannot_be_looked_at_nothing_is_missed() -> None:
    """A catalog elsewhere: bytes count as they arrive, and every end of a transaction wakes."""
    ends, room = Ends(), WaitingRoom()
    waiter, other = room.enter([1], 100, ends), room.enter([1], 100, ends)
    room.arrived(1, 99)
    assert not waiter.is_woken
    room.transaction_ended(1, 78)
    assert waiter.is_woken
    assert other.is_woken


async def test_says_what_is_waited_for_and_by_whom() -> None:
    """For those who look at logs on behalf of who waits."""
    room = WaitingRoom()
    plain = room.enter([1, 2])
    committed = room.enter([2, 3], 1, lambda pid: None)
    assert set(room.pids()) == {1, 2, 3}
    assert [room.awaits_stable(pid) for pid in (1, 2, 3, 4)] == [False, True, True, False]
    room.wake_all()
    assert plain.is_woken
    assert committed.is_woken
    room.leave(plain)
    room.leave(committed)
    assert set(room.pids()) == set()
