"""Groups of the consumer protocol (KIP-848) in SQLite."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

import orjson

from broker.storage.catalog.base import StoredConsumerGroup, StoredConsumerMember
from broker.storage.catalog.group_details import Values, consumer_member, consumer_values, terms_values
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.offset_rows import text_key
from broker.storage.catalog.sqlite.transaction import Transaction

_SAVE_GROUP: Final = "INSERT OR REPLACE INTO consumer_protocol_groups VALUES (?, ?, ?, ?, ?)"
_SAVE_MEMBER: Final = "INSERT OR REPLACE INTO consumer_protocol_members VALUES (?, ?, ?, ?)"
_REMOVE_MEMBER: Final = "DELETE FROM consumer_protocol_members WHERE group_id = ? AND member_id = ?"


class SqliteConsumerGroups(CatalogPart):
    """The consumer protocol's part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_consumer_groups(self, shards: Collection[int] | None = None) -> list[StoredConsumerGroup]:
        def work(connection: sqlite3.Connection) -> list[StoredConsumerGroup]:
            members: dict[str, list[StoredConsumerMember]] = {}
            for key, details, classic in connection.execute(
                "SELECT group_id, details, classic FROM consumer_protocol_members"
            ):
                members.setdefault(key, []).append(
                    consumer_member(orjson.loads(details), None if classic is None else orjson.loads(classic))
                )
            groups = [
                StoredConsumerGroup(
                    group_id=orjson.loads(key),
                    group_epoch=group_epoch,
                    assignment_epoch=assignment_epoch,
                    topics_digest=digest,
                    state_ms=state_ms,
                    members=sorted(members.get(key, ()), key=lambda member: member.member_id),
                )
                for key, group_epoch, assignment_epoch, digest, state_ms in connection.execute(
                    "SELECT * FROM consumer_protocol_groups"
                )
            ]
            return sorted((group for group in groups if belongs(group.group_id, shards)), key=lambda group: group.group_id)

        return await self._reader.run(work)

    async def save_consumer_group(self, group: StoredConsumerGroup, removed: Iterable[str]) -> None:
        key = text_key(group.group_id)
        row = (key, group.group_epoch, group.assignment_epoch, group.topics_digest, group.state_ms)
        gone = [(key, text_key(member_id)) for member_id in removed]
        members = [
            (key, text_key(member.member_id), _json(consumer_values(member)), _json(terms_values(member.classic)))
            for member in group.members
        ]

        def work(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM consumer_groups WHERE group_id = ?", (group.group_id,))
            transaction.execute(_SAVE_GROUP, row)
            for each in gone:
                transaction.execute(_REMOVE_MEMBER, each)
            for values in members:
                transaction.execute(_SAVE_MEMBER, values)

        await self._writer.run(work)


def forget_consumer_group(transaction: Transaction, group_id: str) -> None:
    """Delete the group's rows; its offsets stay."""
    key = text_key(group_id)
    transaction.execute("DELETE FROM consumer_protocol_groups WHERE group_id = ?", (key,))
    transaction.execute("DELETE FROM consumer_protocol_members WHERE group_id = ?", (key,))


def _json(values: Values | None) -> str | None:
    return None if values is None else orjson.dumps(values).decode()
