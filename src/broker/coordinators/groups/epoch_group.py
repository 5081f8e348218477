"""What groups have in common whose members are led by epochs: consumer groups (KIP-848) and share groups (KIP-932).

Three numbers that never fall: the *group epoch* grows when members, subscriptions or topics change; the *assignment
epoch* is the group epoch that the target assignment was made for; a *member epoch* is the assignment epoch that the
member has reached.

E1  The assignment epoch is never ahead of the group epoch.
E2  ``wake_ms`` is at or before every deadline.
E3  ``state_bytes`` is what all members take together.
E4  What has changed and was not taken by ``take_unsaved`` since, or was taken in vain, is in the next one.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from broker.coordinators.groups.consumer_member import Target
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.subscribed_topics import SubscribedTopics, Subscription, Topics
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

EPOCH_MAX = (1 << 31) - 1


class EpochMember(Subscription, Protocol):
    """One member. It is never changed, only replaced."""

    @property
    def member_id(self) -> str: ...

    @property
    def state_bytes(self) -> int:
        """What it takes in memory, about."""
        ...


AnyMember = TypeVar("AnyMember", bound=EpochMember)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTiming:
    """What the settings of the broker and of the group say of time."""

    session_timeout_ms: int = 45_000
    heartbeat_interval_ms: int = 5_000
    assignment_interval_ms: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatAnswer:
    """``assigned``: by topic id, the partitions that the member may read; None when it has been told already."""

    member_id: str
    member_epoch: int
    assigned: Mapping[bytes, Collection[int]] | None = None


@dataclass(frozen=True, slots=True)
class Unsaved(Generic[AnyMember]):
    """What has changed since it was taken last: members by id (with the target), and ids that are gone."""

    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    members: Mapping[str, tuple[AnyMember, Target]]
    removed: frozenset[str]


class EpochGroup(ABC, Generic[AnyMember]):
    """Owns members, their targets and sessions, and what of them is to be stored. Those who build on it say what the
    targets are (``_new_targets``), what they show (``_living_state``), and what else they keep of members
    (``_member_changed``, ``_member_gone``)."""

    pending_count = 0
    first_assignment_epoch = 0
    each_leaver_counts = False
    """Whether each member that goes is an epoch of its own; else all that go at once are one."""

    def __init__(self, group_id: str, policy: GroupPolicy, topics: Topics) -> None:
        self.group_id = group_id
        self.policy = policy
        self.group_epoch = 1
        self.assignment_epoch = self.first_assignment_epoch
        self.members: dict[str, AnyMember] = {}
        self.targets: dict[str, Target] = {}
        self.wake_ms = NEVER
        self.subscribed = SubscribedTopics(topics)
        self.state_bytes = 0
        self._assigned_at_ms: int | None = None
        self._session_ends: dict[str, int] = {}
        self._session_timeout_ms = GroupTiming().session_timeout_ms
        self._unsaved_members: set[str] = set()
        self._removed: set[str] = set()
        self._is_changed = False
        self._is_dead = False

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def state(self) -> GroupState:
        return GroupState.DEAD if self._is_dead else self._living_state()

    @state.setter
    def state(self, state: GroupState) -> None:
        """Only the owner of the groups says that one is Dead, or after all is not."""
        self._is_dead = state is GroupState.DEAD

    @abstractmethod
    def _living_state(self) -> GroupState:
        """What it shows while it is not Dead."""

    @property
    def generation(self) -> int:
        """What rebalances are counted by."""
        return self.assignment_epoch

    @property
    def member_count(self) -> int:
        return len(self.members)

    def is_subscribed_to(self, topic: str) -> bool:
        return self.subscribed.has(topic)

    # --- refusals -----------------------------------------------------------------------------------------------------

    def _check_memory(self, member: AnyMember) -> None:
        """What a member says must not make the group take more than it may; what it was assigned does not count
        against it."""
        known = self.members.get(member.member_id)
        if known is member:
            return
        grown = member.state_bytes - (known.state_bytes if known is not None else 0)
        if grown > 0 and self.state_bytes + grown > self.policy.group_bytes_max:
            raise BrokerError(ErrorCode.GROUP_MAX_SIZE_REACHED, "The members of the group take too much memory.")

    def _unknown(self, member_id: str) -> BrokerError:
        return BrokerError(ErrorCode.UNKNOWN_MEMBER_ID, f"Member {member_id} is not a member of group {self.group_id}.")

    # --- epochs and assignment ----------------------------------------------------------------------------------------

    def _bump(self, by: int = 1) -> None:
        assert self.group_epoch <= EPOCH_MAX - by
        self.group_epoch += by
        self._is_changed = True

    def _refresh_topics(self, *, bump: bool) -> None:
        """Look at the subscribed topics anew; the epoch grows if they have changed, or by ``bump`` anyway."""
        if self.subscribed.refresh() or bump:
            self._bump()

    def _may_assign(self, timing: GroupTiming, now_ms: int) -> bool:
        """Several changes in a short time are one assignment."""
        return self._assigned_at_ms is None or now_ms - self._assigned_at_ms >= timing.assignment_interval_ms

    def _assign_if_due(self, timing: GroupTiming, now_ms: int) -> None:
        if self.group_epoch > self.assignment_epoch and self._may_assign(timing, now_ms):
            self._assign(now_ms)

    def _assign(self, now_ms: int) -> None:
        for member_id, target in self._new_targets().items():
            if self.targets.get(member_id) != target:
                self.targets[member_id] = target
                self._unsaved_members.add(member_id)
        self.assignment_epoch = self.group_epoch
        self._assigned_at_ms = now_ms
        self._is_changed = True

    @abstractmethod
    def _new_targets(self) -> Mapping[str, Target]:
        """What each member is to have from now on."""

    # --- losing members -----------------------------------------------------------------------------------------------

    def _fence(self, member_ids: Collection[str]) -> None:
        for member_id in member_ids:
            self.subscribed.remove(self._remove(member_id))
        self._bump(len(member_ids) if self.each_leaver_counts else 1)
        if not self.members:
            self.assignment_epoch = self.group_epoch  # there is nothing to assign

    # --- time ---------------------------------------------------------------------------------------------------------

    def _keep_alive(self, member: AnyMember, now_ms: int) -> None:
        self._end_at(self._session_ends, member.member_id, now_ms + self._session_ms(member))

    def _session_ms(self, member: AnyMember) -> int:
        """How long the member may be silent."""
        return self._session_timeout_ms

    def _end_at(self, ends: dict[str, int], member_id: str, at_ms: int) -> None:
        ends[member_id] = at_ms
        self.wake_ms = min(self.wake_ms, at_ms)

    @property
    def _all_ends(self) -> tuple[dict[str, int], ...]:
        """Until when who must have done what: must be heard of, to begin with."""
        return (self._session_ends,)

    def expire(self, now_ms: int) -> list[str]:
        """Fence who has not done in time what it is to do; who that was."""
        late = dict.fromkeys(
            member_id for ends in self._all_ends for member_id, at_ms in ends.items() if at_ms <= now_ms
        )
        if late:
            self._fence(late)
        self.wake_ms = min((at_ms for ends in self._all_ends for at_ms in ends.values()), default=NEVER)
        return list(late)

    # --- members ------------------------------------------------------------------------------------------------------

    def _put(self, member: AnyMember) -> None:
        """Enter a member, or what one has become."""
        member_id = member.member_id
        before = self.members.get(member_id)
        if before is member:
            return
        self._member_changed(before, member)
        if before is not None:
            self.state_bytes -= before.state_bytes
        self.members[member_id] = member
        self.state_bytes += member.state_bytes
        self._unsaved_members.add(member_id)
        self._removed.discard(member_id)

    def _remove(self, member_id: str) -> AnyMember:
        member = self.members.pop(member_id)
        self._member_gone(member)
        self.state_bytes -= member.state_bytes
        self.targets.pop(member_id, None)
        for ends in self._all_ends:
            ends.pop(member_id, None)
        self._unsaved_members.discard(member_id)
        self._removed.add(member_id)
        return member

    def _member_changed(self, before: AnyMember | None, after: AnyMember) -> None:
        """A member has become ``after``; of a new one there is no ``before``."""

    def _member_gone(self, member: AnyMember) -> None:
        """A member is no longer one."""

    # --- storing ------------------------------------------------------------------------------------------------------

    @property
    def is_unsaved(self) -> bool:
        return bool(self._is_changed or self._unsaved_members or self._removed)

    def take_unsaved(self) -> Unsaved[AnyMember]:
        """What is to be stored, all in one transaction: who gives a partition up and who gets it may both be in it.
        Nobody is answered before what their answer rests on is stored."""
        members = {
            member_id: (self.members[member_id], self.targets.get(member_id, {})) for member_id in self._unsaved_members
        }
        unsaved = Unsaved(
            self.group_epoch, self.assignment_epoch, self.subscribed.digest, members, frozenset(self._removed)
        )
        self._unsaved_members, self._removed, self._is_changed = set(), set(), False
        return unsaved

    def not_saved(self, unsaved: Unsaved[AnyMember], joined: Iterable[str]) -> None:
        """The catalog took nothing: it is still to be stored, and ``joined``, who were told that they could not join,
        have not."""
        self._is_changed = True
        self._removed |= unsaved.removed - self.members.keys()
        self._unsaved_members |= unsaved.members.keys() & self.members.keys()
        turned_away = [member_id for member_id in joined if member_id in self.members]
        if turned_away:
            self._fence(turned_away)

    def adopt(
        self,
        group_epoch: int,
        assignment_epoch: int,
        members: Iterable[tuple[AnyMember, Target]],
        session_timeout_ms: int,
        now_ms: int,
    ) -> None:
        """Take members over from the catalog, or from what the group was before. They get one session timeout to be
        heard of."""
        self._session_timeout_ms = session_timeout_ms
        self.group_epoch, self.assignment_epoch = group_epoch, assignment_epoch
        self._is_changed = True
        for member, target in members:
            self._put(member)
            self.targets[member.member_id] = target
            self.subscribed.add(member)
        for member in self.members.values():
            self._keep_alive(member, now_ms)

    def restored(self, topics_digest: str) -> None:
        """What was adopted is what is stored."""
        self.subscribed.digest = topics_digest
        self.take_unsaved()

    def close(self) -> None:
        """The broker is no longer this group's coordinator, or the group is another one now. Nobody waits here for
        other members."""
        self._is_dead = True
