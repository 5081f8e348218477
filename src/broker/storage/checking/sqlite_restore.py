"""A SQLite catalog made anew. Blocks the event loop it is called from, which has nothing else to do."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import orjson

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.life_cycle import FINAL_LEVEL
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.sqlite import schema
from broker.storage.checking.restore import NotEmpty, RestoredTopic
from broker.storage.objects.base import WHOLE_OBJECTS


class SqliteRestore:
    """Implements :class:`broker.storage.checking.restore.RestoredCatalog`. ``directory_id`` is what the segments say they belong to, ``epoch`` the largest
    number of starts that their numbers tell of."""

    def __init__(self, connection: sqlite3.Connection, directory_id: bytes, epoch: int) -> None:
        self._connection = connection
        self._directory_id = directory_id
        self._epoch = epoch

    @classmethod
    async def open(cls, path: Path, directory_id: bytes, epoch: int) -> Self:
        """Raises NotEmpty, StorageUnavailable."""
        try:
            connection = schema.open_for_writing(path)
            schema.migrate(connection, schema.migrations())
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT 1 FROM topics UNION ALL SELECT 1 FROM objects LIMIT 1").fetchone():
                connection.close()
                raise NotEmpty(f"{path} has something in it")
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailable(f"{path} cannot be written: {error}") from error
        return cls(connection, directory_id, epoch)

    async def add_topic(self, topic: RestoredTopic) -> None:
        self._run("INSERT INTO topics VALUES (?, ?, 1, '{}', ?)", [(topic.topic_id, topic.name, topic.created_ms)])
        self._run(
            "INSERT INTO partitions VALUES (?, ?, ?)",
            [(pid, topic.topic_id, index) for index, pid in enumerate(topic.partitions)],
        )

    async def add_spans(self, spans: Iterable[tuple[int, Span]]) -> None:
        self._run("INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [_span_row(*each) for each in spans])

    async def add_logs(self, logs: Iterable[tuple[int, PartitionState]]) -> None:
        rows = []
        for pid, state in logs:
            own = state.bounds
            rows.append(
                (pid, own.log_start, own.high_watermark, own.last_stable_offset, 0, own.bytes, state.running_timestamp, state.first_open_offset)
            )  # fmt: skip
        self._run("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    async def add_producers(self, producers: Iterable[tuple[int, ProducerState]]) -> None:
        self._run(
            "INSERT INTO producers VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (pid, own.producer_id, own.epoch, own.last_sequence, own.last_timestamp, orjson.dumps(own.window).decode(), own.open_first_offset)
                for pid, own in producers
            ],
        )  # fmt: skip

    async def add_aborted(self, aborted: Iterable[tuple[int, AbortedEntry]]) -> None:
        self._run(
            "INSERT INTO aborted_transactions VALUES (?, ?, ?, ?, ?)",
            [
                (pid, own.transaction.last_offset, own.transaction.first_offset, own.transaction.producer_id, own.stable_behind)
                for pid, own in aborted
            ],
        )  # fmt: skip

    async def finish(self, *, cluster_id: str | None, next_producer_id: int, next_object_id: int) -> None:
        self._run(
            "INSERT INTO objects (object_id, live, data_end, level) "
            "SELECT object_id, count(*), max(position + length), iif(object_id >= ?, ?, 0) FROM spans WHERE object_id >= 0 GROUP BY object_id",
            [(WHOLE_OBJECTS, FINAL_LEVEL)],
        )
        meta = {
            "directory_id": self._directory_id.hex(),
            "owner_epoch": str(self._epoch),
            "next_producer_id": str(next_producer_id),
        }
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(meta.items()))
        self._run("COMMIT", [()])
        self._run("PRAGMA wal_checkpoint(TRUNCATE)", [()])

    async def abandon(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.close()

    def _run(self, statement: str, rows: list[Any]) -> None:
        try:
            if rows == [()]:
                self._connection.execute(statement)
            else:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"the catalog cannot be written: {error}") from error


def _span_row(pid: int, span: Span) -> tuple[int, ...]:
    return (
        pid,
        span.last,
        span.base,
        span.object_id,
        span.position,
        span.length,
        span.max_timestamp,
        span.running_timestamp,
        span.batch_count,
        span.flags,
    )
