"""Members of the classic protocol in a consumer group: what their requests do while the coordinator leads (KIP-848).

To such a member the group looks like a classic one that somebody else leads. Its epoch is the generation it is told. A heartbeat tells
it to join again when there is a new target, when it must give partitions up, or when what it waits for has become free. JoinGroup is
answered at once; what the member says there of partitions it still holds counts as in a heartbeat of the consumer protocol: one that
gives everything up before it joins (eager) names none and moves at once, a cooperative one first gives up, then joins once more.

M1  A member that is told to join again, or was given a generation, has its rebalance timeout to join, or to ask for its assignment.
"""

from dataclasses import replace

from broker.coordinators.groups.assigning import AssigningGroup
from broker.coordinators.groups.commands import JoinAnswer, JoinCommand, Protocols, SyncAnswer, SyncCommand
from broker.coordinators.groups.consumer_member import (
    ClassicTerms,
    ConsumerMember,
    MemberState,
    Partitions,
    Target,
)
from broker.coordinators.groups.embedded_protocol import (
    Malformed,
    NamedPartitions,
    Subscription,
    assignment_version,
    subscription_of,
    write_assignment,
)
from broker.coordinators.groups.epoch_group import GroupTiming
from broker.coordinators.groups.subscribed_topics import Topics
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode


class ClassicMembersGroup(AssigningGroup):
    """Adds the classic protocol's requests. Refusals are raised as :class:`BrokerError`; the group is then as it was."""

    # --- JoinGroup ----------------------------------------------------------------------------------------------------

    def classic_join(
        self, command: JoinCommand, timing: GroupTiming, now_ms: int, *, becomes_classic: bool = False
    ) -> JoinAnswer:
        """Join, or join again. ``becomes_classic``: the group is about to pass to the classic protocol, so that nothing is assigned
        any more."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        self._check_room(command)
        if command.protocol_type != self.protocol_type or not self._supports(command.protocols):
            raise BrokerError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if not command.member_id and command.group_instance_id is None and command.requires_known_member_id:
            return JoinAnswer(error=ErrorCode.MEMBER_ID_REQUIRED, member_id=command.fresh_member_id)
        before, replaced = self._find_joining(command)
        try:
            subscription = subscription_of(command.protocols)
        except Malformed as error:
            raise BrokerError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, f"no subscription: {error}") from error
        after = _joined(before, command, subscription)
        self._check_memory(after)
        owned = by_id(subscription.owned, self.subscribed.topics)
        self._session_timeout_ms = timing.session_timeout_ms
        after = self._advance(before, after, replaced, owned, timing, now_ms, assigns=not becomes_classic)
        self._rejoin_ends.pop(after.member_id, None)
        self._end_at(self._sync_ends, after.member_id, now_ms + after.rebalance_timeout_ms)
        return JoinAnswer(
            member_id=after.member_id,
            generation=after.epoch,
            protocol_type=self.protocol_type,
            protocol=command.protocols[0][0],
        )

    def _check_room(self, command: JoinCommand) -> None:
        takes_place = command.member_id in self.members or command.group_instance_id in self._static_ids
        if len(self.members) >= self.policy.consumer_group_max_size and not takes_place:
            raise BrokerError(ErrorCode.GROUP_MAX_SIZE_REACHED)

    def _supports(self, protocols: Protocols) -> bool:
        """Whether one of ``protocols`` is supported by every member of the classic protocol: they may become a classic group."""
        return any(self._supporters[name] == self.classic_count for name, _ in protocols)

    def _find_joining(self, command: JoinCommand) -> tuple[ConsumerMember, ConsumerMember | None]:
        """The member, maybe a new one, and the static member whose place it takes, whichever protocol that one speaks."""
        member_id, instance_id = command.member_id or command.fresh_member_id, command.group_instance_id
        if instance_id is None:
            return self.members.get(member_id) or ConsumerMember(member_id=member_id), None
        holder = self._static_member(instance_id)
        if command.member_id:
            self._check_holder(holder, instance_id, member_id)
            assert holder is not None, "checked"
            return holder, None
        if holder is None:
            return ConsumerMember(member_id=member_id, instance_id=instance_id), None
        return replace(holder, member_id=member_id, epoch=0, previous_epoch=0), holder

    def is_last_consumer(self, instance_id: str | None) -> bool:
        """Whether this static member is the only one of the consumer protocol among members of the classic one."""
        holder = None if instance_id is None else self._static_member(instance_id)
        return holder is not None and holder.classic is None and self.classic_count == len(self.members) - 1

    # --- SyncGroup ----------------------------------------------------------------------------------------------------

    def classic_sync(self, command: SyncCommand, now_ms: int) -> SyncAnswer:
        """Tell a member what it is assigned; it may be told before that is stored only if somebody else waits for that."""
        member, terms = self._classic_member(command.member_id, command.group_instance_id)
        self._check_generation(member, command.generation)
        if command.protocol_type not in (None, self.protocol_type) or command.protocol not in (None, terms.protocols[0][0]):
            raise BrokerError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if member.epoch < self.assignment_epoch and member.state is not MemberState.UNREVOKED_PARTITIONS:
            self._must_rejoin(member, now_ms)
            raise BrokerError(ErrorCode.REBALANCE_IN_PROGRESS)
        self._sync_ends.pop(member.member_id, None)
        self._keep_alive(member, now_ms)
        return SyncAnswer(
            protocol_type=command.protocol_type,
            protocol=command.protocol,
            assignment=write_assignment(
                assignment_version(terms.protocols[0][1]), by_name(member.assigned, self.subscribed.topics)
            ),
        )

    # --- Heartbeat ----------------------------------------------------------------------------------------------------

    def classic_heartbeat(
        self, member_id: str, instance_id: str | None, generation: int, timing: GroupTiming, now_ms: int
    ) -> ErrorCode:
        """Keeps the session alive. REBALANCE_IN_PROGRESS asks the member to join again."""
        member, _ = self._classic_member(member_id, instance_id)
        self._check_generation(member, generation)
        self._keep_alive(member, now_ms)
        if self.has_only_classic_members:
            # Nobody's heartbeats but these can see what has changed.
            if self.subscribed.are_outdated:
                self._refresh_topics(bump=False)
            self._assign_if_due(timing, now_ms)
        if (
            member.epoch < self.assignment_epoch
            or member.state is MemberState.UNREVOKED_PARTITIONS
            or (member.state is MemberState.UNRELEASED_PARTITIONS and not self._awaits_others(member))
        ):
            self._must_rejoin(member, now_ms)
            return ErrorCode.REBALANCE_IN_PROGRESS
        return ErrorCode.NONE

    def _awaits_others(self, member: ConsumerMember) -> bool:
        """Whether others still own what the member is to have."""
        return any(
            self._owners.get((topic_id, index), member.member_id) != member.member_id
            for topic_id, indexes in self.targets.get(member.member_id, {}).items()
            for index in indexes
        )

    def _must_rejoin(self, member: ConsumerMember, now_ms: int) -> None:
        if member.member_id not in self._rejoin_ends:
            self._end_at(self._rejoin_ends, member.member_id, now_ms + member.rebalance_timeout_ms)

    def _classic_member(self, member_id: str, instance_id: str | None) -> tuple[ConsumerMember, ClassicTerms]:
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if instance_id is not None:
            self._check_holder(self._static_member(instance_id), instance_id, member_id)
        member = self.members.get(member_id)
        if member is None or member.classic is None:
            raise self._unknown(member_id)
        return member, member.classic

    @staticmethod
    def _check_generation(member: ConsumerMember, generation: int) -> None:
        if generation != member.epoch:
            raise BrokerError(ErrorCode.ILLEGAL_GENERATION)


def _joined(member: ConsumerMember, command: JoinCommand, subscription: Subscription) -> ConsumerMember:
    """The member after what JoinGroup says of it; itself when that is nothing new."""
    after = replace(
        member,
        instance_id=command.group_instance_id or member.instance_id,
        rack_id=subscription.rack_id or member.rack_id,
        client_id=command.client_id,
        client_host=command.client_host,
        rebalance_timeout_ms=command.rebalance_timeout_ms,
        topic_names=subscription.topics,
        topic_regex="",
        classic=ClassicTerms(session_timeout_ms=command.session_timeout_ms, protocols=command.protocols),
    )
    return member if after == member else after


def by_id(partitions: NamedPartitions, topics: Topics) -> Target:
    """As the coordinator keeps partitions. Topics that are not there are left out."""
    found = ((topics.by_name(name), indexes) for name, indexes in partitions.items())
    return {topic.topic_id: indexes for topic, indexes in found if topic is not None}


def by_name(partitions: Partitions | Target, topics: Topics) -> NamedPartitions:
    """As classic members are told of partitions. Topics that are not there are left out."""
    found = ((topics.by_id(topic_id), indexes) for topic_id, indexes in partitions.items())
    return {topic.name: frozenset(indexes) for topic, indexes in found if topic is not None}
