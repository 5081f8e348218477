"""Memory that another process writes is lent for one answer after the other."""

import gc
import os
import random

import pytest

from broker.log.far_memory import REGIONS_MAX, FarMemory


def test_a_region_is_lent_until_the_last_view_of_it_is_gone() -> None:
    """Slices of slices among them."""
    memory = FarMemory(3 << 20, 1 << 20)
    assert memory.free == 3
    number = memory.lend()
    assert number is not None
    os.pwrite(memory.descriptors[number], b"abcdef", 0)
    view = memory.view(number, 6)
    assert (bytes(view), view.readonly) == (b"abcdef", True)
    part = view[1:4][1:]
    del view
    assert (memory.free, bytes(part)) == (2, b"cd")
    del part
    gc.collect()
    assert memory.free == 3
    assert memory.lend() == number, "its pages are there"
    memory.give_back(number)
    memory.close()


def test_what_is_held_outlives_the_process_it_came_from() -> None:
    """Whoever has bytes has them until he lets go."""
    memory = FarMemory(1 << 20, 1 << 20)
    number = memory.lend()
    assert number == 0
    os.pwrite(memory.descriptors[0], b"abc", 0)
    view = memory.view(0, 3)
    memory.close()
    del memory
    gc.collect()
    assert bytes(view) == b"abc"


def test_there_are_no_more_than_was_asked_for() -> None:
    """Nor than can be told of at once; with none, none is lent."""
    for total, count in ((0, 0), (100, 0), (1 << 20, 1), (1 << 40, REGIONS_MAX)):
        memory = FarMemory(total, 1 << 20)
        assert len(list(iter(memory.lend, None))) == count
        assert memory.lend() is None
        memory.close()


@pytest.mark.parametrize("seed", range(5))
def test_no_region_is_lent_twice_at_once(seed: int) -> None:
    """In whatever order they are taken and let go."""
    dice = random.Random(seed)
    memory = FarMemory(4 << 12, 1 << 12)
    held: list[tuple[int, memoryview, bytes]] = []
    for _ in range(300):
        if dice.random() < 0.5 and (number := memory.lend()) is not None:
            assert number not in [each for each, _, _ in held]
            data = dice.randbytes(dice.randint(1, 1 << 12))
            os.pwrite(memory.descriptors[number], data, 0)
            held.append((number, memory.view(number, len(data)), data))
        elif held:
            held.pop(dice.randrange(len(held)))
        assert all(view == data for _, view, data in held)
        assert memory.free == 4 - len(held)
    held.clear()
    memory.close()
