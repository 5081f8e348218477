"""Who is in a group: members, static members, ids given out but not used yet, the leader, and the protocols in common."""

from collections import Counter
from collections.abc import Iterator

from broker.coordinators.groups.commands import JoinedMember, Protocols
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.protocol_selection import select_protocol


class Roster:
    """Keeps its counters right through every change; decides nothing about states or answers.

    R1  ``awaiting_join`` is the number of members that hold a join ticket.
    R2  The leader is a member, and there is one whenever there are members.
    R3  ``_supporters[name]`` is the number of members that support the protocol ``name``.
    R4  ``static_ids`` maps exactly the instance ids of the static members to their member ids.
    """

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.static_ids: dict[str, str] = {}
        self.pending: dict[str, int] = {}
        """Member ids given out (MEMBER_ID_REQUIRED) and the time until which they may be used."""
        self.pending_sync: set[str] = set()
        self.leader: str | None = None
        self.awaiting_join = 0
        self.state_bytes = 0
        self._supporters: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members.values())

    def add(self, member: Member, ticket: object | None) -> None:
        """Add a member that is not there yet; the first one leads."""
        assert member.member_id not in self.members
        self.members[member.member_id] = member
        if member.group_instance_id is not None:
            assert member.group_instance_id not in self.static_ids
            self.static_ids[member.group_instance_id] = member.member_id
        if self.leader is None:
            self.leader = member.member_id
        self.pending.pop(member.member_id, None)
        self._count(member, 1)
        self.await_join(member, ticket)

    def remove(self, member_id: str) -> Member | None:
        """Take a member (or an id that was given out) off; the longest-standing other member leads in a leader's place."""
        self.pending.pop(member_id, None)
        self.pending_sync.discard(member_id)
        member = self.members.pop(member_id, None)
        if member is None:
            return None
        self._count(member, -1)
        if member.join_ticket is not None:
            self.awaiting_join -= 1
        if member.group_instance_id is not None:
            del self.static_ids[member.group_instance_id]
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)
        return member

    def rename(self, member: Member, member_id: str) -> None:
        """Give a static member another id; it leads on if it led. Its place in the order goes to the end."""
        assert member.group_instance_id is not None
        del self.members[member.member_id]
        if self.leader == member.member_id:
            self.leader = member_id
        if member.member_id in self.pending_sync:
            self.pending_sync.remove(member.member_id)
            self.pending_sync.add(member_id)
        member.member_id = member_id
        self.members[member_id] = member
        self.static_ids[member.group_instance_id] = member_id

    def update(
        self,
        member: Member,
        protocols: Protocols,
        session_timeout_ms: int,
        rebalance_timeout_ms: int,
        ticket: object | None,
    ) -> object | None:
        """Take over what a joining member says now; the join ticket that it held before."""
        self._count(member, -1)
        member.protocols = protocols
        member.session_timeout_ms = session_timeout_ms
        member.rebalance_timeout_ms = rebalance_timeout_ms
        self._count(member, 1)
        return self.await_join(member, ticket)

    def await_join(self, member: Member, ticket: object | None) -> object | None:
        """Replace the member's join ticket (None: it waits no longer); the one it held before."""
        before: object | None = member.join_ticket
        self.awaiting_join += (ticket is not None) - (before is not None)
        member.join_ticket = ticket
        return before

    def assign(self, member: Member, assignment: bytes) -> None:
        self.state_bytes += len(assignment) - len(member.assignment)
        member.assignment = assignment

    def supports(self, protocols: Protocols) -> bool:
        """Whether one of ``protocols`` is supported by every member."""
        count = len(self.members)
        return any(self._supporters[name] == count for name, _ in protocols)

    def select_protocol(self) -> str:
        count = len(self.members)
        candidates = {name for name, supporters in self._supporters.items() if supporters == count}
        return select_protocol((member.protocols for member in self.members.values()), candidates)

    def elect_joined_leader(self) -> bool:
        """Keep the leader if it has joined, else take the first member that has. False when nobody has."""
        if self.leader is None:
            return False
        if self.members[self.leader].join_ticket is not None:
            return True
        for member in self.members.values():
            if member.join_ticket is not None:
                self.leader = member.member_id
                return True
        return False

    @property
    def all_joined(self) -> bool:
        return self.awaiting_join == len(self.members) and not self.pending

    @property
    def rebalance_timeout_ms(self) -> int:
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    def listed(self, protocol: str | None) -> list[JoinedMember]:
        """The members as the leader is told of them."""
        return [
            JoinedMember(member.member_id, member.group_instance_id, member.metadata(protocol))
            for member in self.members.values()
        ]

    def _count(self, member: Member, sign: int) -> None:
        self.state_bytes += sign * member.state_bytes
        for name in {name for name, _ in member.protocols}:
            supporters = self._supporters[name] + sign
            if supporters:
                self._supporters[name] = supporters
            else:
                del self._supporters[name]
