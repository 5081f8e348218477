"""Rule: which groups there are, what they take together, and when one never was.

A group comes into being with the first request that may fill it, and goes when nobody is in it and nothing of it is stored.
"""

from collections.abc import Callable

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.limits import GROUP_BYTES, GroupPolicy
from broker.coordinators.groups.offsets import OffsetTable
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.wake_ups import WakeUps
from broker.wire.error_codes import ErrorCode

Group = ClassicGroup | ConsumerGroup | ShareGroup
"""A group of any protocol."""


class OwnedGroup:
    """A group and what only its owner keeps with it. While it is empty it may pass between the classic and the
    consumer protocol: another object then.

    ``changes`` counts what is on its way to the catalog, ``sweeps`` what of it takes expired offsets away, ``commits`` how often
    offsets were committed; ``deleting`` holds those who wait for the group's deletion.
    """

    __slots__ = (
        "changes",
        "commits",
        "deleting",
        "empty_since_ms",
        "generation_counted",
        "group",
        "is_stored",
        "members_counted",
        "pending_counted",
        "shown",
        "state_counted",
        "sweeps",
    )

    def __init__(self, group: Group, *, is_stored: bool = False, empty_since_ms: int = -1) -> None:
        self.group = group
        self.is_stored = is_stored
        self.empty_since_ms = empty_since_ms
        self.changes = self.sweeps = self.commits = 0
        self.deleting: list[Callable[[ErrorCode], None]] | None = None
        self.members_counted = 0
        self.pending_counted = 0
        self.state_counted = 0
        self.generation_counted = group.generation
        self.shown = group.state


class GroupRegistry:
    """Keeps the totals right: ``members_total``, ``pending_total`` ids given out but not used, ``state_bytes_total`` bytes of
    memory, about; of share groups, which are counted in everything, also ``share_groups`` and ``share_members``."""

    def __init__(self, policy: GroupPolicy, offsets: OffsetTable, timers: WakeUps) -> None:
        self._policy = policy
        self._offsets = offsets
        self._timers = timers
        self._groups: dict[str, OwnedGroup] = {}
        self.members_total = 0
        self.pending_total = 0
        self.state_bytes_total = 0
        self.share_groups = 0
        self.share_members = 0

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, group_id: str) -> bool:
        return group_id in self._groups

    def get(self, group_id: str) -> OwnedGroup | None:
        return self._groups.get(group_id)

    def all(self) -> list[OwnedGroup]:
        """Every group there is now; a copy, so that waiting in between does no harm."""
        return list(self._groups.values())

    @property
    def is_full(self) -> bool:
        """Whether there must be no new group."""
        policy = self._policy
        return len(self._groups) >= policy.groups_max or self.state_bytes_total >= policy.total_bytes_max

    def create(self, group_id: str) -> OwnedGroup:
        return self.add(OwnedGroup(ClassicGroup(group_id, self._policy)))

    def add(self, owned: OwnedGroup) -> OwnedGroup:
        self._groups[owned.group.group_id] = owned
        self.share_groups += isinstance(owned.group, ShareGroup)
        self.count(owned)
        return owned

    def enter(self, group: Group) -> OwnedGroup:
        """Add a group that has just come into being, with who has joined it: before that it was Empty."""
        owned = self.add(OwnedGroup(group))
        owned.shown, owned.generation_counted = GroupState.EMPTY, 0
        return owned

    def count(self, owned: OwnedGroup) -> None:
        """Take into the totals what has changed in the group."""
        members, pending = owned.group.member_count, owned.group.pending_count
        state_bytes = GROUP_BYTES + len(owned.group.group_id) + owned.group.state_bytes
        self.members_total += members - owned.members_counted
        if isinstance(owned.group, ShareGroup):
            self.share_members += members - owned.members_counted
        self.pending_total += pending - owned.pending_counted
        self.state_bytes_total += state_bytes - owned.state_counted
        owned.members_counted = members
        owned.pending_counted = pending
        owned.state_counted = state_bytes

    def forget_if_void(self, owned: OwnedGroup) -> None:
        """A group that is nowhere stored and has nobody in it never was."""
        group = owned.group
        if (
            group.state is GroupState.EMPTY
            and not owned.is_stored
            and not owned.changes
            and not group.pending_count
            and not self._offsets.of_group(group.group_id)
        ):
            self.forget(owned)

    def forget(self, owned: OwnedGroup) -> None:
        """The group is gone; whoever still holds it finds it Dead."""
        group = owned.group
        group.state = GroupState.DEAD
        if self._groups.get(group.group_id) is not owned:
            return
        del self._groups[group.group_id]
        self._timers.forget(group.group_id)
        self.members_total -= owned.members_counted
        if isinstance(group, ShareGroup):
            self.share_groups -= 1
            self.share_members -= owned.members_counted
        self.pending_total -= owned.pending_counted
        self.state_bytes_total -= owned.state_counted
        owned.members_counted = owned.pending_counted = owned.state_counted = 0
