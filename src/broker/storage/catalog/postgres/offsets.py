"""Committed offsets of consumer groups in PostgreSQL. A transaction's own are written with its end (:mod:`broker.storage.catalog.postgres.changes`),
by whichever broker ends it; so the groups' coordinator asks here for what it did not commit itself."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.storage.catalog.postgres.guarded import GuardedPart
from broker.storage.catalog.postgres.offset_rows import PUT_OFFSETS, offset_columns
from broker.storage.catalog.postgres.statement import Statement
from broker.storage.catalog.postgres.texts import key_of, of_bytes

_SELECT: Final = """
SELECT coalesce(full_group_id, group_id), topic, partition_index, offset_value, leader_epoch, metadata, commit_ms, expire_ms, topic_id FROM group_offset
"""
_LOAD: Final = _SELECT
_LOAD_SHARDS: Final = _SELECT + "WHERE shard = ANY ($1::smallint[])"
_READ: Final = _SELECT + "WHERE group_id = $1"
_PENDING: Final = "SELECT DISTINCT topic, partition_index FROM txn_offset WHERE group_id = $1"
_DELETE: Final = """
DELETE FROM group_offset WHERE (group_id, topic, partition_index) IN (
    SELECT own.group_id, own.topic, own.partition_index FROM group_offset AS own
    JOIN unnest({}::bytea[], {}::text[], {}::int[]) AS gone (group_id, topic, partition_index)
        ON own.group_id = gone.group_id AND own.topic = gone.topic AND own.partition_index = gone.partition_index
    ORDER BY own.group_id, own.topic COLLATE "C", own.partition_index FOR UPDATE OF own)
"""
DELETE_OFFSETS_OF_GROUP: Final = """
DELETE FROM group_offset WHERE (group_id, topic, partition_index) IN (
    SELECT group_id, topic, partition_index FROM group_offset WHERE group_id = {} ORDER BY topic COLLATE "C", partition_index FOR UPDATE)
"""


class PostgresOffsets(GuardedPart):
    """The offsets' part of :class:`broker.storage.catalog.base.GroupCatalog`."""

    async def load_offsets(self, shards: Collection[int] | None = None) -> dict[OffsetKey, CommittedOffset]:
        if shards is None:
            rows = await self._connections.fetch(_LOAD)
        else:
            rows = await self._connections.fetch(_LOAD_SHARDS, list(shards))
        return dict(map(_of_row, rows))

    async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
        statement = Statement()
        if offsets:
            statement.add(PUT_OFFSETS, *offset_columns(offsets))
        await self._save({group_id for group_id, _, _ in offsets}, statement)

    async def delete_offsets(self, keys: Iterable[OffsetKey]) -> None:
        rows = list(keys)
        statement = Statement()
        if rows:
            statement.add(
                _DELETE, [key_of(row[0]) for row in rows], [topic for _, topic, _ in rows], [index for _, _, index in rows]
            )
        await self._save({group_id for group_id, _, _ in rows}, statement)

    async def read_offsets(self, group_id: str) -> dict[OffsetKey, CommittedOffset]:
        return dict(map(_of_row, await self._connections.fetch(_READ, key_of(group_id))))

    async def pending_offset_keys(self, group_id: str) -> set[OffsetKey]:
        rows = await self._connections.fetch(_PENDING, key_of(group_id))
        return {(group_id, topic, index) for topic, index in rows}


def _of_row(row: Any) -> tuple[OffsetKey, CommittedOffset]:
    group_id, topic, index, offset, leader_epoch, metadata, commit_ms, expire_ms, topic_id = row
    return (of_bytes(group_id), topic, index), CommittedOffset(
        offset=offset,
        leader_epoch=leader_epoch,
        metadata=of_bytes(metadata),
        commit_ms=commit_ms,
        expire_ms=expire_ms,
        topic_id=topic_id,
    )
