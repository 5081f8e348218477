"""One member of a group of the consumer protocol (KIP-848): what it asked for, and how far it has got with its assignment.

Members are never changed, only replaced: whether something is to be stored is whether the new one equals the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from broker.coordinators.groups.commands import Protocols
from broker.coordinators.groups.limits import MEMBER_BYTES
from broker.coordinators.groups.member import protocols_bytes

JOIN_EPOCH: Final = 0
LEAVE_EPOCH: Final = -1
STATIC_LEAVE_EPOCH: Final = -2

Partitions = Mapping[bytes, Mapping[int, int]]
"""By topic id: partition index, and the epoch in which the member was given it."""

Target = Mapping[bytes, frozenset[int]]
"""By topic id: the partitions a member is to have."""

PARTITION_BYTES: Final = 100
"""What one partition in an assignment takes in memory, about."""


class MemberState(IntEnum):
    """How the member stands to the partitions it is to have; the numbers are stored."""

    STABLE = 0
    """It has got all of its target as it was at its epoch."""
    UNREVOKED_PARTITIONS = 1
    """It was asked to give partitions up and has not said yet that it did."""
    UNRELEASED_PARTITIONS = 2
    """Others have not yet given up what it is to get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatCommand:
    """What a heartbeat says. None: as before."""

    member_id: str
    member_epoch: int
    instance_id: str | None = None
    rack_id: str | None = None
    rebalance_timeout_ms: int = -1
    client_id: str = ""
    client_host: str = ""
    topic_names: frozenset[str] | None = None
    topic_regex: str | None = None
    server_assignor: str | None = None
    owned: Target | None = None

    @property
    def is_full(self) -> bool:
        """Whether everything is said: after joining, and after an answer that got lost."""
        return (
            self.rebalance_timeout_ms != -1
            and (self.topic_names is not None or self.topic_regex is not None)
            and self.owned is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicTerms:
    """What a member of the classic protocol says of itself beside its subscription. A group that becomes classic needs it again."""

    session_timeout_ms: int
    protocols: Protocols


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerMember:
    """``assigned`` is what it may read; ``pending_revocation`` what it must give up before it gets anything new. Together they
    are what it owns: nobody else gets these. ``classic`` is there when it speaks the classic protocol; its epoch is the generation
    that it is told."""

    member_id: str
    instance_id: str | None = None
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    rebalance_timeout_ms: int = -1
    topic_names: frozenset[str] = frozenset()
    topic_regex: str = ""
    server_assignor: str | None = None
    epoch: int = 0
    previous_epoch: int = -1
    state: MemberState = MemberState.STABLE
    assigned: Partitions = field(default_factory=dict)
    pending_revocation: Partitions = field(default_factory=dict)
    classic: ClassicTerms | None = None

    def updated_by(self, command: HeartbeatCommand) -> "ConsumerMember":
        """The member after what a heartbeat says of it; itself when that is nothing new."""
        changes: dict[str, object] = {}
        if self.client_id != command.client_id:
            changes["client_id"] = command.client_id
        if self.client_host != command.client_host:
            changes["client_host"] = command.client_host
        if command.instance_id not in (None, self.instance_id):
            changes["instance_id"] = command.instance_id
        if command.rack_id not in (None, self.rack_id):
            changes["rack_id"] = command.rack_id
        if command.rebalance_timeout_ms not in (-1, self.rebalance_timeout_ms):
            changes["rebalance_timeout_ms"] = command.rebalance_timeout_ms
        if command.topic_names is not None and command.topic_names != self.topic_names:
            changes["topic_names"] = command.topic_names
        if command.topic_regex not in (None, self.topic_regex):
            changes["topic_regex"] = command.topic_regex
        if command.server_assignor not in (None, self.server_assignor):
            changes["server_assignor"] = command.server_assignor
        if self.classic is not None:
            changes["classic"] = None  # it speaks the consumer protocol now
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def moved(
        self, state: MemberState, epoch: int, assigned: Partitions, pending_revocation: Partitions | None = None
    ) -> "ConsumerMember":
        """The member in another state of its assignment; itself when that is the same."""
        pending_revocation = pending_revocation or {}
        if (self.state, self.epoch, self.previous_epoch, self.assigned, self.pending_revocation) == (
            *(state, epoch, self.epoch, assigned, pending_revocation),
        ):
            return self
        return replace(
            self,
            state=state,
            epoch=epoch,
            previous_epoch=self.epoch,
            assigned=assigned,
            pending_revocation=pending_revocation,
        )

    def is_reconciled_to(self, epoch: int) -> bool:
        """Whether there is nothing left to do on the way to the target assignment of ``epoch``."""
        return self.state is MemberState.STABLE and self.epoch == epoch

    @property
    def state_bytes(self) -> int:
        """What the member takes, about."""
        names = sum(len(name) + 64 for name in self.topic_names)
        partitions = sum(map(len, self.assigned.values())) + sum(map(len, self.pending_revocation.values()))
        texts = sum(map(len, (self.member_id, self.client_id, self.topic_regex, self.instance_id or "", self.rack_id or "")))
        protocols = protocols_bytes(self.classic.protocols) if self.classic is not None else 0
        return MEMBER_BYTES + texts + names + protocols + PARTITION_BYTES * partitions
