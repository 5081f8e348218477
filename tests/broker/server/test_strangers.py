"""Who may be there without having said who they are."""

from hypothesis import given
from hypothesis import strategies as st

from broker.server.strangers import SHARE, Strangers


def test_a_flood_makes_room_for_itself() -> None:
    """Connections of other addresses stay."""
    room: Strangers[int] = Strangers(8, 10.0)
    room.enter(0, "honest", 0.0)

    left = [room.enter(number, "flood", 1.0) for number in range(1, 100)]

    assert 0 in room
    assert left[:7] == [None] * 7
    assert left[7:] == list(range(1, 93))


def test_of_many_addresses_the_one_that_came_first_leaves() -> None:
    """When no address has much of the room."""
    room: Strangers[int] = Strangers(8, 10.0)

    left = [room.enter(number, f"address {number}", 0.0) for number in range(10)]

    assert left == [None] * 8 + [0, 1]


def test_those_that_take_too_long_are_told() -> None:
    """In their order, once."""
    room: Strangers[int] = Strangers(8, 10.0)
    for number in range(3):
        room.enter(number, "a", float(number))

    assert list(room.overdue(11.5)) == [0, 1]
    assert list(room.overdue(11.5)) == []
    assert room.leave(2)
    assert not room.leave(2)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.sampled_from("abc")), max_size=200))
def test_the_room_is_never_fuller_than_it_may_be(steps: list[tuple[bool, int, str]]) -> None:
    """Whoever comes and goes; and nothing is left of who is gone."""
    room: Strangers[object] = Strangers(8, 10.0)
    inside: dict[object, str] = {}
    names = [object() for _ in range(31)]
    for comes, number, address in steps:
        guest = names[number]
        if comes and guest not in inside:
            leaving = room.enter(guest, address, 0.0)
            if leaving is not None:
                of_mine = sum(each == address for each in inside.values())
                assert (inside[leaving] == address) == (of_mine * SHARE >= 8) or inside[leaving] == address
                del inside[leaving]
            inside[guest] = address
        elif not comes:
            assert room.leave(guest) == (inside.pop(guest, None) is not None)
        assert len(room) == len(inside) <= 8
    for guest in list(inside):
        room.leave(guest)
    assert room._by_address == {}
