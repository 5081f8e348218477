"""What each request does to a group of the classic protocol (KIP-62, 134, 345, 394, 559, 814), and what time does to it.

Every method that changes the group returns the effects its owner must carry out, in order: answers to give, a state to save.
"""

from broker.coordinators.groups.commands import (
    Effect,
    JoinAnswer,
    JoinCommand,
    LeaveOutcome,
    Leaver,
    Protocols,
    Reply,
    Save,
    SaveReason,
    StaticReplacement,
    SyncAnswer,
    SyncCommand,
    Ticket,
)
from broker.coordinators.groups.member import Member, protocols_bytes
from broker.coordinators.groups.rebalancing import GroupState, RebalancingGroup
from broker.wire.error_codes import ErrorCode

NO_EFFECTS: list[Effect] = []


class ClassicGroup(RebalancingGroup):
    """One group. ``now_ms`` must never run back between two calls."""

    # --- JoinGroup ----------------------------------------------------------------------------------------------------

    def join(self, command: JoinCommand, ticket: Ticket, now_ms: int) -> list[Effect]:
        if self.state is GroupState.DEAD:
            return [Reply(ticket, JoinAnswer(error=ErrorCode.COORDINATOR_NOT_AVAILABLE, member_id=command.member_id))]
        if not self._has_memory_for(command):
            self._refuse_join(ticket, ErrorCode.GROUP_MAX_SIZE_REACHED, "")
        elif not self._has_room_for(command.member_id):
            self._drop(command.member_id)
            self._refuse_join(ticket, ErrorCode.GROUP_MAX_SIZE_REACHED, "")
            self._complete_join_if_possible(now_ms)
        elif not self._agrees_with(command.protocol_type, command.protocols):
            self._refuse_join(ticket, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, command.member_id)
        elif command.member_id:
            self._join_known(command, ticket, now_ms)
        elif command.group_instance_id is not None:
            self._join_static(command, command.group_instance_id, ticket, now_ms)
        elif command.requires_known_member_id:
            self._give_member_id(command, ticket, now_ms)
        else:
            self._add_member(command, command.fresh_member_id, ticket, now_ms)
        return self._take_effects()

    def _has_memory_for(self, command: JoinCommand) -> bool:
        member = self.roster.members.get(command.member_id)
        known_bytes = member.state_bytes if member is not None else 0
        return self.roster.state_bytes - known_bytes + protocols_bytes(command.protocols) <= self.policy.group_bytes_max

    def _has_room_for(self, member_id: str) -> bool:
        """While a rebalance gathers members, those that have joined count: so the last to come are the ones left out when
        ``group.max.size`` was lowered."""
        if self.state is GroupState.EMPTY:
            return True
        size_max = self.policy.group_max_size
        member = self.roster.members.get(member_id)
        if self.state is GroupState.PREPARING_REBALANCE:
            return (member is not None and member.join_ticket is not None) or self.roster.awaiting_join < size_max
        return member is not None or len(self.roster) < size_max

    def _agrees_with(self, protocol_type: str, protocols: Protocols) -> bool:
        if self.state is GroupState.EMPTY:
            return bool(protocol_type) and bool(protocols)
        return protocol_type == self.protocol_type and self.roster.supports(protocols)

    def _give_member_id(self, command: JoinCommand, ticket: Ticket, now_ms: int) -> None:
        """KIP-394: the client must come back with the id, so that one that tries again and again is counted once."""
        if len(self.roster.pending) >= self.policy.pending_max:
            self._refuse_join(ticket, ErrorCode.COORDINATOR_NOT_AVAILABLE, "")
            return
        deadline_ms = now_ms + command.session_timeout_ms
        self.roster.pending[command.fresh_member_id] = deadline_ms
        self._arm(deadline_ms)
        self._refuse_join(ticket, ErrorCode.MEMBER_ID_REQUIRED, command.fresh_member_id)

    def _join_known(self, command: JoinCommand, ticket: Ticket, now_ms: int) -> None:
        member_id = command.member_id
        if member_id in self.roster.pending and command.group_instance_id is None:
            self._add_member(command, member_id, ticket, now_ms)
            return
        error = self.member_error(member_id, command.group_instance_id)
        if error:
            self._refuse_join(ticket, error, member_id)
            return
        member = self.roster.members[member_id]
        same = member.protocols == command.protocols
        if self.state is GroupState.COMPLETING_REBALANCE and same:
            # It may not have got the answer to its first request.
            self._tell_generation(member, ticket)
        elif self.state is GroupState.STABLE and same and member_id != self.leader:
            self._tell_generation(member, ticket)
        else:
            # A leader that joins again asks for a rebalance: it may have seen what its metadata does not say, such as
            # new partitions.
            self._update_member(member, command, ticket)
            self._rebalance_or_complete_join(now_ms)

    def _tell_generation(self, member: Member, ticket: Ticket) -> None:
        members = self.roster.listed(self.protocol) if member.member_id == self.leader else ()
        self._effects.append(Reply(ticket, self._current_generation(member.member_id, self.leader, members=members)))

    def _update_member(self, member: Member, command: JoinCommand, ticket: Ticket) -> None:
        replaced = self.roster.update(
            member, command.protocols, command.session_timeout_ms, command.rebalance_timeout_ms, ticket
        )
        if replaced is not None:
            # The client asked again, on another connection or after a timeout. The first request is answered too, or its
            # connection would hold back every later answer.
            self._refuse_join(replaced, ErrorCode.REBALANCE_IN_PROGRESS, member.member_id)

    def _add_member(self, command: JoinCommand, member_id: str, ticket: Ticket, now_ms: int) -> None:
        if self.state is GroupState.PREPARING_REBALANCE and self._initial:
            self._new_member_added = True
        if not len(self.roster):
            self.protocol_type = command.protocol_type
        member = Member(
            member_id,
            command.group_instance_id,
            command.client_id,
            command.client_host,
            command.session_timeout_ms,
            command.rebalance_timeout_ms,
            command.protocols,
        )
        member.is_new = True
        member.deadline_ms = now_ms + self.policy.new_member_join_timeout_ms
        self._arm(member.deadline_ms)
        self.roster.add(member, ticket)
        self._rebalance_or_complete_join(now_ms)

    def _join_static(self, command: JoinCommand, instance_id: str, ticket: Ticket, now_ms: int) -> None:
        """KIP-345: an instance that is known takes its old place, under a new id that fences whoever used the old one."""
        old_id = self.roster.static_ids.get(instance_id)
        if old_id is None:
            self._add_member(command, command.fresh_member_id, ticket, now_ms)
            return
        member = self.roster.members[old_id]
        led = self.leader == old_id
        before = (member.protocols, member.session_timeout_ms, member.rebalance_timeout_ms)
        self._fence(member)
        self.roster.rename(member, command.fresh_member_id)
        self._touch(member, now_ms)
        self._update_member(member, command, ticket)
        if self.state is GroupState.STABLE and self.roster.select_protocol() == self.protocol:
            if command.supports_skipping_assignment:
                members = self.roster.listed(self.protocol) if led else ()
                answer = self._current_generation(member.member_id, self.leader, skip_assignment=led, members=members)
            else:
                # An older client must not take itself for the leader, or it would assign, and nobody waits for that.
                answer = self._current_generation(member.member_id, old_id if led else self.leader)
            replacement = StaticReplacement(instance_id, old_id, member.member_id, *before, ticket, answer)
            self._effects.append(Save(SaveReason.STATIC_MEMBER, self.snapshot(), replacement))
        elif self.state is GroupState.PREPARING_REBALANCE:
            self._complete_join_if_possible(now_ms)
        else:
            # The leader may already be computing an assignment for the old id.
            self._prepare_rebalance(now_ms)

    def _fence(self, member: Member) -> None:
        ticket = self.roster.await_join(member, None)
        if ticket is not None:
            self._refuse_join(ticket, ErrorCode.FENCED_INSTANCE_ID, member.member_id)
        if member.sync_ticket is not None:
            self._effects.append(Reply(member.sync_ticket, SyncAnswer(error=ErrorCode.FENCED_INSTANCE_ID)))
            member.sync_ticket = None

    def _refuse_join(self, ticket: Ticket, error: ErrorCode, member_id: str) -> None:
        self._effects.append(Reply(ticket, JoinAnswer(error=error, member_id=member_id)))

    # --- SyncGroup ----------------------------------------------------------------------------------------------------

    def sync(self, command: SyncCommand, ticket: Ticket, now_ms: int) -> list[Effect]:
        error = self._sync_error(command)
        if error:
            return [Reply(ticket, SyncAnswer(error=error))]
        member = self.roster.members[command.member_id]
        self._synced(member)
        if self.state is GroupState.STABLE:
            return [Reply(ticket, self._sync_answer(member))]
        if member.sync_ticket is not None:
            self._effects.append(Reply(member.sync_ticket, SyncAnswer(error=ErrorCode.REBALANCE_IN_PROGRESS)))
        member.sync_ticket = ticket
        if member.member_id == self.leader and not self._saving_assignment:
            assignments = {member_id: command.assignments.get(member_id, b"") for member_id in self.roster.members}
            if sum(map(len, assignments.values())) + self.roster.state_bytes > self.policy.group_bytes_max:
                self._reset_assignments(ErrorCode.UNKNOWN_SERVER_ERROR, now_ms)
                self._prepare_rebalance(now_ms)
            else:
                self._save_assignment(assignments)
        return self._take_effects()

    def _sync_error(self, command: SyncCommand) -> ErrorCode:
        if self.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        error = self.member_error(command.member_id, command.group_instance_id)
        if error:
            return error
        if command.generation != self.generation:
            return ErrorCode.ILLEGAL_GENERATION
        if command.protocol_type not in (None, self.protocol_type) or command.protocol not in (None, self.protocol):
            return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        if self.state is GroupState.PREPARING_REBALANCE:
            return ErrorCode.REBALANCE_IN_PROGRESS
        return ErrorCode.NONE

    # --- Heartbeat ----------------------------------------------------------------------------------------------------

    def heartbeat(self, member_id: str, group_instance_id: str | None, generation: int, now_ms: int) -> ErrorCode:
        """Costs the same for a group of any size: the deadline moves, nothing is scheduled."""
        if self.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        error = self.member_error(member_id, group_instance_id)
        if error:
            return error
        if generation != self.generation:
            return ErrorCode.ILLEGAL_GENERATION
        member = self.roster.members[member_id]
        if not member.is_new:
            member.heard_of(now_ms)
        return ErrorCode.REBALANCE_IN_PROGRESS if self.state is GroupState.PREPARING_REBALANCE else ErrorCode.NONE

    def member_error(self, member_id: str, group_instance_id: str | None) -> ErrorCode:
        """Whether this is a member, and if an instance is named, the one that holds its place now."""
        if group_instance_id is not None:
            holder = self.roster.static_ids.get(group_instance_id)
            if holder is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            if holder != member_id:
                return ErrorCode.FENCED_INSTANCE_ID
        return ErrorCode.NONE if member_id in self.roster.members else ErrorCode.UNKNOWN_MEMBER_ID

    # --- LeaveGroup ---------------------------------------------------------------------------------------------------

    def leave(self, leavers: list[Leaver], now_ms: int) -> tuple[list[LeaveOutcome], list[Effect]]:
        """One outcome a leaver; one rebalance for all of them."""
        outcomes = [LeaveOutcome(each.member_id, each.group_instance_id, self._leave_one(each)) for each in leavers]
        if not all(outcome.error for outcome in outcomes):
            if self.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
                self._prepare_rebalance(now_ms)
            else:
                self._complete_join_if_possible(now_ms)
        return outcomes, self._take_effects()

    def _leave_one(self, leaver: Leaver) -> ErrorCode:
        if not leaver.member_id:
            member_id = self.roster.static_ids.get(leaver.group_instance_id or "")
            if leaver.group_instance_id is None or member_id is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            self._drop(member_id)
            return ErrorCode.NONE
        if leaver.member_id not in self.roster.pending:
            error = self.member_error(leaver.member_id, leaver.group_instance_id)
            if error:
                return error
        self._drop(leaver.member_id)
        return ErrorCode.NONE

    # --- OffsetCommit -------------------------------------------------------------------------------------------------

    def commit_error(self, member_id: str, group_instance_id: str | None, generation: int) -> ErrorCode:
        """Whether these may commit offsets. Without a generation (an administrator, a consumer that assigns partitions by
        itself) only while the group has no members."""
        if self.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if generation < 0 and self.state is GroupState.EMPTY:
            return ErrorCode.NONE
        if generation < 0 and not member_id and group_instance_id is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
        error = self.member_error(member_id, group_instance_id)
        if error:
            return error
        if generation != self.generation:
            return ErrorCode.ILLEGAL_GENERATION
        if self.state is GroupState.COMPLETING_REBALANCE:
            return ErrorCode.REBALANCE_IN_PROGRESS
        return ErrorCode.NONE

    def transactional_commit_error(self, member_id: str, group_instance_id: str | None, generation: int) -> ErrorCode:
        """Whether a transaction may carry offsets of this group for these (KIP-447). Older producers name neither member nor
        generation and are fenced by their transactional id alone; a rebalance under way is no reason to refuse."""
        if self.state is GroupState.DEAD:
            return ErrorCode.COORDINATOR_NOT_AVAILABLE
        if generation < 0 and (self.state is GroupState.EMPTY or (not member_id and group_instance_id is None)):
            return ErrorCode.NONE
        error = self.member_error(member_id, group_instance_id)
        if error:
            return error
        return ErrorCode.NONE if generation == self.generation else ErrorCode.ILLEGAL_GENERATION

    def heard_of_committer(self, member_id: str, now_ms: int) -> None:
        """A commit keeps the session alive like a heartbeat does."""
        member = self.roster.members.get(member_id)
        if member is not None and not member.is_new and self.state is not GroupState.COMPLETING_REBALANCE:
            member.heard_of(now_ms)

    # --- what was saved, what time brings -----------------------------------------------------------------------------

    def saved(self, save: Save, error: ErrorCode, now_ms: int) -> list[Effect]:
        """The outcome of a :class:`Save`. On an error the group is as if what was to be saved had not happened."""
        if self.state is GroupState.DEAD:
            return NO_EFFECTS
        if save.reason is SaveReason.ASSIGNMENT:
            self._assignment_saved(save.stored, error, now_ms)
        elif save.replacement is not None:
            self._static_member_saved(save.replacement, error, now_ms)
        return self._take_effects()

    def _static_member_saved(self, replacement: StaticReplacement, error: ErrorCode, now_ms: int) -> None:
        member = self.roster.members.get(replacement.new_member_id)
        if member is None or member.join_ticket is not replacement.ticket:
            return  # answered otherwise meanwhile
        if not error:
            self.roster.await_join(member, None)
            self._effects.append(Reply(replacement.ticket, replacement.answer))
            self._touch(member, now_ms)
        elif self.state is GroupState.STABLE:
            self.roster.update(
                member,
                replacement.old_protocols,
                replacement.old_session_timeout_ms,
                replacement.old_rebalance_timeout_ms,
                None,
            )
            self.roster.rename(member, replacement.old_member_id)
            self._touch(member, now_ms)
            self._refuse_join(replacement.ticket, error, "")
        # Else a rebalance began meanwhile: it answers the member, and what it comes to is saved as a whole.

    def expire(self, now_ms: int) -> list[Effect]:
        """Do whatever is due. To be called at ``wake_ms``; earlier or later does no harm."""
        roster = self.roster
        for member_id in [member_id for member_id, deadline_ms in roster.pending.items() if deadline_ms <= now_ms]:
            self._drop(member_id)
            self._complete_join_after_loss(now_ms)
        expired = [member.member_id for member in roster if member.can_expire and member.deadline_ms <= now_ms]
        for member_id in expired:
            self._drop(member_id)
        if expired:
            if self.state in (GroupState.STABLE, GroupState.COMPLETING_REBALANCE):
                self._prepare_rebalance(now_ms)
            else:
                self._complete_join_after_loss(now_ms)
        if self._join_deadline_ms is not None and self._join_deadline_ms <= now_ms:
            self._join_deadline_reached(now_ms)
        if self._sync_deadline_ms is not None and self._sync_deadline_ms <= now_ms:
            self._sync_deadline_reached(now_ms)
        self.wake_ms = self._next_deadline_ms()
        return self._take_effects()

    def _complete_join_after_loss(self, now_ms: int) -> None:
        """Unlike a join, a loss may complete an initial rebalance: nobody else is awaited when nobody is left."""
        if self.state is GroupState.PREPARING_REBALANCE and self.roster.all_joined:
            self._complete_join(now_ms)

    # --- the end, and over capacity -----------------------------------------------------------------------------------

    def close(self, error: ErrorCode) -> list[Effect]:
        """The broker is no longer (or not yet again) this group's coordinator: answer whoever waits with ``error``."""
        self.state = GroupState.DEAD
        for member in self.roster:
            ticket = self.roster.await_join(member, None)
            if ticket is not None:
                self._refuse_join(ticket, error, member.member_id)
            if member.sync_ticket is not None:
                self._effects.append(Reply(member.sync_ticket, SyncAnswer(error=error)))
                member.sync_ticket = None
        return self._take_effects()

    def call_together(self, now_ms: int) -> list[Effect]:
        """Make all members join again, as nobody knows whether what they have is what they should have."""
        self._prepare_rebalance(now_ms)
        return self._take_effects()

    def rebalance_after_loading(self, now_ms: int) -> list[Effect]:
        """A group that is larger than ``group.max.size`` allows by now must rebalance, and one that became classic and had not yet."""
        if self.state is GroupState.STABLE and (len(self.roster) > self.policy.group_max_size or self.protocol is None):
            self._prepare_rebalance(now_ms)
        return self._take_effects()
