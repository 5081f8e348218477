"""Share groups and their members (KIP-932) in PostgreSQL. What they have read is kept elsewhere, with the share partitions."""

from collections.abc import Collection, Iterable
from typing import Any

from broker.storage.catalog.base import StoredShareGroup
from broker.storage.catalog.group_details import share_member, share_values
from broker.storage.catalog.postgres import group_rows
from broker.storage.catalog.postgres.group_rows import Kind
from broker.storage.catalog.postgres.guarded import GuardedPart


class PostgresShareGroups(GuardedPart):
    """The share groups' part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_share_groups(self, shards: Collection[int] | None = None) -> list[StoredShareGroup]:
        groups = [_group_of(*row) for row in await group_rows.load(self._connections, Kind.SHARE, shards)]
        return sorted(groups, key=lambda group: group.group_id)

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        details = {
            "group_id": group.group_id,
            "group_epoch": group.group_epoch,
            "assignment_epoch": group.assignment_epoch,
            "topics_digest": group.topics_digest,
            "state_ms": group.state_ms,
        }
        members = [(member.member_id, share_values(member)) for member in group.members]
        await self._save([group.group_id], group_rows.save(Kind.SHARE, group.group_id, details, members, removed))


def _group_of(details: dict[str, Any], members: list[dict[str, Any]]) -> StoredShareGroup:
    return StoredShareGroup(
        group_id=details["group_id"],
        group_epoch=details["group_epoch"],
        assignment_epoch=details["assignment_epoch"],
        topics_digest=details["topics_digest"],
        state_ms=details["state_ms"],
        members=sorted(map(share_member, members), key=lambda member: member.member_id),
    )
