"""The ledgers of members are read rightly: a check that overlooks something would prove nothing."""

from tests.clients.group_ledger import Event, Tenure, overlaps, parse, places, tenures


def test_lines_are_read_but_for_a_last_one_that_is_cut_off() -> None:
    """A killed member may have been writing."""
    text = "5 assigned 0 2\n6 read 2 10 13\n7 committed 2 10 13\n8 revok"

    assert list(parse("m", text)) == [
        Event(5, "m", "assigned", (0, 2)),
        Event(6, "m", "read", (2,), 10, 13),
        Event(7, "m", "committed", (2,), 10, 13),
    ]
    assert places(parse("m", text)) == [(2, 10), (2, 11), (2, 12)]


def test_two_at_once_are_found() -> None:
    """Also when the first still has the partition at the end, or had it before and after."""
    events = [
        Event(1, "a", "assigned", (0, 1)),
        Event(5, "a", "revoked", (0,)),
        Event(5, "b", "assigned", (0,)),
        Event(8, "b", "assigned", (1,)),
        Event(9, "b", "lost", (0, 1)),
        Event(12, "c", "assigned", (1,)),
    ]
    found = tenures(events)

    assert Tenure(0, "a", 1, 5) in found
    assert {(first.member, second.member, second.partition) for first, second in overlaps(found, 20)} == {
        ("a", "b", 1),
        ("a", "c", 1),
    }
    assert overlaps([tenure for tenure in found if tenure.partition == 0], 20) == []
