"""Topics and their partitions in SQLite."""

import sqlite3
from collections.abc import Mapping
from typing import Final

import orjson

from broker.model import Topic
from broker.storage.catalog import topic_rules, transaction_changes
from broker.storage.catalog.sqlite import trimming
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.share_states import forget_share_states_of_topic
from broker.storage.catalog.sqlite.transaction import Transaction

_TOPICS: Final = """
SELECT topic_id, name, replication_factor, config, created_ms,
       (SELECT json_group_array(pid) FROM
           (SELECT pid FROM partitions AS own WHERE own.topic_id = topics.topic_id ORDER BY partition_index))
FROM topics
"""
_INSERT_PARTITIONS: Final = """
INSERT INTO partitions (topic_id, partition_index) SELECT ?, value FROM json_each(?)
"""
_INSERT_LOGS: Final = """
INSERT INTO logs SELECT pid, 0, 0, 0, 0, 0, -1, NULL FROM partitions WHERE topic_id = ? AND partition_index >= ?
"""
_TRIM_ALL: Final = "INSERT OR REPLACE INTO trims SELECT pid, ? FROM partitions WHERE topic_id = ?"
_DELETE_LOGS: Final = "DELETE FROM logs WHERE pid IN (SELECT pid FROM partitions WHERE topic_id = ?)"


class SqliteTopics(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.TopicCatalog`."""

    async def load_topics(self) -> list[Topic]:
        def work(connection: sqlite3.Connection) -> list[Topic]:
            return [_topic_of(row) for row in connection.execute(_TOPICS + " ORDER BY name").fetchall()]

        return await self._reader.run(work)

    async def create_topic(
        self,
        name: str,
        topic_id: bytes,
        partition_count: int,
        replication_factor: int,
        config: Mapping[str, str],
        now_ms: int,
    ) -> Topic:
        def work(transaction: Transaction) -> Topic:
            if transaction.execute("SELECT 1 FROM topics WHERE name = ?", (name,)).fetchone() is not None:
                raise topic_rules.name_taken(name)
            transaction.execute(
                "INSERT INTO topics VALUES (?, ?, ?, ?, ?)",
                (topic_id, name, replication_factor, _config_text(config), now_ms),
            )
            return _with_new_partitions(transaction, _find(transaction, topic_id), range(partition_count))

        return await self._writer.run(work)

    async def delete_topic(self, topic_id: bytes) -> None:
        def work(transaction: Transaction) -> None:
            topic = _find(transaction, topic_id)
            transaction.execute(_TRIM_ALL, (trimming.EVERYTHING, topic_id))
            transaction.execute(_DELETE_LOGS, (topic_id,))
            transaction.execute("DELETE FROM partitions WHERE topic_id = ?", (topic_id,))
            transaction.execute("DELETE FROM topics WHERE topic_id = ?", (topic_id,))
            forget_share_states_of_topic(transaction, topic_id)
            for pid in topic.partitions:
                transaction.changes.partitions[pid] = None
                transaction.trims[pid] = trimming.EVERYTHING
            transaction_changes.forget_partitions(transaction.changes, topic.name, topic.partitions)
            transaction.write_changes()

        await self._writer.run(work)

    async def add_partitions(self, topic_id: bytes, total: int) -> Topic:
        def work(transaction: Transaction) -> Topic:
            topic = _find(transaction, topic_id)
            return _with_new_partitions(transaction, topic, topic_rules.added_partition_indexes(topic, total))

        return await self._writer.run(work)

    async def set_topic_config(self, topic_id: bytes, config: Mapping[str, str]) -> Topic:
        def work(transaction: Transaction) -> Topic:
            topic = topic_rules.with_config(_find(transaction, topic_id), config)
            transaction.execute("UPDATE topics SET config = ? WHERE topic_id = ?", (_config_text(config), topic_id))
            return topic

        return await self._writer.run(work)


def _find(transaction: Transaction, topic_id: bytes) -> Topic:
    row = transaction.execute(_TOPICS + " WHERE topic_id = ?", (topic_id,)).fetchone()
    if row is None:
        raise topic_rules.unknown_id()
    return _topic_of(row)


def _with_new_partitions(transaction: Transaction, topic: Topic, indexes: range) -> Topic:
    transaction.execute(_INSERT_PARTITIONS, (topic.topic_id, orjson.dumps(list(indexes)).decode()))
    transaction.execute(_INSERT_LOGS, (topic.topic_id, indexes.start))
    grown = _find(transaction, topic.topic_id)
    transaction.changes.add_partitions(grown.partitions[indexes.start :])
    return grown


def _topic_of(row: tuple[bytes, str, int, str, int, str]) -> Topic:
    topic_id, name, replication_factor, config, created_ms, pids = row
    return Topic(
        topic_id=bytes(topic_id),
        name=name,
        partitions=tuple(orjson.loads(pids)),
        replication_factor=replication_factor,
        config=orjson.loads(config),
        created_ms=created_ms,
    )


def _config_text(config: Mapping[str, str]) -> str:
    return orjson.dumps(dict(config)).decode()
