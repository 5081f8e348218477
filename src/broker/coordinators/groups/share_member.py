"""One member of a share group (KIP-932): what it asked for, and what it was told to read.

Members are never changed, only replaced: whether something is to be stored is whether the new one equals the old one.
"""

from dataclasses import dataclass, field, replace

from broker.coordinators.groups.consumer_member import PARTITION_BYTES, Target
from broker.coordinators.groups.limits import MEMBER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCommand:
    """What a heartbeat says. None: as before."""

    member_id: str
    member_epoch: int
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    topic_names: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareMember:
    """``assigned`` is what it may fetch. Others may have the same partitions, so there is nothing to wait for."""

    member_id: str
    rack_id: str | None = None
    client_id: str = ""
    client_host: str = ""
    topic_names: frozenset[str] = frozenset()
    epoch: int = 0
    previous_epoch: int = -1
    assigned: Target = field(default_factory=dict)

    @property
    def topic_regex(self) -> str:
        """Share groups subscribe by names only."""
        return ""

    def updated_by(self, command: ShareCommand) -> "ShareMember":
        """The member after what a heartbeat says of it; itself when that is nothing new."""
        changes: dict[str, object] = {}
        if self.client_id != command.client_id:
            changes["client_id"] = command.client_id
        if self.client_host != command.client_host:
            changes["client_host"] = command.client_host
        if command.rack_id not in (None, self.rack_id):
            changes["rack_id"] = command.rack_id
        if command.topic_names is not None and command.topic_names != self.topic_names:
            changes["topic_names"] = command.topic_names
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def moved(self, epoch: int, assigned: Target) -> "ShareMember":
        """The member at another epoch or with other partitions; itself when that is the same."""
        if (self.epoch, self.assigned) == (epoch, assigned):
            return self
        previous = self.previous_epoch if epoch == self.epoch else self.epoch
        return replace(self, epoch=epoch, previous_epoch=previous, assigned=assigned)

    @property
    def state_bytes(self) -> int:
        """What the member takes, about."""
        names = sum(len(name) + 64 for name in self.topic_names)
        texts = sum(map(len, (self.member_id, self.client_id, self.client_host, self.rack_id or "")))
        return MEMBER_BYTES + texts + names + PARTITION_BYTES * sum(map(len, self.assigned.values()))
