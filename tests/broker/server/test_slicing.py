"""Large answers take turns, a slice at a time."""

import itertools
import random
from collections.abc import Callable

import pytest

from broker.answer_room import AnswerRoom
from broker.server.slicing import SLICE_BYTES, Rest, Turns


class Sender:
    """Has so many slices left."""

    def __init__(self, name: str, left: int, sent: list[str]) -> None:
        self.name = name
        self.left = left
        self.sent = sent

    def send_slice(self) -> bool:
        self.sent.append(self.name)
        self.left -= 1
        return self.left > 0


def test_one_slice_leaves_in_an_iteration_and_senders_take_turns() -> None:
    """Whoever has more waits behind all others who have."""
    soon: list[Callable[[], None]] = []
    sent: list[str] = []
    turns = Turns(soon.append)
    for name, left in (("a", 3), ("b", 1), ("c", 2)):
        turns.join(Sender(name, left, sent))
    while soon:
        assert len(soon) == 1
        before = len(sent)
        soon.pop()()
        assert len(sent) == before + 1
    assert "".join(sent) == "abcaca"
    turns.join(Sender("d", 1, sent))
    assert len(soon) == 1, "it begins anew"


@pytest.mark.parametrize("seed", range(20))
def test_the_bytes_come_out_as_they_went_in(seed: int) -> None:
    """However many buffers of whatever kind and size there are, and however much is taken at a time; nothing is copied."""
    dice = random.Random(seed)
    rest = Rest()
    put = bytearray()
    got = bytearray()
    for _ in range(60):
        if dice.random() < 0.5:
            chunks = [dice.randbytes(dice.choice((0, 1, 7, 300))) for _ in range(dice.randrange(4))]
            kinds = [dice.choice((bytes, bytearray, memoryview))(each) for each in chunks]
            rest.add(kinds)
            put += b"".join(chunks)
        else:
            size = dice.choice((0, 1, 5, 100, 1000))
            taken = rest.take(size)
            assert sum(map(len, taken)) == min(size, len(put) - len(got))
            got += b"".join(taken)
        assert rest.size == len(put) - len(got)
    got += b"".join(rest.take(rest.size))
    assert got == put


def test_a_buffer_takes_room_until_its_last_byte_is_taken() -> None:
    """All of it is in memory until then. Buffers that are views of one object are until the last of them is, wherever they are."""
    room = AnswerRoom()
    rest, other = Rest(room), Rest(room)
    whole = memoryview(bytearray(1000))
    rest.add([whole[:300], whole[300:600], bytes(50), whole[600:], whole[:0]])
    other.add([bytes(7)])
    assert (room.used, rest.held) == (1057, 1050)
    rest.take(500)
    assert room.used == 1057
    rest.take(150)
    assert room.used == 1007, "what lies between them, and none of them"
    rest.take(399)
    assert (room.used, rest.size) == (1007, 1)
    rest.take(1)
    assert (room.used, rest.held) == (7, 0)
    rest.add([whole[:500], whole[500:]])
    rest.take(700)
    rest.clear()
    assert (room.used, rest.held) == (7, 0)


@pytest.mark.parametrize("seed", range(20))
def test_all_room_is_given_back_in_the_end(seed: int) -> None:
    """However buffers are made, and however much is taken at a time; it is never less than what is left."""
    dice = random.Random(seed)
    room = AnswerRoom()
    rest = Rest(room)
    for _ in range(200):
        if dice.random() < 0.4:
            base = memoryview(bytes(dice.randrange(400)))
            cuts = sorted(dice.randrange(len(base) + 1) for _ in range(dice.randrange(4)))
            rest.add([base[begin:end] for begin, end in itertools.pairwise((0, *cuts, len(base)))])
        else:
            rest.take(dice.randrange(300))
        assert room.used == rest.held >= rest.size
    rest.take(rest.size)
    assert room.used == 0


def test_what_is_taken_is_a_view() -> None:
    """A slice of a buffer, not a copy of it; what is not wanted any more is let go."""
    rest = Rest()
    whole = bytearray(SLICE_BYTES * 2)
    rest.add([whole])
    (first,) = rest.take(SLICE_BYTES)
    whole[0] = 7
    assert first[0] == 7
    rest.clear()
    assert rest.size == 0
    assert rest.take(10) == []
