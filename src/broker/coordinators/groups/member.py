"""One member of a group: what it told of itself, what it waits for, until when it is believed to live."""

from broker.coordinators.groups.commands import Protocols, Ticket
from broker.coordinators.groups.limits import MEMBER_BYTES, PROTOCOL_BYTES


def protocols_bytes(protocols: Protocols) -> int:
    """What a member's protocols take, about."""
    return sum(PROTOCOL_BYTES + len(name) + len(metadata) for name, metadata in protocols)


class Member:
    """``deadline_ms`` is when the session ends unless something is heard of the member before.

    A member that waits for an answer of ours lives, whatever its deadline says; only a *new* member does not (it may have no
    id to send heartbeats with, and may long be gone).
    """

    __slots__ = (
        "assignment",
        "client_host",
        "client_id",
        "deadline_ms",
        "group_instance_id",
        "is_new",
        "join_ticket",
        "member_id",
        "protocols",
        "rebalance_timeout_ms",
        "session_timeout_ms",
        "sync_ticket",
    )

    def __init__(
        self,
        member_id: str,
        group_instance_id: str | None,
        client_id: str,
        client_host: str,
        session_timeout_ms: int,
        rebalance_timeout_ms: int,
        protocols: Protocols,
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.session_timeout_ms = session_timeout_ms
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.protocols = protocols
        self.assignment = assignment
        self.is_new = False
        self.join_ticket: Ticket | None = None
        self.sync_ticket: Ticket | None = None
        self.deadline_ms = 0

    @property
    def is_static(self) -> bool:
        return self.group_instance_id is not None

    @property
    def can_expire(self) -> bool:
        """Whether the deadline counts now."""
        return self.is_new or (self.join_ticket is None and self.sync_ticket is None)

    @property
    def state_bytes(self) -> int:
        """What the member takes, about."""
        return MEMBER_BYTES + len(self.client_id) + len(self.assignment) + protocols_bytes(self.protocols)

    def metadata(self, protocol: str | None) -> bytes:
        """What the member said for ``protocol``; empty when it does not support it."""
        return next((metadata for name, metadata in self.protocols if name == protocol), b"")

    def heard_of(self, now_ms: int) -> None:
        """The session starts anew."""
        self.deadline_ms = now_ms + self.session_timeout_ms
