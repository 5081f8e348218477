"""Classic consumer groups in PostgreSQL, and what groups of all kinds have in common."""

from collections.abc import Collection
from typing import Any

from broker.storage.catalog.base import StoredGroup
from broker.storage.catalog.group_details import classic_member, classic_values
from broker.storage.catalog.postgres import group_rows
from broker.storage.catalog.postgres.consumer_groups import PostgresConsumerGroups
from broker.storage.catalog.postgres.group_rows import Kind
from broker.storage.catalog.postgres.offsets import DELETE_OFFSETS_OF_GROUP, PostgresOffsets
from broker.storage.catalog.postgres.share_groups import PostgresShareGroups
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.postgres.texts import key_of


class PostgresGroups(PostgresConsumerGroups, PostgresShareGroups, PostgresOffsets):
    """Implements :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_groups(self, shards: Collection[int] | None = None) -> list[StoredGroup]:
        groups = [_group_of(*row) for row in await group_rows.load(self._connections, Kind.CLASSIC, shards)]
        return sorted(groups, key=lambda group: group.group_id)

    async def save_group(self, group: StoredGroup) -> None:
        details = {
            "group_id": group.group_id,
            "protocol_type": group.protocol_type,
            "generation": group.generation,
            "protocol": group.protocol,
            "leader": group.leader,
            "state_ms": group.state_ms,
        }
        members = [(member.member_id, classic_values(member)) for member in group.members]
        statement = group_rows.save(Kind.CLASSIC, group.group_id, details, members, removed=None)
        group_rows.forget(statement, group.group_id, [Kind.CONSUMER])
        await self._save([group.group_id], statement)

    async def delete_group(self, group_id: str) -> None:
        statement = Statement()
        group_rows.forget(statement, group_id, Kind)
        statement.add(DELETE_OFFSETS_OF_GROUP, key_of(group_id))
        await self._save([group_id], statement)


def _group_of(details: dict[str, Any], members: list[dict[str, Any]]) -> StoredGroup:
    return StoredGroup(
        group_id=details["group_id"],
        protocol_type=details["protocol_type"],
        generation=details["generation"],
        protocol=details["protocol"],
        leader=details["leader"],
        members=tuple(map(classic_member, members)),
        state_ms=details["state_ms"],
    )
