"""Who is in the cluster, in PostgreSQL. Leases run by the server's clock; what is atomic is one function there (``0003_membership.sql``, ``0008_failover_and_width.sql``).

Being heard of must not wait behind anything, so it has connections of its own. Everything here may be asked twice: a lost connection is no question.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from broker.storage.catalog.cluster import ClusterView, Member, MetadataChanges, NodeIdTaken, Registration, ShardLease
from broker.storage.catalog.postgres.access import ACCESS_CHANGED, entry_of
from broker.storage.catalog.postgres.base import CatalogPart, fenced
from broker.storage.catalog.postgres.configs import ALL_CONFIGS
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.texts import of_bytes
from broker.storage.catalog.postgres.topics import TOPIC, topic_of

_REGISTER: Final = "SELECT node_id, epoch, taken FROM register_broker_v1($1, $2, $3, $4, $5, $6, $7, $8)"
_ANNOUNCE: Final = "UPDATE broker SET listeners = $3, peer = $4 WHERE node_id = $1 AND epoch = $2 RETURNING 1"
_RENEW: Final = "SELECT renew_broker_v2($1, $2, $3)::text"
_BEGIN_LEAVING: Final = """
UPDATE broker_lease l SET leaving = true FROM broker b
WHERE b.node_id = l.node_id AND l.node_id = $1 AND b.epoch = $2 AND l.lease_until > '-infinity' RETURNING 1
"""
_LEAVE: Final = "SELECT leave_cluster_v1($1, $2)"
_VERSIONS: Final = "SELECT version, configs FROM metadata_version"
_CHANGED: Final = f"SELECT {TOPIC} FROM topic WHERE version > $1 ORDER BY version"  # noqa: S608
_REMOVED: Final = "SELECT topic_id FROM topic_removal WHERE version > $1 ORDER BY version"


class PostgresMembership(CatalogPart):
    """Implements :class:`broker.storage.catalog.cluster.MembershipCatalog`."""

    _own_connections: Connections | None = None

    async def register(self, registration: Registration, lease_ms: int) -> Member:
        connections = await self._for_leases(lease_ms)
        row = await connections.fetchrow(
            _REGISTER,
            registration.instance,
            registration.node_id,
            registration.again,
            registration.rack,
            _places(registration.listeners),
            _place(registration.peer),
            registration.software,
            lease_ms,
        )
        if row[2]:
            raise NodeIdTaken(f"another broker has node id {row[0]} by now")
        member = Member(
            node_id=row[0],
            epoch=row[1],
            rack=registration.rack,
            listeners=dict(registration.listeners),
            peer=registration.peer,
        )
        self.member = member
        self.shard_tokens.clear()
        self.checks_shards = True
        return member

    async def announce(self, listeners: Mapping[str, tuple[str, int]], peer: tuple[str, int] | None) -> None:
        member = self._registered()
        connections = await self._for_leases()
        if await connections.fetchval(_ANNOUNCE, member.node_id, member.epoch, _places(listeners), _place(peer)) is None:
            raise fenced(member)
        self.member = replace(member, listeners=dict(listeners), peer=peer)

    async def renew(self, lease_ms: int) -> ClusterView:
        member = self._registered()
        connections = await self._for_leases()
        text = await connections.fetchval(_RENEW, member.node_id, member.epoch, lease_ms)
        if text is None:
            raise fenced(member)
        return _view(orjson.loads(text))

    async def begin_leaving(self) -> None:
        member = self._registered()
        connections = await self._for_leases()
        if await connections.fetchval(_BEGIN_LEAVING, member.node_id, member.epoch) is None:
            raise fenced(member)
        self.member = replace(member, leaving=True)

    async def leave(self) -> None:
        member = self._registered()
        connections = await self._for_leases()
        if not await connections.fetchval(_LEAVE, member.node_id, member.epoch):
            raise fenced(member)
        self.shard_tokens.clear()

    async def changes_since(self, version: int) -> MetadataChanges:
        async with self._connections.read(snapshot=True) as connection:
            now, configs_version = await connection.fetchrow(_VERSIONS)
            if now <= version:
                return MetadataChanges(version=now)
            return MetadataChanges(
                version=now,
                changed=[topic_of(row) for row in await connection.fetch(_CHANGED, version)],
                removed=[row[0] for row in await connection.fetch(_REMOVED, version)],
                configs=(
                    {(kind, of_bytes(name)): orjson.loads(entries) for kind, name, entries in await connection.fetch(ALL_CONFIGS)}
                    if configs_version > version
                    else None
                ),
                access=[entry_of(row) for row in await connection.fetch(ACCESS_CHANGED, version)],
            )

    async def aclose(self) -> None:
        """Close the connections that leases have for themselves."""
        connections, self._own_connections = self._own_connections, None
        if connections is not None:
            await connections.aclose()

    def _registered(self) -> Member:
        assert self.member is not None, "register comes first"
        return self.member

    async def _for_leases(self, lease_ms: int = 3_000) -> Connections:
        """Opened by :meth:`register`; who waits for longer than half a lease need not wait any more."""
        if self._own_connections is None:
            patience_s = lease_ms / 2000
            options = replace(
                self._connections.options,
                pool_size=2,
                connect_s=patience_s,
                patience_s=patience_s,
                statement_s=patience_s,
                lock_s=patience_s,
                answer_s=patience_s,
            )
            self._own_connections = await Connections.open(self._connections.address, options, self._connections._on_connect)
        return self._own_connections


def _places(listeners: Mapping[str, tuple[str, int]]) -> str:
    return orjson.dumps(dict(listeners)).decode()


def _place(peer: tuple[str, int] | None) -> str | None:
    return None if peer is None else orjson.dumps(peer).decode()


def _view(told: dict[str, Any]) -> ClusterView:
    return ClusterView(
        members=[
            Member(
                node_id=member["node_id"],
                epoch=member["epoch"],
                rack=member["rack"],
                listeners={name: (host, port) for name, (host, port) in member["listeners"].items()},
                peer=tuple(member["peer"]) if member["peer"] else None,
                leaving=member["leaving"],
            )
            for member in told["members"]
        ],
        shards={shard: ShardLease(node_id, token) for shard, node_id, token in told["shards"]},
        metadata_version=told["metadata_version"],
        incarnation=told["incarnation"],
    )
