"""Whatever clients, time and storage do, in any order, the group keeps what it promises."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import (
    Effect,
    JoinAnswer,
    JoinCommand,
    Leaver,
    Reply,
    Save,
    SaveReason,
    SyncCommand,
)
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.stored import restore
from broker.wire.error_codes import ErrorCode

CLIENTS = st.integers(0, 4)
SESSION_MS = 10_000
REBALANCE_MS = 15_000
PLAIN = (("range", b"x"), ("rr", b"y"))
PROTOCOLS = st.sampled_from(
    [
        (("range", b"x"),),
        PLAIN,
        (("rr", b"y"), ("range", b"z")),
        (("rr", b"z"),),
    ]
)


class GroupMachine(RuleBasedStateMachine):
    """Five clients, the last two static, each knowing what it was last told; requests may be late, doubled or wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.group = ClassicGroup(
            "g", GroupPolicy(initial_rebalance_delay_ms=3000, group_max_size=4, new_member_join_timeout_ms=20_000)
        )
        self.now_ms = 0
        self.highest_generation = 0
        self.fresh = 0
        self.ids: dict[int, str] = {}
        self.generations: dict[int, int] = {}
        self.leads: dict[int, tuple[int, list[str]]] = {}
        self.open_tickets: dict[tuple[str, int], int] = {}
        self.saves: list[Save] = []
        self.assigned: dict[int, dict[str, bytes]] = {}
        self.tickets = 0

    def take(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Save):
                self.saves.append(effect)
                if effect.reason is SaveReason.ASSIGNMENT:
                    self.assigned[effect.stored.generation] = {
                        each.member_id: each.assignment for each in effect.stored.members
                    }
            else:
                self.answered(effect)

    def answered(self, reply: Reply) -> None:
        client = self.open_tickets.pop(reply.ticket)  # KeyError: answered twice
        answer: Any = reply.answer
        if isinstance(answer, JoinAnswer):
            if not answer.error or answer.error is ErrorCode.MEMBER_ID_REQUIRED:
                self.ids[client] = answer.member_id
            if not answer.error:
                assert answer.generation == self.group.generation
                self.generations[client] = answer.generation
                if answer.members and not answer.skip_assignment:
                    assert answer.leader == answer.member_id
                    self.leads[client] = (answer.generation, [each.member_id for each in answer.members])
            elif answer.error in (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_INSTANCE_ID):
                self.ids.pop(client, None)
        elif not answer.error:
            member = (
                self.group.roster.members[self.ids[client]]
                if self.ids.get(client) in self.group.roster.members
                else None
            )
            if member is not None:
                assert (
                    answer.assignment == self.assigned[self.group.generation].get(member.member_id, b"")
                    or member.is_static
                )

    def ticket(self, kind: str, client: int) -> tuple[str, int]:
        self.tickets += 1
        ticket = (kind, self.tickets)
        self.open_tickets[ticket] = client
        return ticket

    def instance(self, client: int) -> str | None:
        return f"i{client}" if client >= 3 else None

    @rule(client=CLIENTS, protocols=PROTOCOLS, forgets=st.booleans(), new=st.booleans())
    def join(self, client: int, protocols: tuple[tuple[str, bytes], ...], forgets: bool, new: bool) -> None:
        self.fresh += 1
        member_id = "" if forgets else self.ids.get(client, "")
        command = JoinCommand(
            member_id=member_id,
            fresh_member_id=f"m{client}-{self.fresh}",
            group_instance_id=self.instance(client),
            client_id=f"c{client}",
            client_host="/h",
            session_timeout_ms=SESSION_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            protocol_type="consumer",
            protocols=protocols,
            requires_known_member_id=new,
            supports_skipping_assignment=new,
        )
        self.take(self.group.join(command, self.ticket("join", client), self.now_ms))

    @rule(client=CLIENTS, forgets_one=st.booleans())
    def sync(self, client: int, forgets_one: bool) -> None:
        generation, members = self.leads.get(client, (-1, []))
        assignments = {
            member_id: f"{generation}:{member_id}".encode() for member_id in members[1 if forgets_one else 0 :]
        }
        command = SyncCommand(
            member_id=self.ids.get(client, "nobody"),
            group_instance_id=self.instance(client),
            generation=self.generations.get(client, 0),
            assignments=assignments,
        )
        self.take(self.group.sync(command, self.ticket("sync", client), self.now_ms))

    @rule(client=CLIENTS)
    def heartbeat(self, client: int) -> None:
        member_id = self.ids.get(client, "nobody")
        error = self.group.heartbeat(member_id, self.instance(client), self.generations.get(client, 0), self.now_ms)
        if error is ErrorCode.UNKNOWN_MEMBER_ID:
            self.ids.pop(client, None)

    @rule(client=CLIENTS)
    def leave(self, client: int) -> None:
        _, effects = self.group.leave([Leaver(self.ids.get(client, ""), self.instance(client))], self.now_ms)
        self.take(effects)

    @rule(ms=st.sampled_from([1, 500, 3000, 9999, 10_000, 30_000]))
    def time_passes(self, ms: int) -> None:
        end_ms = self.now_ms + ms
        while self.group.wake_ms <= end_ms:
            self.now_ms = max(self.now_ms, self.group.wake_ms)
            self.take(self.group.expire(self.now_ms))
            assert self.group.wake_ms > self.now_ms or self.group._join_deadline_ms == self.now_ms
        self.now_ms = end_ms

    @rule(clients=st.sets(CLIENTS, min_size=1, max_size=4), syncing=st.booleans(), saving=st.booleans())
    def gather(self, clients: set[int], syncing: bool, saving: bool) -> None:
        """Some clients do what well-behaved ones do, as far as they get."""
        for _ in range(3):
            for client in sorted(clients):
                if not any(kind == "join" and who == client for (kind, _), who in self.open_tickets.items()):
                    self.join(client, PLAIN, forgets=False, new=True)
            self.time_passes(3000)
        if syncing:
            for client in sorted(clients):
                self.sync(client, forgets_one=False)
        while saving and self.saves:
            self.saved(fails=False)

    @precondition(lambda self: self.saves)
    @rule(fails=st.booleans())
    def saved(self, fails: bool) -> None:
        error = ErrorCode.NOT_COORDINATOR if fails else ErrorCode.NONE
        self.take(self.group.saved(self.saves.pop(0), error, self.now_ms))

    @precondition(lambda self: self.group.state is GroupState.STABLE and not self.open_tickets and not self.saves)
    @rule()
    def restarts(self) -> None:
        before = self.group.snapshot()
        self.group = restore(before, self.group.policy, self.now_ms)
        assert self.group.snapshot() == before
        assert self.group.state is GroupState.STABLE

    @invariant()
    def generations_never_fall(self) -> None:
        """G1"""
        assert self.group.generation >= self.highest_generation
        self.highest_generation = self.group.generation

    @invariant()
    def the_roster_is_right(self) -> None:
        """R1-R4"""
        roster = self.group.roster
        assert roster.awaiting_join == sum(member.join_ticket is not None for member in roster)
        assert (roster.leader in roster.members) if len(roster) else roster.leader is None
        assert roster._supporters == Counter(name for member in roster for name, _ in member.protocols)
        assert roster.static_ids == {
            member.group_instance_id: member.member_id for member in roster if member.is_static
        }
        assert all(member_id == member.member_id for member_id, member in roster.members.items())
        assert not set(roster.pending) & set(roster.members)
        assert roster.pending_sync <= set(roster.members)
        assert roster.state_bytes == sum(member.state_bytes for member in roster)
        # As in Kafka, static members that stay away while others join come on top.
        assert sum(not member.is_static for member in roster) <= 4 or self.group.state is GroupState.PREPARING_REBALANCE

    @invariant()
    def a_stable_generation_has_what_its_leader_assigned(self) -> None:
        """G2 (a static member under a new id has what was assigned to the old one)"""
        group = self.group
        if group.state is GroupState.STABLE:
            assigned = self.assigned[group.generation]
            for member in group.roster:
                if member.member_id in assigned:
                    assert member.assignment == assigned[member.member_id]
                else:
                    assert member.is_static
            assert set(assigned) <= set(group.roster.members) or any(member.is_static for member in group.roster)

    @invariant()
    def every_request_is_answered_or_held_by_a_member(self) -> None:
        """G3, and nobody is forgotten."""
        held = []
        saving = {save.replacement.ticket for save in self.saves if save.replacement is not None}
        for member in self.group.roster:
            if member.join_ticket is not None:
                assert self.group.state is GroupState.PREPARING_REBALANCE or member.join_ticket in saving
                held.append(member.join_ticket)
            if member.sync_ticket is not None:
                assert self.group.state is GroupState.COMPLETING_REBALANCE
                held.append(member.sync_ticket)
        assert sorted(held) == sorted(self.open_tickets)

    @invariant()
    def the_group_will_be_woken_in_time(self) -> None:
        """G4"""
        assert self.group.wake_ms <= self.group._next_deadline_ms()

    @invariant()
    def empty_means_nobody(self) -> None:
        if self.group.state is GroupState.EMPTY:
            assert not len(self.group.roster)
        elif self.group.state is not GroupState.PREPARING_REBALANCE:
            assert len(self.group.roster)

    def teardown(self) -> None:
        """When everybody falls silent, everybody is gone in time and nobody waits for ever."""
        while self.saves:
            self.take(self.group.saved(self.saves.pop(0), ErrorCode.NONE, self.now_ms))
        deadline_ms = self.now_ms + 10 * (SESSION_MS + REBALANCE_MS + 20_000)
        while self.group.wake_ms <= deadline_ms:
            self.now_ms = max(self.now_ms, self.group.wake_ms)
            self.take(self.group.expire(self.now_ms))
            while self.saves:
                self.take(self.group.saved(self.saves.pop(0), ErrorCode.NONE, self.now_ms))
        assert self.group.state is GroupState.EMPTY
        assert not self.open_tickets
        assert not self.group.roster.pending


TestGroupMachine = GroupMachine.TestCase
