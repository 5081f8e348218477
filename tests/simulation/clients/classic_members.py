"""Members of classic groups: join, the leader's assignment, heartbeats, commits; they leave, crash, and come back."""

from typing import Any, Final

import anyio

from broker.wire.error_codes import ErrorCode
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupRequestAssignment
from tests.simulation.clients.base import RETRIABLE, name_of
from tests.simulation.clients.offsets import OffsetKeeper
from tests.simulation.group_ledger import GroupLedger
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.network import Gone

JOIN_GROUP: Final = 11
HEARTBEAT: Final = 12
LEAVE_GROUP: Final = 13
SYNC_GROUP: Final = 14
SESSION_MS: Final = 8_000
REBALANCE_MS: Final = 10_000

JOINS_AGAIN = frozenset(
    {ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.ILLEGAL_GENERATION, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.FENCED_INSTANCE_ID}
)


class ClassicMember(OffsetKeeper):
    """One member; :meth:`run` never ends by itself. Assignments are made up of the generation's leader, a number of its own and the member."""

    def __init__(self, name: str, machine: Machine, ledger: Ledger, groups: GroupLedger, group: str, topic: str, partitions: int) -> None:
        super().__init__(name, machine, ledger)
        self.group, self.groups, self.topic = group, groups, topic
        self._partitions = partitions
        self.member_id = ""
        self._decided = 0
        self._instance_id = name if self.chance.happens(0.3) else None

    async def run(self) -> None:
        while True:
            try:
                generation, mine = await self._join()
                await self.belong(generation, mine)
            except Gone:
                await self.pause()
            except JoinAgain as again:
                if again.error in (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_INSTANCE_ID):
                    self.member_id = ""
                await self.pause()

    async def _join(self) -> tuple[int, list[int]]:
        """The generation and the partitions that are this member's in it."""
        known = self.groups.generation(self.group)
        request = JoinGroupRequest(
            group_id=self.group,
            session_timeout_ms=SESSION_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            member_id=self.member_id,
            group_instance_id=self._instance_id,
            protocol_type="consumer",
            protocols=[JoinGroupRequestProtocol(name="range", metadata=self.name.encode())],
        )
        joined = await self.ask(JOIN_GROUP, 9, request)
        if joined.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            self.member_id = joined.member_id
        self.check(joined.error_code, "join")
        self.member_id = joined.member_id
        generation = joined.generation_id
        self.groups.joined(self.group, known, generation)
        assignments = []
        if joined.leader == self.member_id and joined.members:
            assignments = self._decide(generation, [member.member_id for member in joined.members])
        sync = SyncGroupRequest(
            group_id=self.group,
            generation_id=generation,
            member_id=self.member_id,
            group_instance_id=self._instance_id,
            protocol_type="consumer",
            protocol_name="range",
            assignments=assignments,
        )
        synced = await self.ask(SYNC_GROUP, 5, sync)
        self.check(synced.error_code, "sync")
        whole, _, part = bytes(synced.assignment).decode().partition("|")
        member_id, _, mine = part.partition("|")
        # A static member that comes back is given what its former self had.
        is_mine = member_id == self.member_id or (self._instance_id is not None and member_id.startswith(f"{self.name}-"))
        self.groups.check(not whole or is_mine, f"{self.name}: was given what {member_id} should have: {synced.assignment!r}")
        if whole:
            self.groups.assigned(self.group, generation, whole)
        self.note(f"in generation {generation} has {mine}")
        return generation, [int(index) for index in mine.split(",") if index]

    def _decide(self, generation: int, members: list[str]) -> list[SyncGroupRequestAssignment]:
        self._decided += 1
        whole = f"{self.member_id}/{generation}/{self._decided}"
        shares: dict[str, list[str]] = {member: [] for member in members}
        for index in range(self._partitions):
            shares[members[index % len(members)]].append(str(index))
        return [
            SyncGroupRequestAssignment(member_id=member, assignment=f"{whole}|{member}|{','.join(share)}".encode())
            for member, share in shares.items()
        ]

    async def belong(self, generation: int, mine: list[int]) -> None:
        """Heartbeats and commits, until the group is rebalanced or the member has had enough."""
        positions = {index: max(0, await self.committed((self.topic, index))) for index in mine}
        while True:
            if self.chance.happens(0.02):
                await self.end()
                return
            await anyio.sleep(self.chance.seconds(2))
            await self.beat(generation)
            if self.chance.fault(0.1):
                await anyio.sleep(self.chance.seconds(30))  # it hangs, and the group may have gone on without it
            for index in mine:
                if not self.chance.happens(0.3):
                    continue
                positions[index] += 1
                known = self.groups.generation(self.group)
                error = await self.commit((self.topic, index), positions[index], self.member_id, generation)
                if error == 0:
                    self.groups.committed_in(self.group, known, generation)
                elif error is not None:
                    self.check(error, "commit")

    async def beat(self, generation: int) -> None:
        """One heartbeat. Raises JoinAgain."""
        request = HeartbeatRequest(
            group_id=self.group, generation_id=generation, member_id=self.member_id, group_instance_id=self._instance_id
        )
        self.check((await self.ask(HEARTBEAT, 4, request)).error_code, "heartbeat")

    async def end(self) -> None:
        """Leave, or be gone without a word."""
        member_id, self.member_id = self.member_id, ""
        if self.chance.happens(0.5):
            self.note("crashes")
        else:
            self.note("leaves")
            request = LeaveGroupRequest(group_id=self.group, members=[LeaveGroupRequestMemberIdentity(member_id=member_id, group_instance_id=self._instance_id)])
            await self.ask(LEAVE_GROUP, 5, request)
        self.leave()
        await anyio.sleep(self.chance.seconds(20))

    def check(self, error: int, what: str) -> None:
        """Raises JoinAgain for what a member is told in the course of things."""
        if error in JOINS_AGAIN or error in RETRIABLE:
            raise JoinAgain(error)
        if error:
            raise self.defect(f"{what}: {name_of(error)}")


class JoinAgain(Exception):
    """The group goes on without the member, or the broker cannot say."""

    def __init__(self, error: Any) -> None:
        self.error = error
