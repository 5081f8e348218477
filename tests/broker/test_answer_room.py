"""What answers may take of memory, together."""

from hypothesis import given
from hypothesis import strategies as st

from broker.answer_room import UNLIMITED, AnswerRoom

MIB = 1 << 20


def test_a_fetch_has_half_of_what_is_free() -> None:
    """The first as much as it asks for, then less and less; what is being read counts, too."""
    room = AnswerRoom(32 * MIB)
    assert room.most(4 * MIB) == 4 * MIB
    assert room.most(50 * MIB) == 16 * MIB
    room.take(16 * MIB)
    with room.reading(8 * MIB):
        assert room.most(50 * MIB) == 4 * MIB
    assert room.most(50 * MIB) == 8 * MIB
    room.give_back(16 * MIB)
    assert room.most(50 * MIB) == 16 * MIB


def test_one_batch_is_had_in_any_case() -> None:
    """However much is held, and whatever was asked for: a reader must get on."""
    room = AnswerRoom(MIB)
    room.take(5 * MIB)
    assert room.most(MIB) == 1
    assert room.most(0) == 1


def test_it_is_scarce_when_an_eighth_is_left() -> None:
    """Not because of what is being read: that is not taken yet."""
    room = AnswerRoom(8 * MIB)
    room.take(7 * MIB)
    assert not room.is_scarce
    room.take(1)
    assert room.is_scarce


def test_without_a_limit_everybody_has_what_they_ask_for() -> None:
    """For parts that have no clients."""
    room = AnswerRoom()
    room.take(1 << 40)
    assert room.limit == UNLIMITED
    assert room.most(1 << 31) == 1 << 31


@given(st.lists(st.integers(1, 100 * MIB), max_size=200))
def test_answers_alone_never_go_beyond_the_limit(asked: list[int]) -> None:
    """But for a byte each: those are the batches that come in any case."""
    room = AnswerRoom(32 * MIB)
    for wanted in asked:
        room.take(room.most(wanted))
    assert room.used <= room.limit + len(asked)
