"""Topics and their partitions in PostgreSQL.

Every change of a topic or a configuration takes the next metadata version, whose row is locked right behind the broker's own: so they happen one after
another, and whoever has read all of one version misses nothing of the next.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from broker.model import Topic
from broker.storage.catalog import topic_rules
from broker.storage.catalog.postgres.base import CatalogPart
from broker.storage.catalog.postgres.connecting import Connection

EVERYTHING: Final = 1 << 62

TOPIC: Final = """
topic_id, name, replication_factor, config, created_ms,
    ARRAY(SELECT pid FROM part WHERE part.topic_id = topic.topic_id ORDER BY partition_index)
"""
"""The columns of a topic, for :func:`topic_of`."""

_ALL: Final = f'SELECT {TOPIC} FROM topic ORDER BY name COLLATE "C"'  # noqa: S608
_ONE: Final = f"SELECT {TOPIC} FROM topic WHERE topic_id = $1"  # noqa: S608
_NEXT_VERSION: Final = "UPDATE metadata_version SET version = version + 1 RETURNING version"
_NEXT_VERSION_OF_CONFIGS: Final = (
    "UPDATE metadata_version SET version = version + 1, configs = version + 1 RETURNING version"
)
_NAMED: Final = "SELECT 1 FROM topic WHERE name = $1"
_INSERT: Final = "INSERT INTO topic (topic_id, name, replication_factor, config, created_ms, version) VALUES ($1, $2, $3, $4, $5, $6)"
_INSERT_PARTITIONS: Final = """
INSERT INTO part (pid, topic_id, partition_index) SELECT nextval('partition_ids'), $1, i FROM generate_series($2::int, $3::int) AS i
"""
_SET_CONFIG: Final = "UPDATE topic SET config = $2, version = $3 WHERE topic_id = $1"
_CHANGED: Final = "UPDATE topic SET version = $2 WHERE topic_id = $1"
_DELETE: Final = "DELETE FROM topic WHERE topic_id = $1"
_REMOVED: Final = "INSERT INTO topic_removal (version, topic_id) VALUES ($1, $2)"
_FORGET_REMOVED: Final = "DELETE FROM topic_removal WHERE removed < now() - interval '1 day'"
_LOCK_PARTITIONS: Final = "SELECT pid FROM part WHERE topic_id = $1 ORDER BY pid FOR UPDATE"
_TRIM_ALL: Final = f"INSERT INTO trim SELECT pid, {EVERYTHING} FROM unnest($1::int[]) AS gone (pid) ON CONFLICT (pid) DO UPDATE SET below = {EVERYTHING}"  # noqa: S608
_DELETE_PARTITIONS: Final = "DELETE FROM part WHERE pid = ANY ($1)"
_LEAVE_TRANSACTIONS: Final = "DELETE FROM txn_part WHERE pid = ANY ($1)"


class PostgresTopics(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.TopicCatalog`."""

    async def load_topics(self) -> list[Topic]:
        return [topic_of(row) for row in await self._connections.fetch(_ALL)]

    async def create_topic(
        self,
        name: str,
        topic_id: bytes,
        partition_count: int,
        replication_factor: int,
        config: Mapping[str, str],
        now_ms: int,
    ) -> Topic:
        async with self._connections.change() as connection:
            version = await self._next_version(connection)
            if await connection.fetchval(_NAMED, name) is not None:
                raise topic_rules.name_taken(name)
            await connection.execute(_INSERT, topic_id, name, replication_factor, json_of(config), now_ms, version)
            await connection.execute(_INSERT_PARTITIONS, topic_id, 0, partition_count - 1)
            return await _find(connection, topic_id)

    async def delete_topic(self, topic_id: bytes) -> None:
        async with self._connections.change() as connection:
            version = await self._next_version(connection)
            topic = await _find(connection, topic_id)
            pids = [row[0] for row in await connection.fetch(_LOCK_PARTITIONS, topic_id)]
            await connection.execute(_LEAVE_TRANSACTIONS, pids)
            await connection.execute(_TRIM_ALL, pids)
            await connection.execute(_DELETE_PARTITIONS, pids)
            await self._topic_deleted(connection, topic_id, topic.name)
            await connection.execute(_DELETE, topic_id)
            await connection.execute(_REMOVED, version, topic_id)
            await connection.execute(_FORGET_REMOVED)

    async def add_partitions(self, topic_id: bytes, total: int) -> Topic:
        async with self._connections.change() as connection:
            version = await self._next_version(connection)
            added = topic_rules.added_partition_indexes(await _find(connection, topic_id), total)
            await connection.execute(_INSERT_PARTITIONS, topic_id, added.start, added.stop - 1)
            await connection.execute(_CHANGED, topic_id, version)
            return await _find(connection, topic_id)

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        async with self._connections.change() as connection:
            version = await self._next_version(connection)
            topic = topic_rules.with_config(await _find(connection, topic_id), config)
            await connection.execute(_SET_CONFIG, topic_id, json_of(config), version)
            return topic

    async def _next_version(self, connection: Connection) -> int:
        """Begin a change of topics. Raises Fenced."""
        await self._stand(connection)
        return int(await connection.fetchval(_NEXT_VERSION))

    async def _next_version_of_configs(self, connection: Connection) -> int:
        """Begin a change of configurations. Raises Fenced."""
        await self._stand(connection)
        return int(await connection.fetchval(_NEXT_VERSION_OF_CONFIGS))


def topic_of(row: Sequence[Any]) -> Topic:
    """From the columns ``TOPIC``."""
    topic_id, name, replication_factor, config, created_ms, pids = row
    return Topic(
        topic_id=topic_id,
        name=name,
        partitions=tuple(pids),
        replication_factor=replication_factor,
        config=orjson.loads(config),
        created_ms=created_ms,
    )


def json_of(values: Mapping[str, str]) -> str:
    """Named values as they are stored."""
    return orjson.dumps(dict(values)).decode()


async def _find(connection: Connection, topic_id: bytes) -> Topic:
    row = await connection.fetchrow(_ONE, topic_id)
    if row is None:
        raise topic_rules.unknown_id()
    return topic_of(row)
