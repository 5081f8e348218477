"""A PostgreSQL catalog made anew, in a database that was migrated and has nothing in it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

import asyncpg

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.life_cycle import FINAL_LEVEL
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.postgres.address import DatabaseAddress, database_address
from broker.storage.catalog.postgres.connecting import close
from broker.storage.catalog.postgres.failures import DRIVER_ERRORS, in_words
from broker.storage.catalog.postgres.log_rows import packed_window
from broker.storage.catalog.postgres.migrating import SchemaUnusable, check_schema
from broker.storage.checking.restore import NotEmpty, RestoredTopic
from broker.storage.objects.base import WHOLE_OBJECTS

_CONNECT_S: Final = 10.0
_PRODUCER_BLOCK: Final = 1000
_SOMETHING: Final = (
    "SELECT EXISTS (SELECT 1 FROM topic) OR EXISTS (SELECT 1 FROM object) OR EXISTS (SELECT 1 FROM part)"
)
_OBJECTS: Final = f"""
INSERT INTO object (object_id, size, live, born, level)
SELECT object_id, max(position + length), count(*), count(*), CASE WHEN object_id >= {WHOLE_OBJECTS} THEN {FINAL_LEVEL} ELSE 0 END
FROM span WHERE object_id >= 0 GROUP BY object_id
"""  # noqa: S608
_SPAN_COLUMNS: Final = (
    "pid",
    "last",
    "base",
    "object_id",
    "position",
    "length",
    "max_timestamp",
    "running_timestamp",
    "batch_count",
    "flags",
)
_LOG_COLUMNS: Final = ("high_watermark", "last_stable", "log_start", "bytes", "running_timestamp", "open_transactions")
_SET_LOG: Final = f"""
UPDATE part SET {", ".join(f"{name} = ${number}" for number, name in enumerate(_LOG_COLUMNS, 2))} WHERE pid = $1
"""  # noqa: S608
_PRODUCER_COLUMNS: Final = (
    "pid",
    "producer_id",
    "epoch",
    "last_sequence",
    "last_timestamp",
    "recent",
    "first_open_offset",
)
_ABORTED_COLUMNS: Final = ("pid", "last_offset", "first_offset", "producer_id", "stable_behind")
_NEXT_OBJECT: Final = "UPDATE object_id_counter SET next_id = greatest(next_id, $1)"


class PostgresRestore:
    """Implements :class:`broker.storage.checking.restore.RestoredCatalog`."""

    def __init__(self, address: DatabaseAddress, connection: Any) -> None:
        self._address = address
        self._connection = connection
        self._transaction = connection.transaction()
        self._last_pid = 0

    @classmethod
    async def open(cls, url: str) -> Self:
        """Raises NotEmpty, StorageUnavailable, SchemaUnusable, and ValueError for a URL that is none."""
        address = database_address(url)
        with _refused(address):
            connection = await asyncpg.connect(
                address.url, timeout=_CONNECT_S, server_settings={"application_name": "penstock catalog rebuild"}
            )
            try:
                await check_schema(connection)
                own = cls(address, connection)
                await own._transaction.start()
                await connection.execute("LOCK TABLE topic, object, part IN EXCLUSIVE MODE")
                if await connection.fetchval(_SOMETHING):
                    raise NotEmpty(f"the database at {address.shown} has something in it")
            except BaseException:
                connection.terminate()
                raise
        return own

    async def add_topic(self, topic: RestoredTopic) -> None:
        with _refused(self._address):
            version = await self._connection.fetchval(
                "UPDATE metadata_version SET version = version + 1 RETURNING version"
            )
            await self._connection.execute(
                "INSERT INTO topic (topic_id, name, replication_factor, config, created_ms, version) VALUES ($1, $2, 1, '{}', $3, $4)",
                *(topic.topic_id, topic.name, topic.created_ms, version),
            )
            await self._connection.executemany(
                "INSERT INTO part (pid, topic_id, partition_index) VALUES ($1, $2, $3)",
                [(pid, topic.topic_id, index) for index, pid in enumerate(topic.partitions)],
            )
        self._last_pid = max(self._last_pid, *topic.partitions)

    async def add_spans(self, spans: Iterable[tuple[int, Span]]) -> None:
        rows = [
            (
                *(pid, span.last, span.base, span.object_id, span.position, span.length, span.max_timestamp),
                *(span.running_timestamp, span.batch_count, span.flags),
            )
            for pid, span in spans
        ]
        await self._copy("span", _SPAN_COLUMNS, rows)

    async def add_logs(self, logs: Iterable[tuple[int, PartitionState]]) -> None:
        rows = []
        for pid, state in logs:
            own = state.bounds
            rows.append(
                (pid, own.high_watermark, own.last_stable_offset, own.log_start, own.bytes, state.running_timestamp, len(state.open_transactions))
            )  # fmt: skip
        with _refused(self._address):
            await self._connection.executemany(_SET_LOG, rows)

    async def add_producers(self, producers: Iterable[tuple[int, ProducerState]]) -> None:
        rows = [
            (pid, own.producer_id, own.epoch, own.last_sequence, own.last_timestamp, packed_window(own.window), own.open_first_offset)
            for pid, own in producers
        ]  # fmt: skip
        await self._copy("producer", _PRODUCER_COLUMNS, rows)

    async def add_aborted(self, aborted: Iterable[tuple[int, AbortedEntry]]) -> None:
        rows = [
            (pid, own.transaction.last_offset, own.transaction.first_offset, own.transaction.producer_id, own.stable_behind)
            for pid, own in aborted
        ]  # fmt: skip
        await self._copy("aborted", _ABORTED_COLUMNS, rows)

    async def finish(self, *, cluster_id: str | None, next_producer_id: int, next_object_id: int) -> None:
        with _refused(self._address):
            await self._connection.execute(_OBJECTS)
            if self._last_pid:
                await self._connection.execute("SELECT setval('partition_ids', $1)", self._last_pid)
            block = -(-next_producer_id // _PRODUCER_BLOCK) * _PRODUCER_BLOCK
            await self._connection.execute("SELECT setval('producer_ids', $1, false)", block)
            await self._connection.execute(_NEXT_OBJECT, next_object_id)
            if cluster_id:
                await self._connection.execute(
                    "INSERT INTO meta VALUES ('cluster.id', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    cluster_id,
                )
            await self._transaction.commit()

    async def abandon(self) -> None:
        await close(self._connection)

    async def _copy(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        with _refused(self._address):
            await self._connection.copy_records_to_table(table, records=rows, columns=columns)


@contextmanager
def _refused(address: DatabaseAddress) -> Iterator[None]:
    try:
        yield
    except (SchemaUnusable, NotEmpty):
        raise
    except DRIVER_ERRORS as error:
        raise StorageUnavailable(
            f"the catalog's database at {address.shown} cannot be written: {in_words(error)}"
        ) from error
