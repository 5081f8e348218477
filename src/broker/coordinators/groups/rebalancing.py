"""How a group moves from one generation to the next: gather joins, vote, hand out the leader's assignment.

States and what ends them:

    Empty ──join──> PreparingRebalance ──all joined, or timeout──> CompletingRebalance ──assignment saved──> Stable
      ^                  │    ^                                          │                                     │
      └──nobody is left──┘    └──join, leave, expiry, missing sync───────┴─────────────────────────────────────┘

    Dead: gone, or about to be; only the owner of the groups sets it.

G1  ``generation`` never falls and grows by one with each completed join phase.
G2  In Stable every member has what the leader of this generation assigned to it (nothing, if it was left out).
G3  Members wait for a join answer only in PreparingRebalance, or in Stable for a static member's return to be saved;
    for a sync answer only in CompletingRebalance.
G4  ``wake_ms`` is at or before every deadline that counts.
"""

from enum import Enum
from typing import Final

from broker.coordinators.groups.commands import Effect, JoinAnswer, Reply, Save, SaveReason, SyncAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.roster import Roster
from broker.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE, subscribed_topics
from broker.storage.catalog.base import StoredGroup, StoredMember
from broker.wire.error_codes import ErrorCode

NEVER: Final = 1 << 62
GENERATION_MAX: Final = (1 << 31) - 1
RETRY_JOIN_MS_MIN: Final = 1_000
"""The shortest wait for static members of whom none has come back, however short a rebalance timeout they ask for."""


class GroupState(Enum):
    """The values are the names that clients see. Assigning and Reconciling are for groups of the consumer protocol."""

    EMPTY = "Empty"
    ASSIGNING = "Assigning"
    RECONCILING = "Reconciling"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


class RebalancingGroup:
    """The moves common to all requests; :class:`~broker.coordinators.groups.classic.ClassicGroup` adds the requests."""

    def __init__(self, group_id: str, policy: GroupPolicy) -> None:
        self.group_id = group_id
        self.policy = policy
        self.state = GroupState.EMPTY
        self.generation = 0
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.subscribed: frozenset[str] | None = None
        """Topics of the current generation's members; None when they cannot be told."""
        self.roster = Roster()
        self.wake_ms = NEVER
        self._join_deadline_ms: int | None = None
        self._sync_deadline_ms: int | None = None
        self._initial = False
        self._initial_delay_ms = 0
        self._initial_remaining_ms = 0
        self._new_member_added = False
        self._saving_assignment = False
        self._effects: list[Effect] = []

    @property
    def leader(self) -> str | None:
        return self.roster.leader

    @property
    def member_count(self) -> int:
        return len(self.roster)

    @property
    def pending_count(self) -> int:
        """Ids given out but not used."""
        return len(self.roster.pending)

    @property
    def state_bytes(self) -> int:
        return self.roster.state_bytes

    @property
    def uses_consumer_protocol(self) -> bool:
        return self.protocol_type == CONSUMER_PROTOCOL_TYPE

    def is_subscribed_to(self, topic: str) -> bool:
        """A consumer group whose subscriptions cannot be read counts as subscribed to everything."""
        if self.subscribed is None:
            return self.uses_consumer_protocol
        return topic in self.subscribed

    # --- prepare ------------------------------------------------------------------------------------------------------

    def _can_rebalance(self) -> bool:
        return self.state in (GroupState.EMPTY, GroupState.STABLE, GroupState.COMPLETING_REBALANCE)

    def _rebalance_or_complete_join(self, now_ms: int) -> None:
        if self._can_rebalance():
            self._prepare_rebalance(now_ms)
        else:
            self._complete_join_if_possible(now_ms)

    def _prepare_rebalance(self, now_ms: int) -> None:
        if self.state is GroupState.COMPLETING_REBALANCE:
            self._reset_assignments(ErrorCode.REBALANCE_IN_PROGRESS, now_ms)
        self.roster.pending_sync.clear()
        self._sync_deadline_ms = None
        self._initial = self.state is GroupState.EMPTY
        self.state = GroupState.PREPARING_REBALANCE
        if self._initial:
            # The group is new: give its other members time to come, or each of them would cause a rebalance of its own.
            self._new_member_added = False
            self._initial_delay_ms = self.policy.initial_rebalance_delay_ms
            self._initial_remaining_ms = max(self.roster.rebalance_timeout_ms - self._initial_delay_ms, 0)
            self._set_join_deadline(now_ms + self._initial_delay_ms)
        elif self.roster.all_joined:
            self._complete_join(now_ms)
        else:
            self._set_join_deadline(now_ms + self.roster.rebalance_timeout_ms)

    # --- join phase ---------------------------------------------------------------------------------------------------

    def _complete_join_if_possible(self, now_ms: int) -> None:
        """An initial rebalance is completed by its delay alone."""
        if self.state is GroupState.PREPARING_REBALANCE and not self._initial and self.roster.all_joined:
            self._complete_join(now_ms)

    def _join_deadline_reached(self, now_ms: int) -> None:
        if self._initial and self._new_member_added and self._initial_remaining_ms:
            self._new_member_added = False
            delay_ms = min(self.policy.initial_rebalance_delay_ms, self._initial_remaining_ms)
            self._initial_remaining_ms = max(self._initial_remaining_ms - self._initial_delay_ms, 0)
            self._initial_delay_ms = delay_ms
            self._set_join_deadline(now_ms + delay_ms)
        else:
            self._complete_join(now_ms)

    def _complete_join(self, now_ms: int) -> None:
        roster = self.roster
        self._join_deadline_ms = None
        for member in [member for member in roster if member.join_ticket is None and not member.is_static]:
            roster.remove(member.member_id)
        if not roster.elect_joined_leader() and len(roster):
            # Only static members are left and none has come back: wait on, their sessions remove them in time.
            self._set_join_deadline(now_ms + max(roster.rebalance_timeout_ms, RETRY_JOIN_MS_MIN))
            return
        self._initial = False
        self.generation = (self.generation + 1) & GENERATION_MAX
        self._saving_assignment = False
        if len(roster):
            self._start_completing(now_ms)
        else:
            self._become_empty()

    def _start_completing(self, now_ms: int) -> None:
        roster = self.roster
        self.state = GroupState.COMPLETING_REBALANCE
        self.protocol = roster.select_protocol()
        self.subscribed = self._subscribed_topics()
        leader = roster.leader
        assert leader is not None, "R2"
        for member in roster:
            ticket = roster.await_join(member, None)
            member.is_new = False
            self._touch(member, now_ms)
            if ticket is not None:
                members = roster.listed(self.protocol) if member.member_id == leader else ()
                self._effects.append(Reply(ticket, self._current_generation(member.member_id, leader, members=members)))
        roster.pending_sync = set(roster.members)
        self._sync_deadline_ms = now_ms + roster.rebalance_timeout_ms
        self._arm(self._sync_deadline_ms)

    def _become_empty(self) -> None:
        self.state = GroupState.EMPTY
        self.protocol = None
        self.subscribed = self._subscribed_topics()
        self.roster.pending_sync.clear()
        self._sync_deadline_ms = None
        self._effects.append(Save(SaveReason.EMPTY, self.snapshot()))

    def _subscribed_topics(self) -> frozenset[str] | None:
        if not self.uses_consumer_protocol:
            return None
        topics: set[str] = set()
        for member in self.roster:
            named = subscribed_topics(member.metadata(self.protocol))
            if named is None:
                return None
            topics |= named
        return frozenset(topics)

    def _current_generation(self, member_id: str, leader: str | None, **fields: object) -> JoinAnswer:
        """The answer that tells a member of the generation as it is."""
        return JoinAnswer(
            member_id=member_id,
            generation=self.generation,
            protocol_type=self.protocol_type,
            protocol=self.protocol,
            leader=leader or "",
            **fields,  # type: ignore[arg-type]
        )

    # --- sync phase ---------------------------------------------------------------------------------------------------

    def _save_assignment(self, assignments: dict[str, bytes]) -> None:
        self._saving_assignment = True
        self._effects.append(Save(SaveReason.ASSIGNMENT, self.snapshot(assignments)))

    def _assignment_saved(self, stored: StoredGroup, error: ErrorCode, now_ms: int) -> None:
        if self.state is not GroupState.COMPLETING_REBALANCE or stored.generation != self.generation:
            return  # the group has moved on meanwhile
        self._saving_assignment = False
        if error:
            self._reset_assignments(error, now_ms)
            self._prepare_rebalance(now_ms)
            return
        assigned = {member.member_id: member.assignment for member in stored.members}
        for member in self.roster:
            self.roster.assign(member, assigned.get(member.member_id, b""))
        self.state = GroupState.STABLE
        self._answer_syncs(ErrorCode.NONE, now_ms)

    def _reset_assignments(self, error: ErrorCode, now_ms: int) -> None:
        for member in self.roster:
            self.roster.assign(member, b"")
        self._answer_syncs(error, now_ms)

    def _answer_syncs(self, error: ErrorCode, now_ms: int) -> None:
        for member in self.roster:
            if member.sync_ticket is not None:
                ticket, member.sync_ticket = member.sync_ticket, None
                self._effects.append(Reply(ticket, self._sync_answer(member) if not error else SyncAnswer(error=error)))
                self._touch(member, now_ms)

    def _sync_answer(self, member: Member) -> SyncAnswer:
        return SyncAnswer(protocol_type=self.protocol_type, protocol=self.protocol, assignment=member.assignment)

    def _synced(self, member: Member) -> None:
        self.roster.pending_sync.discard(member.member_id)
        if not self.roster.pending_sync:
            self._sync_deadline_ms = None

    def _sync_deadline_reached(self, now_ms: int) -> None:
        """Members that took a generation but never asked for their part of it are gone."""
        self._sync_deadline_ms = None
        late = list(self.roster.pending_sync)
        if late and self.state in (GroupState.COMPLETING_REBALANCE, GroupState.STABLE):
            for member_id in late:
                self._drop(member_id)
            self._prepare_rebalance(now_ms)

    # --- members and deadlines ----------------------------------------------------------------------------------------

    def _drop(self, member_id: str) -> None:
        """Take a member off; if it waits for an answer, it learns that it is not known any more and may start anew."""
        member = self.roster.remove(member_id)
        if member is None:
            return
        if member.join_ticket is not None:
            self._effects.append(Reply(member.join_ticket, JoinAnswer(error=ErrorCode.UNKNOWN_MEMBER_ID)))
            member.join_ticket = None
        if member.sync_ticket is not None:
            self._effects.append(Reply(member.sync_ticket, SyncAnswer(error=ErrorCode.UNKNOWN_MEMBER_ID)))
            member.sync_ticket = None

    def _touch(self, member: Member, now_ms: int) -> None:
        member.heard_of(now_ms)
        self._arm(member.deadline_ms)

    def _set_join_deadline(self, deadline_ms: int) -> None:
        self._join_deadline_ms = deadline_ms
        self._arm(deadline_ms)

    def _arm(self, deadline_ms: int) -> None:
        if deadline_ms < self.wake_ms:
            self.wake_ms = deadline_ms

    def _next_deadline_ms(self) -> int:
        deadlines = [member.deadline_ms for member in self.roster if member.can_expire]
        deadlines.extend(self.roster.pending.values())
        deadlines.extend(
            deadline for deadline in (self._join_deadline_ms, self._sync_deadline_ms) if deadline is not None
        )
        return min(deadlines, default=NEVER)

    # --- as stored ----------------------------------------------------------------------------------------------------

    def snapshot(self, assignments: dict[str, bytes] | None = None) -> StoredGroup:
        """The group as the catalog keeps it, with ``assignments`` in place of the members' own when given."""
        return StoredGroup(
            group_id=self.group_id,
            protocol_type=self.protocol_type or "",
            generation=self.generation,
            protocol=self.protocol,
            leader=self.roster.leader,
            members=tuple(
                StoredMember(
                    member_id=member.member_id,
                    group_instance_id=member.group_instance_id,
                    client_id=member.client_id,
                    client_host=member.client_host,
                    session_timeout_ms=member.session_timeout_ms,
                    rebalance_timeout_ms=member.rebalance_timeout_ms,
                    protocols=member.protocols,
                    assignment=member.assignment if assignments is None else assignments.get(member.member_id, b""),
                )
                for member in self.roster
            ),
        )

    def restored(self) -> None:
        """Derive what is not stored, once members and protocol are set."""
        self.subscribed = self._subscribed_topics()
        self.wake_ms = self._next_deadline_ms()

    def _take_effects(self) -> list[Effect]:
        effects = self._effects
        if effects:
            self._effects = []
        return effects
