"""How a consumer group leads its members to what they are to have, whichever protocol they speak (KIP-848).

Epochs, members and sessions are those of :mod:`broker.coordinators.groups.epoch_group`. Here a member gets a partition
only when nobody else has it any more, so it may take several heartbeats to its target.

C1  A partition is owned by one member at most: it is in ``assigned`` or ``pending_revocation`` of that one only.
C2  Whoever reads what was stored last and knows no more finds C1 to hold: see ``take_unsaved``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from broker.coordinators.groups.assignors import ASSIGNORS, Subscriber
from broker.coordinators.groups.consumer_member import ConsumerMember, MemberState, Target
from broker.coordinators.groups.epoch_group import EpochGroup, GroupTiming
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.reconciliation import reconcile
from broker.coordinators.groups.subscribed_topics import Topics
from broker.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode


class AssigningGroup(EpochGroup[ConsumerMember]):
    """The moves common to all requests; :class:`~broker.coordinators.groups.consumer_group.ConsumerGroup` adds the requests."""

    protocol_type = CONSUMER_PROTOCOL_TYPE
    uses_consumer_protocol = True

    def __init__(self, group_id: str, policy: GroupPolicy, topics: Topics) -> None:
        super().__init__(group_id, policy, topics)
        self._static_ids: dict[str, str] = {}
        self._owners: dict[tuple[bytes, int], str] = {}
        self._wishes: Counter[str] = Counter()
        self._behind: set[str] = set()
        self._revocation_ends: dict[str, int] = {}
        self._rejoin_ends: dict[str, int] = {}
        self._sync_ends: dict[str, int] = {}
        self.classic_count = 0
        """Members of the classic protocol."""
        self._supporters: Counter[str] = Counter()

    # --- what it shows ------------------------------------------------------------------------------------------------

    def _living_state(self) -> GroupState:
        if not self.members:
            return GroupState.EMPTY
        if self.group_epoch > self.assignment_epoch:
            return GroupState.ASSIGNING
        return GroupState.RECONCILING if self._behind else GroupState.STABLE

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
        timing: GroupTiming,
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
            self._refresh_topics(bump=bump or assignor != self.assignor)
        if assigns:
            self._assign_if_due(timing, now_ms)
        if assigns or self.group_epoch == self.assignment_epoch:
            after = self._reconciled(after, bump or regex_changed, owned)
        self._put(after)
        self._keep_alive(after, now_ms)
        return after

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

    # --- static members -----------------------------------------------------------------------------------------------

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

    # --- assignment ---------------------------------------------------------------------------------------------------

    def _new_targets(self) -> Mapping[str, Target]:
        subscribers = [
            Subscriber(
                member.member_id,
                self.subscribed.ids_of(member),
                self.targets.get(member.member_id, {}),
                member.instance_id,
            )
            for member in self.members.values()
        ]
        return ASSIGNORS[self.assignor](subscribers, self.subscribed.counts())

    def _assign(self, now_ms: int) -> None:
        super()._assign(now_ms)
        self._behind = {
            member.member_id
            for member in self.members.values()
            if not member.is_reconciled_to(self.assignment_epoch)
        }

    # --- time ---------------------------------------------------------------------------------------------------------

    def _keep_alive(self, member: ConsumerMember, now_ms: int) -> None:
        super()._keep_alive(member, now_ms)
        member_id = member.member_id
        if member.classic is None:
            self._rejoin_ends.pop(member_id, None)
            self._sync_ends.pop(member_id, None)
        if member.state is not MemberState.UNREVOKED_PARTITIONS or member.classic is not None:
            self._revocation_ends.pop(member_id, None)
        elif member_id not in self._revocation_ends:
            self._end_at(self._revocation_ends, member_id, now_ms + max(member.rebalance_timeout_ms, 0))

    def _session_ms(self, member: ConsumerMember) -> int:
        return super()._session_ms(member) if member.classic is None else member.classic.session_timeout_ms

    @property
    def _all_ends(self) -> tuple[dict[str, int], ...]:
        """Until when who must be heard of, must have given partitions up, must join again, must ask for its assignment."""
        return self._session_ends, self._revocation_ends, self._rejoin_ends, self._sync_ends

    # --- members ------------------------------------------------------------------------------------------------------

    def _member_changed(self, before: ConsumerMember | None, after: ConsumerMember) -> None:
        if before is not None:
            self._release(before)
        if before is None or before.server_assignor != after.server_assignor:
            self._wish(after, 1)
            if before is not None:
                self._wish(before, -1)
        if before is None or before.classic is not after.classic:
            self._count_classic(after, 1)
            if before is not None:
                self._count_classic(before, -1)
        member_id = after.member_id
        if after.instance_id is not None:
            self._static_ids[after.instance_id] = member_id
        for partition in _owned(after):
            assert partition not in self._owners, "a partition has one owner"
            self._owners[partition] = member_id
        if after.is_reconciled_to(self.assignment_epoch):
            self._behind.discard(member_id)
        else:
            self._behind.add(member_id)

    def _member_gone(self, member: ConsumerMember) -> None:
        self._release(member)
        self._wish(member, -1)
        self._count_classic(member, -1)
        if member.instance_id is not None and self._static_ids.get(member.instance_id) == member.member_id:
            del self._static_ids[member.instance_id]
        self._behind.discard(member.member_id)

    def _release(self, member: ConsumerMember) -> None:
        for partition in _owned(member):
            del self._owners[partition]

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


def _owned(member: ConsumerMember) -> Iterable[tuple[bytes, int]]:
    for partitions in (member.assigned, member.pending_revocation):
        for topic_id, indexes in partitions.items():
            for index in indexes:
                yield topic_id, index
