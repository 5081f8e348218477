"""A group of the consumer protocol (KIP-848): the broker decides who reads what, members are led there one by one.

Three numbers that never fall: the *group epoch* grows when members, subscriptions or topics change; the *assignment epoch* is the
group epoch that the target assignment was made for; a *member epoch* is the assignment epoch that the member has reached.

C1  A partition is owned by one member at most: it is in ``assigned`` or ``pending_revocation`` of that one only.
C2  Whoever reads what was stored last and knows no more finds C1 to hold: see ``take_unsaved``.
C3  ``wake_ms`` is at or before every deadline.

Refusals are raised as :class:`BrokerError`; the group is then as it was.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from broker.coordinators.groups.assignors import ASSIGNORS, Subscriber
from broker.coordinators.groups.consumer_member import (
    JOIN_EPOCH,
    STATIC_LEAVE_EPOCH,
    ConsumerMember,
    HeartbeatCommand,
    MemberState,
    Partitions,
    Target,
)
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.reconciliation import reconcile
from broker.coordinators.groups.subscribed_topics import SubscribedTopics, Topics
from broker.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

EPOCH_MAX = (1 << 31) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerTiming:
    """What the settings of the broker and of the group say of time."""

    session_timeout_ms: int = 45_000
    heartbeat_interval_ms: int = 5_000
    assignment_interval_ms: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatAnswer:
    """``assigned`` is None when the member has been told already."""

    member_id: str
    member_epoch: int
    assigned: Partitions | None = None


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What has changed since it was taken last: members by id (with the target), and ids that are gone."""

    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    members: Mapping[str, tuple[ConsumerMember, Target]]
    removed: frozenset[str]


class ConsumerGroup:
    """One group. ``now_ms`` must never run back between two calls; ``topics`` shows the topics as they are now."""

    protocol_type = CONSUMER_PROTOCOL_TYPE
    uses_consumer_protocol = True
    pending_count = 0

    def __init__(self, group_id: str, policy: GroupPolicy, topics: Topics) -> None:
        self.group_id = group_id
        self.policy = policy
        self.group_epoch = 1
        self.assignment_epoch = 0
        self.members: dict[str, ConsumerMember] = {}
        self.targets: dict[str, Target] = {}
        self.wake_ms = NEVER
        self.subscribed = SubscribedTopics(topics)
        self.state_bytes = 0
        self._static_ids: dict[str, str] = {}
        self._owners: dict[tuple[bytes, int], str] = {}
        self._wishes: Counter[str] = Counter()
        self._assigned_at_ms: int | None = None
        self._behind: set[str] = set()
        self._session_ends: dict[str, int] = {}
        self._revocation_ends: dict[str, int] = {}
        self._session_timeout_ms = ConsumerTiming().session_timeout_ms
        self._unsaved_members: set[str] = set()
        self._removed: set[str] = set()
        self._is_changed = False
        self._is_dead = False

    # --- what it shows ------------------------------------------------------------------------------------------------

    @property
    def state(self) -> GroupState:
        if self._is_dead:
            return GroupState.DEAD
        if not self.members:
            return GroupState.EMPTY
        if self.group_epoch > self.assignment_epoch:
            return GroupState.ASSIGNING
        return GroupState.RECONCILING if self._behind else GroupState.STABLE

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

    @property
    def assignor(self) -> str:
        """The one that most of the members with a wish wish for; of several, the one that was wished for first."""
        wishes = self._wishes
        return max(wishes, key=wishes.__getitem__) if wishes else self.policy.consumer_assignor

    def is_subscribed_to(self, topic: str) -> bool:
        return self.subscribed.has(topic)

    def owner(self, topic_id: bytes, index: int) -> str | None:
        """The member that owns a partition."""
        return self._owners.get((topic_id, index))

    # --- heartbeat ----------------------------------------------------------------------------------------------------

    def heartbeat(self, command: HeartbeatCommand, timing: ConsumerTiming, now_ms: int) -> HeartbeatAnswer:
        """Join, stay, and move one step towards the target. ``member_id`` is never empty here."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        self._session_timeout_ms = timing.session_timeout_ms
        before, replaced = self._find(command)
        after = before.updated_by(command)
        self._check_memory(after)
        self.subscribed.check_pattern(after.topic_regex)
        assignor = self.assignor
        if replaced is not None:
            self._replace(replaced, before)
        self._put(after)
        bump = after.topic_names != before.topic_names
        regex_changed = after.topic_regex != before.topic_regex
        if bump or regex_changed:
            resolved = self.subscribed.change(before, after)
            bump = bump or (regex_changed and resolved)
        if bump or assignor != self.assignor or self.subscribed.are_outdated:
            self._refresh_topics(bump or assignor != self.assignor)
        if self.group_epoch > self.assignment_epoch and self._may_assign(timing, now_ms):
            self._assign(now_ms)
        after = self._reconciled(after, bump or regex_changed, command.owned)
        self._put(after)
        self._keep_alive(after, now_ms)
        tells = command.member_epoch == JOIN_EPOCH or command.is_full or _differ(before.assigned, after.assigned)
        return HeartbeatAnswer(
            member_id=after.member_id, member_epoch=after.epoch, assigned=after.assigned if tells else None
        )

    def _find(self, command: HeartbeatCommand) -> tuple[ConsumerMember, ConsumerMember | None]:
        """The member, maybe a new one, and the static member whose place it takes."""
        joins = command.member_epoch == JOIN_EPOCH
        member_id = command.member_id
        takes_place = member_id in self.members or command.instance_id in self._static_ids
        if len(self.members) >= self.policy.consumer_group_max_size and not takes_place:
            raise BrokerError(
                ErrorCode.GROUP_MAX_SIZE_REACHED,
                f"The consumer group has reached its maximum capacity of {self.policy.consumer_group_max_size} members.",
            )
        if command.instance_id is not None:
            holder = self._static_member(command.instance_id)
            if joins and holder is not None:
                if holder.epoch != STATIC_LEAVE_EPOCH:
                    raise BrokerError(
                        ErrorCode.UNRELEASED_INSTANCE_ID,
                        f"Static member {member_id} with instance id {command.instance_id} cannot join the group because the "
                        f"instance id is owned by {holder.member_id} member.",
                    )
                return replace(holder, member_id=member_id, epoch=0, previous_epoch=0), holder
            if not joins:
                self._check_holder(holder, command.instance_id, member_id)
        member = self.members.get(member_id)
        if member is None:
            if not joins:
                raise self._unknown(member_id)
            return ConsumerMember(member_id=member_id, instance_id=command.instance_id), None
        _check_epoch(member, command)
        return member, None

    def _check_memory(self, member: ConsumerMember) -> None:
        """What a member says must not make the group take more than it may; what it was assigned does not count against it."""
        known = self.members.get(member.member_id)
        if known is member:
            return
        known_bytes = known.state_bytes if known is not None else 0
        if member.state_bytes > known_bytes and self.state_bytes - known_bytes + member.state_bytes > self.policy.group_bytes_max:
            raise BrokerError(ErrorCode.GROUP_MAX_SIZE_REACHED, "The members of the group take too much memory.")

    def _static_member(self, instance_id: str) -> ConsumerMember | None:
        member_id = self._static_ids.get(instance_id)
        return None if member_id is None else self.members[member_id]

    def _check_holder(self, holder: ConsumerMember | None, instance_id: str, member_id: str) -> None:
        if holder is None:
            raise BrokerError(ErrorCode.UNKNOWN_MEMBER_ID, f"Instance id {instance_id} is unknown.")
        if holder.member_id != member_id:
            raise BrokerError(
                ErrorCode.FENCED_INSTANCE_ID,
                f"Static member {member_id} with instance id {instance_id} was fenced by member {holder.member_id}.",
            )

    def _unknown(self, member_id: str) -> BrokerError:
        return BrokerError(ErrorCode.UNKNOWN_MEMBER_ID, f"Member {member_id} is not a member of group {self.group_id}.")

    def _replace(self, old: ConsumerMember, new: ConsumerMember) -> None:
        """A static member is back under another id (or its own): what was meant for the old one is for the new one."""
        target = self.targets.get(old.member_id, {})
        self._remove(old.member_id)
        self.targets[new.member_id] = target
        self._put(new)

    def _reconciled(self, member: ConsumerMember, subscription_changed: bool, owned: Target | None) -> ConsumerMember:
        if member.is_reconciled_to(self.assignment_epoch) and not subscription_changed:
            return member
        return reconcile(
            member,
            target_epoch=self.assignment_epoch,
            target=self.targets.get(member.member_id, {}),
            subscribed=self.subscribed.ids_of(member),
            subscription_changed=subscription_changed,
            is_owned=lambda topic_id, index: (topic_id, index) in self._owners,
            reported=owned,
        )

    # --- leaving ------------------------------------------------------------------------------------------------------

    def leave(self, member_id: str, instance_id: str | None, epoch: int) -> HeartbeatAnswer:
        """For good, or as a static member (epoch -2) with its partitions kept for it until its session ends."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if instance_id is None:
            member = self.members.get(member_id)
            if member is None:
                raise self._unknown(member_id)
        else:
            member = self._static_member(instance_id)
            self._check_holder(member, instance_id, member_id)
            assert member is not None, "checked"
        if instance_id is not None and epoch == STATIC_LEAVE_EPOCH:
            self._put(replace(member, epoch=STATIC_LEAVE_EPOCH, pending_revocation={}))
            self._revocation_ends.pop(member.member_id, None)
        else:
            self._fence([member.member_id])
        return HeartbeatAnswer(member_id=member_id, member_epoch=epoch)

    def remove(self, member_id: str, instance_id: str | None) -> ErrorCode:
        """An administrator takes a member out, by its id or by its instance id alone."""
        if instance_id is None:
            if member_id not in self.members:
                return ErrorCode.UNKNOWN_MEMBER_ID
        else:
            holder = self._static_member(instance_id)
            if holder is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            if member_id not in ("", holder.member_id):
                return ErrorCode.FENCED_INSTANCE_ID
            member_id = holder.member_id
        self._fence([member_id])
        return ErrorCode.NONE

    def _fence(self, member_ids: Iterable[str]) -> None:
        for member_id in member_ids:
            member = self.members[member_id]
            self._remove(member_id)
            self.subscribed.remove(member)
        self._bump()
        if not self.members:
            self.assignment_epoch = self.group_epoch  # there is nothing to assign

    # --- epochs and assignment ----------------------------------------------------------------------------------------

    def _bump(self) -> None:
        assert self.group_epoch < EPOCH_MAX
        self.group_epoch += 1
        self._is_changed = True

    def _refresh_topics(self, bump: bool) -> None:
        """Look at the subscribed topics anew; the epoch grows if they have changed, or by ``bump`` anyway."""
        if self.subscribed.refresh() or bump:
            self._bump()

    def _may_assign(self, timing: ConsumerTiming, now_ms: int) -> bool:
        """Several changes in a short time are one rebalance."""
        return self._assigned_at_ms is None or now_ms - self._assigned_at_ms >= timing.assignment_interval_ms

    def _assign(self, now_ms: int) -> None:
        subscribers = [
            Subscriber(
                member.member_id,
                self.subscribed.ids_of(member),
                self.targets.get(member.member_id, {}),
                member.instance_id,
            )
            for member in self.members.values()
        ]
        targets = ASSIGNORS[self.assignor](subscribers, self.subscribed.counts())
        for member_id, target in targets.items():
            if self.targets.get(member_id) != target:
                self.targets[member_id] = target
                self._unsaved_members.add(member_id)
        self.assignment_epoch = self.group_epoch
        self._assigned_at_ms = now_ms
        self._is_changed = True
        self._behind = {
            member.member_id
            for member in self.members.values()
            if not member.is_reconciled_to(self.assignment_epoch)
        }

    def patterns_resolved(self, resolved: Mapping[str, frozenset[str]], version: int) -> None:
        """Which topics of ``version`` match the patterns of members, as it was found out elsewhere."""
        if self._is_dead:
            return
        if self.subscribed.take_resolved(resolved, version):
            self._refresh_topics(bump=True)

    # --- offsets ------------------------------------------------------------------------------------------------------

    def commit_error(
        self, member_id: str, epoch: int, partitions: Iterable[tuple[bytes, int]], *, knows_epochs: bool
    ) -> ErrorCode:
        """Whether these may commit offsets of ``partitions``. ``knows_epochs``: the version can say STALE_MEMBER_EPOCH (9 on).

        A member may be an epoch ahead of a commit on its way: that is taken while the partition has been its own since then.
        """
        if self._is_dead:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if epoch < 0 and not self.members:
            return ErrorCode.NONE
        member = self.members.get(member_id)
        if member is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        if not knows_epochs:
            return ErrorCode.UNSUPPORTED_VERSION
        if epoch == member.epoch:
            return ErrorCode.NONE
        if epoch > member.epoch:
            return ErrorCode.STALE_MEMBER_EPOCH
        for topic_id, index in partitions:
            given = member.assigned.get(topic_id, {}).get(index)
            if given is None:
                given = member.pending_revocation.get(topic_id, {}).get(index)
            if given is None or epoch < given:
                return ErrorCode.STALE_MEMBER_EPOCH
        return ErrorCode.NONE

    def transactional_commit_error(self, member_id: str, instance_id: str | None, epoch: int) -> ErrorCode:
        """Whether a transaction may carry offsets of this group for these (KIP-447). Producers that name nobody are fenced by their
        transactional id alone; TxnOffsetCommit has no word for an epoch that is stale but that of a generation."""
        if self._is_dead:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if epoch < 0 and (not self.members or (not member_id and instance_id is None)):
            return ErrorCode.NONE
        member = self.members.get(member_id)
        if member is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        return ErrorCode.NONE if epoch == member.epoch else ErrorCode.ILLEGAL_GENERATION

    def fetch_error(self, member_id: str | None, epoch: int) -> ErrorCode:
        """Whether these may ask for offsets: who names no member may (administrators)."""
        if member_id is None and epoch < 0:
            return ErrorCode.NONE
        member = self.members.get(member_id or "")
        if member is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        return ErrorCode.NONE if member.epoch == epoch else ErrorCode.STALE_MEMBER_EPOCH

    # --- time ---------------------------------------------------------------------------------------------------------

    def _keep_alive(self, member: ConsumerMember, now_ms: int) -> None:
        ends_ms = now_ms + self._session_timeout_ms
        self._session_ends[member.member_id] = ends_ms
        self.wake_ms = min(self.wake_ms, ends_ms)
        if member.state is not MemberState.UNREVOKED_PARTITIONS:
            self._revocation_ends.pop(member.member_id, None)
        elif member.member_id not in self._revocation_ends:
            ends_ms = now_ms + max(member.rebalance_timeout_ms, 0)
            self._revocation_ends[member.member_id] = ends_ms
            self.wake_ms = min(self.wake_ms, ends_ms)

    def expire(self, now_ms: int) -> list[str]:
        """Fence who was not heard of for a session, or has not given up partitions for its rebalance timeout; who that was."""
        late = dict.fromkeys(
            member_id
            for ends in (self._session_ends, self._revocation_ends)
            for member_id, ends_ms in ends.items()
            if ends_ms <= now_ms
        )
        if late:
            self._fence(late)
        self.wake_ms = min([*self._session_ends.values(), *self._revocation_ends.values()], default=NEVER)
        return list(late)

    # --- members ------------------------------------------------------------------------------------------------------

    def _put(self, member: ConsumerMember) -> None:
        """Enter a member, or what one has become."""
        member_id = member.member_id
        before = self.members.get(member_id)
        if before is member:
            return
        if before is not None:
            self._release(before)
            self.state_bytes -= before.state_bytes
        if before is None or before.server_assignor != member.server_assignor:
            self._wish(member, 1)
            if before is not None:
                self._wish(before, -1)
        if member.instance_id is not None:
            self._static_ids[member.instance_id] = member_id
        for partition in _owned(member):
            assert partition not in self._owners, "a partition has one owner"
            self._owners[partition] = member_id
        self.members[member_id] = member
        self.state_bytes += member.state_bytes
        self._unsaved_members.add(member_id)
        self._removed.discard(member_id)
        if member.is_reconciled_to(self.assignment_epoch):
            self._behind.discard(member_id)
        else:
            self._behind.add(member_id)

    def _remove(self, member_id: str) -> None:
        member = self.members.pop(member_id)
        self._release(member)
        self._wish(member, -1)
        self.state_bytes -= member.state_bytes
        if member.instance_id is not None and self._static_ids.get(member.instance_id) == member_id:
            del self._static_ids[member.instance_id]
        self.targets.pop(member_id, None)
        self._session_ends.pop(member_id, None)
        self._revocation_ends.pop(member_id, None)
        self._behind.discard(member_id)
        self._unsaved_members.discard(member_id)
        self._removed.add(member_id)

    def _wish(self, member: ConsumerMember, sign: int) -> None:
        name = member.server_assignor
        if name:
            self._wishes[name] += sign
            if not self._wishes[name]:
                del self._wishes[name]

    def _release(self, member: ConsumerMember) -> None:
        for partition in _owned(member):
            del self._owners[partition]

    # --- storing ------------------------------------------------------------------------------------------------------

    @property
    def is_unsaved(self) -> bool:
        return bool(self._is_changed or self._unsaved_members or self._removed)

    def take_unsaved(self) -> Unsaved:
        """What is to be stored, all in one transaction: who gives a partition up and who gets it may both be in it. Nobody is
        answered before what their answer rests on is stored."""
        members = {
            member_id: (self.members[member_id], self.targets.get(member_id, {})) for member_id in self._unsaved_members
        }
        unsaved = Unsaved(
            self.group_epoch, self.assignment_epoch, self.subscribed.digest, members, frozenset(self._removed)
        )
        self._unsaved_members, self._removed, self._is_changed = set(), set(), False
        return unsaved

    def not_saved(self, unsaved: Unsaved, joined: Iterable[str]) -> None:
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
        members: Iterable[tuple[ConsumerMember, Target]],
        session_timeout_ms: int,
        now_ms: int,
    ) -> None:
        """Take over what was stored. Members get one session timeout to be heard of."""
        self._session_timeout_ms = session_timeout_ms
        self.group_epoch, self.assignment_epoch = group_epoch, assignment_epoch
        for member, target in members:
            self._put(member)
            self.targets[member.member_id] = target
            self.subscribed.change(ConsumerMember(member_id=member.member_id), member)
        self.subscribed.digest = topics_digest
        for member in list(self.members.values()):
            self._keep_alive(member, now_ms)
        self.take_unsaved()

    def close(self) -> None:
        """The broker is no longer this group's coordinator. Nobody waits here for other members."""
        self._is_dead = True


def _check_epoch(member: ConsumerMember, command: HeartbeatCommand) -> None:
    epoch = command.member_epoch
    if epoch == JOIN_EPOCH or epoch == member.epoch:
        return
    if epoch < member.epoch and epoch == member.previous_epoch and _is_part(command.owned, member.assigned):
        return  # the answer with the new epoch got lost
    than = "greater" if epoch > member.epoch else "smaller"
    raise BrokerError(
        ErrorCode.FENCED_MEMBER_EPOCH,
        f"The consumer group member has a {than} member epoch ({epoch}) than the one known by the group coordinator "
        f"({member.epoch}). The member must abandon all its partitions and rejoin.",
    )


def _is_part(owned: Target | None, assigned: Partitions) -> bool:
    if owned is None:
        return False
    return all(indexes <= assigned.get(topic_id, {}).keys() for topic_id, indexes in owned.items())


def _differ(before: Partitions, after: Partitions) -> bool:
    """Whether other partitions are assigned; since when does not matter."""
    return before is not after and {topic: set(indexes) for topic, indexes in before.items()} != {
        topic: set(indexes) for topic, indexes in after.items()
    }


def _owned(member: ConsumerMember) -> Iterable[tuple[bytes, int]]:
    for partitions in (member.assigned, member.pending_revocation):
        for topic_id, indexes in partitions.items():
            for index in indexes:
                yield topic_id, index


