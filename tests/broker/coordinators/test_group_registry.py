"""Which groups there are, and what they take together."""

from broker.coordinators.group_registry import GroupRegistry, OwnedGroup
from broker.coordinators.groups.limits import GROUP_BYTES, GroupPolicy
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.wake_ups import WakeUps
from broker.model import CommittedOffset
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics
from tests.broker.coordinators.groups.test_share_group import Sharer


class Registry(GroupRegistry):
    def __init__(self, **policy: int) -> None:
        self.offsets = OffsetTable()
        self.timers = WakeUps()
        super().__init__(GroupPolicy(**policy), self.offsets, self.timers)


def test_the_totals_follow_the_groups() -> None:
    """Members, ids given out, names; and back to nothing when they go."""
    registry = Registry()
    owned = registry.create("group")
    assert registry.state_bytes_total == GROUP_BYTES + 5
    member = Member("m", None, "c", "/h", 1, 1, (("range", b"12345"),))
    owned.group.roster.add(member, None)
    owned.group.roster.pending.update(a=1, b=2)
    registry.count(owned)
    assert (registry.members_total, registry.pending_total) == (1, 2)
    assert registry.state_bytes_total == GROUP_BYTES + 5 + member.state_bytes

    registry.forget(owned)
    registry.forget(owned)
    assert (len(registry), registry.pending_total, registry.state_bytes_total) == (0, 0, 0)
    assert registry.members_total == 0
    assert owned.group.state is GroupState.DEAD


def test_a_group_that_has_just_come_was_empty_before() -> None:
    """So that what has become of it since is told; it counts at once."""
    registry = Registry()
    group = ShareGroup("group", GroupPolicy(), FakeTopics(t=1))
    Sharer("one").beat(group)
    owned = registry.enter(group)

    assert (owned.shown, owned.generation_counted, group.state) == (GroupState.EMPTY, 0, GroupState.STABLE)
    assert (registry.get("group"), registry.share_groups, registry.members_total) == (owned, 1, 1)


def test_it_is_full_by_number_or_by_memory() -> None:
    """Whichever comes first."""
    by_number, by_memory = Registry(groups_max=1), Registry(total_bytes_max=GROUP_BYTES)
    for registry in (by_number, by_memory):
        assert not registry.is_full
        registry.create("g")
        assert registry.is_full


def test_a_group_is_void_only_when_nothing_is_left_of_it() -> None:
    """Not while it is stored, in use, joined soon, or has offsets."""

    def remains(spoil: object) -> bool:
        registry = Registry()
        owned = registry.create("g")
        spoil(registry, owned)  # type: ignore[operator]
        registry.forget_if_void(owned)
        return "g" in registry

    def offsets(registry: Registry, owned: OwnedGroup) -> None:
        registry.offsets.put(("g", "t", 0), CommittedOffset(offset=1))

    assert not remains(lambda registry, owned: None)
    assert remains(lambda registry, owned: setattr(owned, "is_stored", True))
    assert remains(lambda registry, owned: setattr(owned, "changes", 1))
    assert remains(lambda registry, owned: owned.group.roster.pending.update(a=1))
    assert remains(lambda registry, owned: setattr(owned.group, "state", GroupState.STABLE))
    assert remains(offsets)


def test_a_group_that_is_gone_is_not_woken() -> None:
    """Nor is a later one of its name forgotten in its place."""
    registry = Registry()
    owned = registry.create("g")
    registry.timers.wake_at("g", 5)
    registry.forget(owned)
    assert registry.timers.due(5) == []

    successor = registry.create("g")
    registry.forget(owned)
    assert registry.get("g") is successor
    assert registry.all() == [successor]
