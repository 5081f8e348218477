"""What a group is asked and what it answers, free of versions and of the wire.

A *ticket* is whatever the asker gave along to recognise the answer by; the group only keeps it and hands it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from broker.storage.catalog.base import StoredGroup
from broker.wire.error_codes import ErrorCode

Protocols = tuple[tuple[str, bytes], ...]
"""(name, metadata) in the order of the member's preference."""

Ticket = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCommand:
    """``fresh_member_id`` is the id to give when ``member_id`` is empty."""

    member_id: str
    fresh_member_id: str
    group_instance_id: str | None
    client_id: str
    client_host: str
    session_timeout_ms: int
    rebalance_timeout_ms: int
    protocol_type: str
    protocols: Protocols
    requires_known_member_id: bool = True
    supports_skipping_assignment: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class JoinedMember:
    """A member as the leader is told of it."""

    member_id: str
    group_instance_id: str | None
    metadata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinAnswer:
    """``members`` is filled for the leader only. ``skip_assignment``: the leader must not compute a new one (KIP-814)."""

    error: ErrorCode = ErrorCode.NONE
    member_id: str = ""
    generation: int = -1
    protocol_type: str | None = None
    protocol: str | None = None
    leader: str = ""
    skip_assignment: bool = False
    members: Sequence[JoinedMember] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCommand:
    """``protocol_type`` and ``protocol`` are None when the version does not carry them (KIP-559)."""

    member_id: str
    group_instance_id: str | None
    generation: int
    protocol_type: str | None = None
    protocol: str | None = None
    assignments: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAnswer:
    error: ErrorCode = ErrorCode.NONE
    protocol_type: str | None = None
    protocol: str | None = None
    assignment: bytes = b""


@dataclass(frozen=True, slots=True)
class Leaver:
    """A member that goes, or is made to go: by its id, or by its instance id alone (an administrator's removal)."""

    member_id: str
    group_instance_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveOutcome:
    member_id: str
    group_instance_id: str | None
    error: ErrorCode


class SaveReason(Enum):
    """Why a group is to be saved, and so what depends on it."""

    ASSIGNMENT = "the leader's assignment; members are answered when it is saved"
    EMPTY = "the last member went; nobody waits for it"
    DOWNGRADE = "the group was one of the consumer protocol"
    STATIC_MEMBER = "a static member came back under another id; it is answered when that is saved"


@dataclass(frozen=True, slots=True)
class StaticReplacement:
    """What a static member's return changed, to be undone when it cannot be saved."""

    instance_id: str
    old_member_id: str
    new_member_id: str
    old_protocols: Protocols
    old_session_timeout_ms: int
    old_rebalance_timeout_ms: int
    ticket: Ticket
    answer: JoinAnswer


@dataclass(frozen=True, slots=True)
class Reply:
    """Effect: answer whoever holds ``ticket``."""

    ticket: Ticket
    answer: JoinAnswer | SyncAnswer


@dataclass(frozen=True, slots=True)
class Save:
    """Effect: save ``stored``, then call the group's ``saved`` with the outcome."""

    reason: SaveReason
    stored: StoredGroup
    replacement: StaticReplacement | None = None


Effect = Reply | Save
