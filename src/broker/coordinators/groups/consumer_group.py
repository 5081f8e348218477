"""A group of the consumer protocol (KIP-848): the broker decides who reads what, members are led there one by one.

Members of the classic protocol may be in it too (:mod:`broker.coordinators.groups.classic_members`), while it passes from one
protocol to the other. What holds for all of them is said in :mod:`broker.coordinators.groups.assigning`.

Refusals are raised as :class:`BrokerError`; the group is then as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from broker.coordinators.groups.classic_members import ClassicMembersGroup
from broker.coordinators.groups.consumer_member import (
    JOIN_EPOCH,
    STATIC_LEAVE_EPOCH,
    ConsumerMember,
    HeartbeatCommand,
    Partitions,
    Target,
)
from broker.coordinators.groups.epoch_group import GroupTiming, HeartbeatAnswer
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode


class ConsumerGroup(ClassicMembersGroup):
    """One group. ``now_ms`` must never run back between two calls; ``topics`` shows the topics as they are now."""

    # --- heartbeat ----------------------------------------------------------------------------------------------------

    def heartbeat(self, command: HeartbeatCommand, timing: GroupTiming, now_ms: int) -> HeartbeatAnswer:
        """Join, stay, and move one step towards the target. ``member_id`` is never empty here."""
        if self._is_dead:
            raise BrokerError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        self._session_timeout_ms = timing.session_timeout_ms
        before, replaced = self._find(command)
        after = before.updated_by(command)
        self._check_memory(after)
        self.subscribed.check_pattern(after.topic_regex)
        after = self._advance(before, after, replaced, command.owned, timing, now_ms)
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
                if holder.classic is None and holder.epoch != STATIC_LEAVE_EPOCH:
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

    # --- topics -------------------------------------------------------------------------------------------------------

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

        A member may be an epoch ahead of a commit on its way: that is taken while the partition has been its own since then. To one
        of the classic protocol its epoch is a generation.
        """
        if self._is_dead:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if epoch < 0 and not self.members:
            return ErrorCode.NONE
        member = self.members.get(member_id)
        if member is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        if not knows_epochs and member.classic is None:
            return ErrorCode.UNSUPPORTED_VERSION
        stale = _stale(member)
        if epoch == member.epoch:
            return ErrorCode.NONE
        if epoch > member.epoch:
            return stale
        for topic_id, index in partitions:
            given = member.assigned.get(topic_id, {}).get(index)
            if given is None:
                given = member.pending_revocation.get(topic_id, {}).get(index)
            if given is None or epoch < given:
                return stale
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
        return ErrorCode.NONE if member.epoch == epoch else _stale(member)


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


def _stale(member: ConsumerMember) -> ErrorCode:
    """What a member hears that is not of the epoch it says."""
    return ErrorCode.STALE_MEMBER_EPOCH if member.classic is None else ErrorCode.ILLEGAL_GENERATION


def _differ(before: Partitions, after: Partitions) -> bool:
    """Whether other partitions are assigned; since when does not matter."""
    return before is not after and {topic: set(indexes) for topic, indexes in before.items()} != {
        topic: set(indexes) for topic, indexes in after.items()
    }
