"""Groups of the consumer protocol (KIP-848) in PostgreSQL."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from broker.storage.catalog.base import StoredConsumerGroup, StoredConsumerMember
from broker.storage.catalog.group_details import consumer_member, consumer_values, terms_values
from broker.storage.catalog.postgres import group_rows
from broker.storage.catalog.postgres.group_rows import Kind
from broker.storage.catalog.postgres.guarded import GuardedPart

_CLASSIC: Final = "classic"


class PostgresConsumerGroups(GuardedPart):
    """The consumer protocol's part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_consumer_groups(self, shards: Collection[int] | None = None) -> list[StoredConsumerGroup]:
        groups = [_group_of(*row) for row in await group_rows.load(self._connections, Kind.CONSUMER, shards)]
        return sorted(groups, key=lambda group: group.group_id)

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        details = {
            "group_id": group.group_id,
            "group_epoch": group.group_epoch,
            "assignment_epoch": group.assignment_epoch,
            "topics_digest": group.topics_digest,
            "state_ms": group.state_ms,
        }
        members = [(member.member_id, _values_of(member)) for member in group.members]
        statement = group_rows.save(Kind.CONSUMER, group.group_id, details, members, removed)
        group_rows.forget(statement, group.group_id, [Kind.CLASSIC])
        await self._save([group.group_id], statement)


def _values_of(member: StoredConsumerMember) -> dict[str, Any]:
    return {**consumer_values(member), _CLASSIC: terms_values(member.classic)}


def _group_of(details: dict[str, Any], members: list[dict[str, Any]]) -> StoredConsumerGroup:
    read = (consumer_member(values, values[_CLASSIC]) for values in members)
    return StoredConsumerGroup(
        group_id=details["group_id"],
        group_epoch=details["group_epoch"],
        assignment_epoch=details["assignment_epoch"],
        topics_digest=details["topics_digest"],
        state_ms=details["state_ms"],
        members=sorted(read, key=lambda member: member.member_id),
    )
