"""How a consumer group leads its members to what they are to have, whichever protocol they speak (KIP-848).

Three numbers that never fall: the *group epoch* grows when members, subscriptions or topics change; the *assignment epoch* is the
group epoch that the target assignment was made for; a *member epoch* is the assignment epoch that the member has reached.

C1  A partition is owned by one member at most: it is in ``assigned`` or ``pending_revocation`` of that one only.
C2  Whoever reads what was stored last and knows no more finds C1 to hold: see ``take_unsaved``.
C3  ``wake_ms`` is at or before every deadline.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from broker.coordinators.groups.assignors import ASSIGNORS, Subscriber
from broker.coordinators.groups.consumer_member import ConsumerMember, MemberState, Target
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


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What has changed since it was taken last: members by id (with the target), and ids that are gone."""

    group_epoch: int
    assignment_epoch: int
    topics_digest: str
    members: Mapping[str, tuple[ConsumerMember, Target]]
    removed: frozenset[str]


class AssigningGroup:
    """The moves common to all requests; :class:`~broker.coordinators.groups.consumer_group.ConsumerGroup` adds the requests."""

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
        self._rejoin_ends: dict[str, int] = {}
        self._sync_ends: dict[str, int] = {}
        self.classic_count = 0
        """Members of the classic protocol."""
        self._supporters: Counter[str] = Counter()
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

    @property
    def has_only_classic_members(self) -> bool:
        """Whether there are members, and nobody speaks the consumer protocol any more."""
        return bool(self.members) and self.classic_count == len(self.members)

    @property
    def is_reconciled(self) -> bool:
        """Whether every member has what it is to have."""
        return self.group_epoch == self.assignment_epoch and not self._behind

    def is_subscribed_to(self, topic: str) -> bool:
        return self.subscribed.has(topic)

    def owner(self, topic_id: bytes, index: int) -> str | None:
        """The member that owns a partition."""
        return self._owners.get((topic_id, index))

    # --- one step of one member ---------------------------------------------------------------------------------------

    def _advance(
        self,
        before: ConsumerMember,
        after: ConsumerMember,
        replaced: ConsumerMember | None,
        owned: Target | None,
        timing: ConsumerTiming,
        now_ms: int,
        *,
        assigns: bool = True,
    ) -> ConsumerMember:
        """Take over what a member says of itself (``after``, maybe in the place of ``replaced``), and move it one step towards its
        target; ``owned`` is what it says that it holds. Unless ``assigns``, only towards a target that is there already."""
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
        if assigns:
            self._assign_if_due(timing, now_ms)
        if assigns or self.group_epoch == self.assignment_epoch:
            after = self._reconciled(after, bump or regex_changed, owned)
        self._put(after)
        self._keep_alive(after, now_ms)
        return after

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
    # --- losing members -----------------------------------------------------------------------------------------------

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

    def _assign_if_due(self, timing: ConsumerTiming, now_ms: int) -> None:
        if self.group_epoch > self.assignment_epoch and self._may_assign(timing, now_ms):
            self._assign(now_ms)

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
    # --- time ---------------------------------------------------------------------------------------------------------

    def _keep_alive(self, member: ConsumerMember, now_ms: int) -> None:
        member_id = member.member_id
        classic = member.classic
        session_ms = self._session_timeout_ms if classic is None else classic.session_timeout_ms
        self._end_at(self._session_ends, member_id, now_ms + session_ms)
        if classic is None:
            self._rejoin_ends.pop(member_id, None)
            self._sync_ends.pop(member_id, None)
        if member.state is not MemberState.UNREVOKED_PARTITIONS or classic is not None:
            self._revocation_ends.pop(member_id, None)
        elif member_id not in self._revocation_ends:
            self._end_at(self._revocation_ends, member_id, now_ms + max(member.rebalance_timeout_ms, 0))

    def _end_at(self, ends: dict[str, int], member_id: str, at_ms: int) -> None:
        ends[member_id] = at_ms
        self.wake_ms = min(self.wake_ms, at_ms)

    @property
    def _all_ends(self) -> tuple[dict[str, int], ...]:
        """Until when who must be heard of, must have given partitions up, must join again, must ask for its assignment."""
        return self._session_ends, self._revocation_ends, self._rejoin_ends, self._sync_ends

    def expire(self, now_ms: int) -> list[str]:
        """Fence who was not heard of for a session, or has not done for its rebalance timeout what it is to do; who that was."""
        late = dict.fromkeys(member_id for ends in self._all_ends for member_id, at_ms in ends.items() if at_ms <= now_ms)
        if late:
            self._fence(late)
        self.wake_ms = min((at_ms for ends in self._all_ends for at_ms in ends.values()), default=NEVER)
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
        if before is None or before.classic is not member.classic:
            self._count_classic(member, 1)
            if before is not None:
                self._count_classic(before, -1)
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
        self._count_classic(member, -1)
        self.state_bytes -= member.state_bytes
        if member.instance_id is not None and self._static_ids.get(member.instance_id) == member_id:
            del self._static_ids[member.instance_id]
        self.targets.pop(member_id, None)
        for ends in self._all_ends:
            ends.pop(member_id, None)
        self._behind.discard(member_id)
        self._unsaved_members.discard(member_id)
        self._removed.add(member_id)

    def _wish(self, member: ConsumerMember, sign: int) -> None:
        name = member.server_assignor
        if name:
            self._wishes[name] += sign
            if not self._wishes[name]:
                del self._wishes[name]

    def _count_classic(self, member: ConsumerMember, sign: int) -> None:
        if member.classic is None:
            return
        self.classic_count += sign
        for name in {name for name, _ in member.classic.protocols}:
            self._supporters[name] += sign
            if not self._supporters[name]:
                del self._supporters[name]

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

    def adopt(
        self,
        group_epoch: int,
        assignment_epoch: int,
        members: Iterable[tuple[ConsumerMember, Target]],
        session_timeout_ms: int,
        now_ms: int,
    ) -> None:
        """Take members over from what the group was before. They get one session timeout to be heard of."""
        self._session_timeout_ms = session_timeout_ms
        self.group_epoch, self.assignment_epoch = group_epoch, assignment_epoch
        self._is_changed = True
        for member, target in members:
            self._put(member)
            self.targets[member.member_id] = target
            self.subscribed.change(ConsumerMember(member_id=member.member_id), member)
        for member in list(self.members.values()):
            self._keep_alive(member, now_ms)

    def restored(self, topics_digest: str) -> None:
        """What was adopted is what is stored."""
        self.subscribed.digest = topics_digest
        self.take_unsaved()

    def close(self) -> None:
        """The broker is no longer this group's coordinator, or the group is another one now. Nobody waits here for other members."""
        self._is_dead = True


def _owned(member: ConsumerMember) -> Iterable[tuple[bytes, int]]:
    for partitions in (member.assigned, member.pending_revocation):
        for topic_id, indexes in partitions.items():
            for index in indexes:
                yield topic_id, index
