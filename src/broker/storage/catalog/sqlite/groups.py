"""Consumer groups and their committed offsets in SQLite."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey, StoredGroup
from broker.storage.catalog.group_details import classic_member, classic_values
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.sqlite.consumer_groups import SqliteConsumerGroups, forget_consumer_group
from broker.storage.catalog.sqlite.offset_rows import offset_of_row, text_key
from broker.storage.catalog.sqlite.share_groups import SqliteShareGroups, forget_share_group
from broker.storage.catalog.sqlite.transaction import Transaction

_SAVE_GROUP: Final = """
INSERT INTO consumer_groups VALUES (?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (group_id) DO UPDATE SET
    protocol_type = excluded.protocol_type, generation = excluded.generation, protocol = excluded.protocol,
    leader = excluded.leader, members = excluded.members, state_ms = excluded.state_ms, version = version + 1
"""
_DELETE_OFFSETS: Final = """
DELETE FROM group_offsets WHERE (group_id, topic, partition_index) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))
"""


class SqliteGroups(SqliteConsumerGroups, SqliteShareGroups):
    """Implements :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_groups(self, shards: Collection[int] | None = None) -> list[StoredGroup]:
        def work(connection: sqlite3.Connection) -> list[StoredGroup]:
            rows = connection.execute(
                "SELECT group_id, protocol_type, generation, protocol, leader, members, state_ms FROM consumer_groups"
            ).fetchall()
            groups = [group for row in rows if belongs((group := _group_of(row)).group_id, shards)]
            return sorted(groups, key=lambda group: group.group_id)

        return await self._reader.run(work)

    async def save_group(self, group: StoredGroup) -> None:
        members = orjson.dumps([classic_values(member) for member in group.members]).decode()

        def work(transaction: Transaction) -> None:
            row = (
                group.group_id,
                group.protocol_type,
                group.generation,
                group.protocol,
                group.leader,
                members,
                group.state_ms,
            )
            forget_consumer_group(transaction, group.group_id)
            transaction.execute(_SAVE_GROUP, row)

        await self._writer.run(work)

    async def load_offsets(self, shards: Collection[int] | None = None) -> dict[OffsetKey, CommittedOffset]:
        def work(connection: sqlite3.Connection) -> dict[OffsetKey, CommittedOffset]:
            rows = map(offset_of_row, connection.execute("SELECT * FROM group_offsets").fetchall())
            return {key: offset for key, offset in rows if belongs(key[0], shards)}

        return await self._reader.run(work)

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        def work(connection: sqlite3.Connection) -> dict[OffsetKey, CommittedOffset]:
            rows = connection.execute("SELECT * FROM group_offsets WHERE group_id = ?", (text_key(group_id),)).fetchall()
            return dict(map(offset_of_row, rows))

        return await self._reader.run(work)

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        return self._state.pending_keys_of(group_id)

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        await self._writer.commit_offsets(dict(offsets))

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None:
        rows = orjson.dumps([(text_key(group_id), topic, index) for group_id, topic, index in keys]).decode()

        def work(transaction: Transaction) -> None:
            transaction.execute(_DELETE_OFFSETS, (rows,))

        await self._writer.run(work)

    async def delete_group(self, group_id: str) -> None:
        def work(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM consumer_groups WHERE group_id = ?", (group_id,))
            forget_consumer_group(transaction, group_id)
            forget_share_group(transaction, group_id)
            transaction.execute("DELETE FROM group_offsets WHERE group_id = ?", (text_key(group_id),))

        await self._writer.run(work)


def _group_of(row: Sequence[Any]) -> StoredGroup:
    group_id, protocol_type, generation, protocol, leader, members, state_ms = row
    return StoredGroup(
        group_id=group_id,
        protocol_type=protocol_type,
        generation=generation,
        protocol=protocol,
        leader=leader,
        members=tuple(classic_member(values) for values in orjson.loads(members)),
        state_ms=state_ms,
    )
