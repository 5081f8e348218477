"""The contracts of a catalog that several brokers share: who is in the cluster, who coordinates what, who does which job, whose object ids
are whose. All leases run on the catalog's own clock; no broker's clock decides anything.

A broker is *fenced* once another registration took its node id, or its lease ran out and somebody took notice: its epoch is no longer the
one in the catalog, and it can never commit again (I8). Every call of a fenced broker that changes something raises :class:`Fenced`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from broker.errors import BrokerError
from broker.model import Appended, Topic, value
from broker.storage.catalog.access import AccessEntry
from broker.storage.catalog.base import Catalog, CommitGroup
from broker.wire.error_codes import ErrorCode


class Fenced(BrokerError):
    """This broker is no longer part of the cluster under the epoch it has: it must register anew before it does anything else."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.NOT_LEADER_OR_FOLLOWER, message)


class NodeIdTaken(Exception):
    """Another broker goes by this broker's node id by now: this one has no place in the cluster any more, and stops."""


class Unresolved(BrokerError):
    """A change was made or not, and for too long the catalog could not be asked which. The same change may be asked for again; commits of flushes come
    to the same then (I7)."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.REQUEST_TIMED_OUT, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a broker says of itself. ``instance`` is its own for the life of the process. ``node_id`` None takes a free one; a given one is taken
    from whoever has it, unless this process had it before and comes back (``again``): then NodeIdTaken is raised. ``listeners``: by name, host and
    port as clients reach it, none as long as it does not serve; ``peer``: where the other brokers do."""

    instance: str
    node_id: int | None
    rack: str | None
    listeners: Mapping[str, tuple[str, int]]
    peer: tuple[str, int] | None = None
    software: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A broker with a lease. ``leaving``: it hands over what it has and gets nothing new."""

    node_id: int
    epoch: int
    rack: str | None
    listeners: Mapping[str, tuple[str, int]]
    peer: tuple[str, int] | None = None
    leaving: bool = False


@value
class ShardLease:
    """Who coordinates a shard. ``token`` grows with every change of hands; what is saved of the shard's keys is checked against it."""

    node_id: int
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """The cluster in one snapshot of the catalog. ``metadata_version`` grows with each change of a topic or a configuration, ``incarnation`` when the
    catalog may have lost what it had acknowledged (another server took over)."""

    members: Sequence[Member]
    shards: Mapping[int, ShardLease]
    metadata_version: int
    incarnation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChanges:
    """What topics, configurations and access entries have become up to ``version``. ``configs`` are all there are, None when none changed; ``access`` those that
    changed."""

    version: int
    changed: Sequence[Topic] = ()
    removed: Sequence[bytes] = ()
    configs: Mapping[tuple[int, str], Mapping[str, str]] | None = field(default=None)
    access: Sequence[AccessEntry] = ()


class MembershipCatalog(Protocol):
    """Who is in the cluster."""

    async def register(self, registration: Registration, lease_ms: int) -> Member:
        """Become a member under a new epoch. From now on the catalog commits as this member. Raises StorageUnavailable, NodeIdTaken."""
        ...

    async def announce(self, listeners: Mapping[str, tuple[str, int]], peer: tuple[str, int] | None) -> None:
        """Clients and other brokers can reach this one from now on. Raises Fenced, StorageUnavailable."""
        ...

    async def renew(self, lease_ms: int) -> ClusterView:
        """Prolong the lease; one round trip, whatever there is. Members whose lease ran out are not in the view. Raises Fenced, StorageUnavailable."""
        ...

    async def begin_leaving(self) -> None:
        """Others see that this broker hands over; nothing new comes to it."""
        ...

    async def leave(self) -> None:
        """Give up the lease and every shard and job: others take over at once."""
        ...

    async def changes_since(self, version: int) -> MetadataChanges:
        """What changed after ``version``; costs what changed."""
        ...


class ShardCatalog(Protocol):
    """Who coordinates which shard."""

    async def claim_shards(self, shards: Sequence[int]) -> dict[int, int]:
        """Take those that nobody holds (released, or of a broker without a lease): by shard, the token. Raises Fenced."""
        ...

    async def release_shards(self, shards: Sequence[int]) -> None:
        """Give back what this broker holds."""
        ...


class JobCatalog(Protocol):
    """Jobs that any broker may do and one should. A lease saves work; safety never rests on it, each job's commit checks what it replaces."""

    async def claim_job(self, job: str, lease_ms: int) -> int | None:
        """The lease's token, or None while another broker has it. Claiming again prolongs it."""
        ...

    async def release_job(self, job: str, token: int) -> None:
        """Done: anybody may have it."""
        ...


class ObjectIds(Protocol):
    """Ids for objects."""

    async def lease_object_ids(self, count: int) -> int:
        """The first of ``count`` ids that nobody else has or had; they belong to this broker and epoch. Raises Fenced, StorageUnavailable."""
        ...


class GroupCommits(Protocol):
    """Several flushes made visible at once."""

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        """Several groups in the order given, as :meth:`commit_spans` one after another, but all in one transaction: all become visible or none.

        Raises StorageUnavailable when it is certain that nothing of them is or will become visible under these object ids: whoever wants them
        committed stores them under others. A group that was committed before is answered as it was then (I7). Raises Unresolved, and Fenced."""
        ...

    async def read_inline(self, object_id: int) -> bytes:
        """The bytes of an object that the catalog keeps itself. Raises StorageUnavailable when it does not (any more)."""
        ...

    async def read_inlines(self, object_ids: Sequence[int]) -> dict[int, bytes]:
        """Those of several, at once. Raises StorageUnavailable when it does not keep one of them (any more)."""
        ...


class ClusterCatalog(
    Catalog, GroupCommits, MembershipCatalog, ShardCatalog, JobCatalog, ObjectIds, Protocol
):
    """All of it, as one store offers it."""

    @property
    def incarnation(self) -> int:
        """The one that :meth:`leader_epoch` speaks of; it may be another than that of the newest view for a moment."""
        ...
