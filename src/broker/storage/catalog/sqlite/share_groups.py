"""Share groups and their members (KIP-932) in SQLite. What they have read is kept elsewhere, with the share partitions."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

import orjson

from broker.storage.catalog.base import StoredShareGroup, StoredShareMember
from broker.storage.catalog.group_details import share_member, share_values
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.offset_rows import text_key
from broker.storage.catalog.sqlite.transaction import Transaction

_SAVE_GROUP: Final = "INSERT OR REPLACE INTO share_groups VALUES (?, ?, ?, ?, ?)"
_SAVE_MEMBER: Final = "INSERT OR REPLACE INTO share_group_members VALUES (?, ?, ?)"
_REMOVE_MEMBER: Final = "DELETE FROM share_group_members WHERE group_id = ? AND member_id = ?"


class SqliteShareGroups(CatalogPart):
    """The share groups' part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_share_groups(self, shards: Collection[int] | None = None) -> list[StoredShareGroup]:
        def work(connection: sqlite3.Connection) -> list[StoredShareGroup]:
            members: dict[str, list[StoredShareMember]] = {}
            for key, details in connection.execute("SELECT group_id, details FROM share_group_members"):
                members.setdefault(key, []).append(share_member(orjson.loads(details)))
            groups = [
                StoredShareGroup(
                    group_id=orjson.loads(key),
                    group_epoch=group_epoch,
                    assignment_epoch=assignment_epoch,
                    topics_digest=digest,
                    state_ms=state_ms,
                    members=sorted(members.get(key, ()), key=lambda member: member.member_id),
                )
                for key, group_epoch, assignment_epoch, digest, state_ms in connection.execute("SELECT * FROM share_groups")
            ]
            return sorted((group for group in groups if belongs(group.group_id, shards)), key=lambda group: group.group_id)

        return await self._reader.run(work)

    async def save_share_group(self, group: StoredShareGroup, removed: Iterable[str]) -> None:
        key = text_key(group.group_id)
        row = (key, group.group_epoch, group.assignment_epoch, group.topics_digest, group.state_ms)
        gone = [(key, text_key(member_id)) for member_id in removed]
        members = [(key, text_key(member.member_id), orjson.dumps(share_values(member)).decode()) for member in group.members]

        def work(transaction: Transaction) -> None:
            transaction.execute(_SAVE_GROUP, row)
            for each in gone:
                transaction.execute(_REMOVE_MEMBER, each)
            for values in members:
                transaction.execute(_SAVE_MEMBER, values)

        await self._writer.run(work)


def forget_share_group(transaction: Transaction, group_id: str) -> None:
    """Delete the group's rows."""
    key = text_key(group_id)
    transaction.execute("DELETE FROM share_groups WHERE group_id = ?", (key,))
    transaction.execute("DELETE FROM share_group_members WHERE group_id = ?", (key,))
