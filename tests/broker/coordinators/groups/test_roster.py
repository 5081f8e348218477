"""Who is in a group, who leads, what all support. (The counters are checked on random histories in test_rebalancing.)"""

import pytest

from broker.coordinators.groups.member import Member
from broker.coordinators.groups.roster import Roster


def member(member_id: str, *protocols: str, instance: str | None = None) -> Member:
    return Member(
        member_id,
        instance,
        "c",
        "/h",
        10_000,
        60_000,
        tuple((name, member_id.encode()) for name in protocols or ("range",)),
    )


def roster(*members: Member) -> Roster:
    made = Roster()
    for each in members:
        made.add(each, None)
    return made


def test_the_first_leads_and_the_next_follows_it() -> None:
    """Until it leaves."""
    made = roster(member("a"), member("b"))
    assert made.leader == "a"
    made.remove("a")
    assert made.leader == "b"
    made.remove("b")
    assert made.leader is None


def test_only_who_has_joined_can_be_elected() -> None:
    """A leader that has joined stays; else the first that has; else nobody."""
    a, b, c = member("a"), member("b"), member("c")
    made = roster(a, b, c)
    assert not made.elect_joined_leader()
    made.await_join(c, "t")
    assert made.elect_joined_leader()
    assert made.leader == "c"
    made.await_join(b, "t")
    assert made.elect_joined_leader()
    assert made.leader == "c"


def test_support_is_what_all_members_share() -> None:
    """Leaving and new protocols change it."""
    a, b = member("a", "range", "rr"), member("b", "rr")
    made = roster(a, b)
    assert not made.supports((("range", b""),))
    assert made.supports((("range", b""), ("rr", b"")))
    assert made.select_protocol() == "rr"
    made.remove("b")
    assert made.supports((("range", b""),))
    made.update(a, (("sticky", b""),), 1, 2, None)
    assert not made.supports((("range", b""),))
    assert (a.session_timeout_ms, a.rebalance_timeout_ms) == (1, 2)


def test_a_protocol_named_twice_counts_once() -> None:
    """A hostile member cannot vote for others."""
    made = roster(member("a", "range", "range"), member("b", "rr", "range"))

    assert made.supports((("range", b""),))
    made.remove("a")
    assert made.select_protocol() == "rr"


def test_a_static_member_can_take_another_id() -> None:
    """Everything else stays, its lead and its unsynced state included."""
    made = roster(member("a", instance="i"), member("b"))
    made.pending_sync = {"a", "b"}
    made.rename(made.members["a"], "a2")

    assert set(made.members) == {"a2", "b"}
    assert made.leader == "a2"
    assert made.static_ids == {"i": "a2"}
    assert made.pending_sync == {"a2", "b"}


def test_everybody_has_joined_when_no_id_is_left_to_be_used() -> None:
    """An id given out is somebody about to join."""
    a = member("a")
    made = roster(a)
    made.pending["b"] = 1
    made.await_join(a, "t")
    assert not made.all_joined
    made.remove("b")
    assert made.all_joined


def test_nobody_joins_twice() -> None:
    """That would be a defect."""
    with pytest.raises(AssertionError):
        roster(member("a"), member("a"))


def test_the_longest_rebalance_timeout_counts() -> None:
    """Nobody is left behind because another one is fast."""
    slow = member("b")
    slow.rebalance_timeout_ms = 90_000

    assert roster(member("a"), slow).rebalance_timeout_ms == 90_000
    assert roster().rebalance_timeout_ms == 0


def test_the_leader_is_shown_all_members_with_their_metadata() -> None:
    """For the protocol that was chosen."""
    listed = roster(member("a"), member("b", instance="i")).listed("range")

    assert [(each.member_id, each.group_instance_id, each.metadata) for each in listed] == [
        ("a", None, b"a"),
        ("b", "i", b"b"),
    ]
