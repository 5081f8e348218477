"""A share group (KIP-932): its members read the same partitions together, record by record; the broker decides who reads which.

The epochs are those of :mod:`broker.coordinators.groups.consumer_group`. As several members may have a partition at once, a member has
what it is to have as soon as it is told: nobody waits for anybody.

S1  A member has only partitions of topics it subscribes to.
S2  Members that subscribe to the same have as many partitions as each other, give or take one, once all of them were heard of.
S3  ``wake_ms`` is at or before every deadline.

Refusals are raised as :class:`BrokerError`; the group is then as it was.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from broker.coordinators.groups.assignors import Subscriber
from broker.coordinators.groups.consumer_member import JOIN_EPOCH, Target
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.share_assignor import assign_simple
from broker.coordinators.groups.share_member import ShareCommand, ShareMember
from broker.coordinators.groups.subscribed_topics import SubscribedTopics, Topics
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

SHARE_PROTOCOL_TYPE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTiming:
    """What the settings of the broker and of the group say of time."""

    session_timeout_ms: int = 45_000
    heartbeat_interval_ms: int = 5_000
    assignment_interval_ms: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAnswer:
    """``assigned`` is None when the member has been told already."""

    member_id: str
    member_epoch: int
    assigned: Target | None = None


@dataclass(frozen=True, slots=True)
class UnsavedShare:
    """What has changed since it was taken last: members by id (with the target), and ids that are gone."""

    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    members: Mapping[str, tuple[ShareMember, Target]]
    removed: frozenset[str]


class ShareGroup:
    """One group. ``now_ms`` must never run back between two calls; ``topics`` shows the topics as they are now.

    What a group has read of a partition is kept elsewhere; ``to_begin`` are the partitions that members are to have and that nothing is
    known to be kept of yet. Its owner sees to that before anybody is told of them.
    """

    protocol_type = SHARE_PROTOCOL_TYPE
    assignor = "simple"
    pending_count = 0

    def __init__(self, group_id: str, policy: GroupPolicy, topics: Topics) -> None:
        self.group_id = group_id
        self.policy = policy
        self.group_epoch = 1
        self.assignment_epoch = 1
        self.members: dict[str, ShareMember] = {}
        self.targets: dict[str, Target] = {}
        self.wake_ms = NEVER
        self.subscribed = SubscribedTopics(topics)
        self.state_bytes = 0
        self.to_begin: set[tuple[bytes, int]] = set()
        self._begun: set[tuple[bytes, int]] = set()
        self._assigned_at_ms: int | None = None
        self._session_ends: dict[str, int] = {}
        self._session_timeout_ms = ShareTiming().session_timeout_ms
        self._unsaved_members: set[str] = set()
        self._removed: set[str] = set()
        self._is_changed = True
        self._is_dead = False

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def state(self) -> GroupState:
        if self._is_dead:
            return GroupState.DEAD
        return GroupState.STABLE if self.members else GroupState.EMPTY

    @state.setter
    def state(self, state: GroupState) -> None:
        """Only the owner of the groups says that one is Dead, or after all is not."""
        self._is_dead = state is GroupState.DEAD

    @property
    def generation(self) -> int:
        """What rebalances are counted by."""
        return self.assignment_epoch

    @property
    def member_count(self) -> int:
        return len(self.members)

    def is_subscribed_to(self, topic: str) -> bool:
        return self.subscribed.has(topic)

    def commit_error(
        self, member_id: str, epoch: int, partitions: Iterable[tuple[bytes, int]], *, knows_epochs: bool
    ) -> ErrorCode:
        """A share group has no committed offsets."""
        return ErrorCode.GROUP_ID_NOT_FOUND

    def transactional_commit_error(self, member_id: str, instance_id: str | None, epoch: int) -> ErrorCode:
        """Nor in transactions."""
        return ErrorCode.GROUP_ID_NOT_FOUND

    # --- heartbeat ----------------------------------------------------------------------------------------------------

    def heartbeat(self, command: ShareCommand, timing: ShareTiming, now_ms: int) -> ShareAnswer:
        """Join, stay, and have what the target says."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        self._session_timeout_ms = timing.session_timeout_ms
        before = self._find(command)
        after = before.updated_by(command)
        self._check_memory(after)
        self._put(after)
        is_changed = after.topic_names != before.topic_names
        if is_changed:
            self.subscribed.change(before, after)
        if is_changed or self.subscribed.are_outdated:
            self._refresh_topics(bump=is_changed)
        if self.group_epoch > self.assignment_epoch and self._may_assign(timing, now_ms):
            self._assign(now_ms)
        if after.epoch != self.assignment_epoch or is_changed:
            wanted = self.subscribed.ids_of(after)
            target = self.targets.get(after.member_id, {})
            after = after.moved(self.assignment_epoch, {topic: indexes for topic, indexes in target.items() if topic in wanted})
            self._put(after)
        self._keep_alive(after.member_id, now_ms)
        is_behind = command.member_epoch < before.epoch  # the answer that told it more got lost
        tells = command.member_epoch == JOIN_EPOCH or is_behind or before.assigned != after.assigned
        return ShareAnswer(
            member_id=after.member_id, member_epoch=after.epoch, assigned=after.assigned if tells else None
        )

    def _find(self, command: ShareCommand) -> ShareMember:
        """The member, maybe a new one."""
        member = self.members.get(command.member_id)
        if member is None:
            size = self.policy.share_group_max_size
            if len(self.members) >= size:
                raise BrokerError(
                    ErrorCode.GROUP_MAX_SIZE_REACHED, f"The share group has reached its maximum capacity of {size} members."
                )
            if command.member_epoch != JOIN_EPOCH:
                raise self._unknown(command.member_id)
            return ShareMember(member_id=command.member_id)
        _check_epoch(member, command.member_epoch)
        return member

    def _check_memory(self, member: ShareMember) -> None:
        """What a member says must not make the group take more than it may; what it was assigned does not count against it."""
        known = self.members.get(member.member_id)
        if known is member:
            return
        known_bytes = known.state_bytes if known is not None else 0
        if member.state_bytes > known_bytes and self.state_bytes - known_bytes + member.state_bytes > self.policy.group_bytes_max:
            raise BrokerError(ErrorCode.GROUP_MAX_SIZE_REACHED, "The members of the group take too much memory.")

    def _unknown(self, member_id: str) -> BrokerError:
        return BrokerError(ErrorCode.UNKNOWN_MEMBER_ID, f"Member {member_id} is not a member of group {self.group_id}.")

    # --- leaving ------------------------------------------------------------------------------------------------------

    def leave(self, member_id: str, epoch: int) -> ShareAnswer:
        """For good. What it had in delivery is the share partitions' affair."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if member_id not in self.members:
            raise self._unknown(member_id)
        self._fence([member_id])
        return ShareAnswer(member_id=member_id, member_epoch=epoch)

    def _fence(self, member_ids: Iterable[str]) -> None:
        for member_id in member_ids:
            self.subscribed.remove(self._remove(member_id))
            self.group_epoch += 1
        self._is_changed = True
        if not self.members:
            self.assignment_epoch = self.group_epoch  # there is nothing to assign

    # --- epochs and assignment ----------------------------------------------------------------------------------------

    def _refresh_topics(self, *, bump: bool) -> None:
        """Look at the subscribed topics anew; the epoch grows if they have changed, or by ``bump`` anyway."""
        if self.subscribed.refresh() or bump:
            self.group_epoch += 1
            self._is_changed = True

    def _may_assign(self, timing: ShareTiming, now_ms: int) -> bool:
        """Several changes in a short time are one assignment."""
        return self._assigned_at_ms is None or now_ms - self._assigned_at_ms >= timing.assignment_interval_ms

    def _assign(self, now_ms: int) -> None:
        counts = self.subscribed.counts()
        subscribers = [
            Subscriber(member.member_id, self.subscribed.ids_of(member), self.targets.get(member.member_id, {}))
            for member in self.members.values()
        ]
        for member_id, target in assign_simple(subscribers, counts).items():
            if self.targets.get(member_id) != target:
                self.targets[member_id] = target
                self._unsaved_members.add(member_id)
        self.assignment_epoch = self.group_epoch
        self._assigned_at_ms = now_ms
        self._is_changed = True
        topics = self.subscribed.topics
        gone = {topic_id for topic_id, _ in self._begun if topic_id not in counts and topics.by_id(topic_id) is None}
        self.have_lost(gone)
        self._find_what_to_begin()

    # --- what is kept of partitions -----------------------------------------------------------------------------------

    def _find_what_to_begin(self) -> None:
        self.to_begin = {
            (topic_id, index) for target in self.targets.values() for topic_id, indexes in target.items() for index in indexes
        } - self._begun

    def have_begun(self, partitions: Iterable[tuple[bytes, int]]) -> None:
        """Something is kept of these now."""
        self._begun.update(partitions)
        self.to_begin -= self._begun

    def have_lost(self, topic_ids: Container[bytes] | None) -> None:
        """Nothing is kept of these topics any more, or of any."""
        self._begun = {(topic_id, index) for topic_id, index in self._begun if topic_ids is not None and topic_id not in topic_ids}

    # --- time ---------------------------------------------------------------------------------------------------------

    def _keep_alive(self, member_id: str, now_ms: int) -> None:
        self._session_ends[member_id] = now_ms + self._session_timeout_ms
        self.wake_ms = min(self.wake_ms, self._session_ends[member_id])

    def expire(self, now_ms: int) -> list[str]:
        """Take out who was not heard of for a session; who that was."""
        late = [member_id for member_id, ends_ms in self._session_ends.items() if ends_ms <= now_ms]
        if late:
            self._fence(late)
        self.wake_ms = min(self._session_ends.values(), default=NEVER)
        return late

    # --- members ------------------------------------------------------------------------------------------------------

    def _put(self, member: ShareMember) -> None:
        """Enter a member, or what one has become."""
        before = self.members.get(member.member_id)
        if before is member:
            return
        if before is not None:
            self.state_bytes -= before.state_bytes
        self.members[member.member_id] = member
        self.state_bytes += member.state_bytes
        self._unsaved_members.add(member.member_id)
        self._removed.discard(member.member_id)

    def _remove(self, member_id: str) -> ShareMember:
        member = self.members.pop(member_id)
        self.state_bytes -= member.state_bytes
        self.targets.pop(member_id, None)
        self._session_ends.pop(member_id, None)
        self._unsaved_members.discard(member_id)
        self._removed.add(member_id)
        return member

    # --- storing ------------------------------------------------------------------------------------------------------

    @property
    def is_unsaved(self) -> bool:
        return bool(self._is_changed or self._unsaved_members or self._removed)

    def take_unsaved(self) -> UnsavedShare:
        """What is to be stored, all in one transaction. Nobody is answered before what their answer rests on is stored."""
        members = {
            member_id: (self.members[member_id], self.targets.get(member_id, {})) for member_id in self._unsaved_members
        }
        unsaved = UnsavedShare(
            self.group_epoch, self.assignment_epoch, self.subscribed.digest, members, frozenset(self._removed)
        )
        self._unsaved_members, self._removed, self._is_changed = set(), set(), False
        return unsaved

    def not_saved(self, unsaved: UnsavedShare, joined: Iterable[str]) -> None:
        """The catalog took nothing: it is still to be stored, and ``joined``, who were told that they could not join, have not."""
        self._is_changed = True
        self._removed |= unsaved.removed - self.members.keys()
        self._unsaved_members |= unsaved.members.keys() & self.members.keys()
        turned_away = [member_id for member_id in joined if member_id in self.members]
        if turned_away:
            self._fence(turned_away)

    def restored(
        self,
        group_epoch: int,
        assignment_epoch: int,
        topics_digest: str,
        members: Iterable[tuple[ShareMember, Target]],
        session_timeout_ms: int,
        now_ms: int,
    ) -> None:
        """Take over what was stored. Members get one session timeout to be heard of."""
        self._session_timeout_ms = session_timeout_ms
        self.group_epoch, self.assignment_epoch = group_epoch, assignment_epoch
        for member, target in members:
            self._put(member)
            self.targets[member.member_id] = target
            self.subscribed.change(ShareMember(member_id=member.member_id), member)
            self._keep_alive(member.member_id, now_ms)
        self.subscribed.digest = topics_digest
        self._find_what_to_begin()
        self.take_unsaved()

    def close(self) -> None:
        """The broker is no longer this group's coordinator."""
        self._is_dead = True


def _check_epoch(member: ShareMember, epoch: int) -> None:
    if epoch in (JOIN_EPOCH, member.epoch, member.previous_epoch):
        return
    known = f"the one known by the group coordinator ({member.epoch})"
    if epoch > member.epoch:
        what = f"a greater member epoch ({epoch}) than {known}"
    else:
        what = f"a smaller member epoch ({epoch}) than {known}, and it does not match the previous member epoch ({member.previous_epoch})"
    raise BrokerError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        f"The share group member has {what}. The member must abandon all its partitions and rejoin.",
    )
