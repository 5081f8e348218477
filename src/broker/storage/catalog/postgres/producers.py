"""What logs remember of idempotent producers, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.base import ProducerState
from broker.storage.catalog.postgres.base import CatalogPart
from broker.storage.catalog.postgres.log_rows import window_of

BLOCK: Final = 1000
"""Producer ids come in blocks of so many."""

_EXPIRE_PAGE: Final = 5000

_OF_LOG: Final = """
SELECT producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset FROM producer WHERE pid = $1 ORDER BY producer_id
"""
_KNOWN: Final = """
SELECT pid, producer_id FROM unnest($1::int[], $2::bigint[]) AS asked (pid, producer_id) JOIN producer USING (pid, producer_id) WHERE epoch >= 0
"""
_EXPIRE: Final = f"""
WITH page AS (
    SELECT pid, producer_id, last_timestamp, first_open_offset FROM producer WHERE (pid, producer_id) > ($2, $3)
    ORDER BY pid, producer_id LIMIT {_EXPIRE_PAGE}
), gone AS (
    DELETE FROM producer USING page WHERE producer.pid = page.pid AND producer.producer_id = page.producer_id
        AND page.last_timestamp < $1 AND page.first_open_offset IS NULL
        AND producer.last_timestamp < $1 AND producer.first_open_offset IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone), last.pid, last.producer_id FROM (SELECT 1) AS always
LEFT JOIN (SELECT pid, producer_id FROM page ORDER BY pid DESC, producer_id DESC LIMIT 1) AS last ON true
"""  # noqa: S608
_ALLOCATE: Final = "SELECT nextval('producer_ids')"


class PostgresProducers(CatalogPart):
    """Implements what :class:`broker.storage.catalog.base.LogCatalog` says of producers."""

    async def producers(self, pid: int) -> list[ProducerState]:
        return [
            ProducerState(producer_id, epoch, last_sequence, last_timestamp, window_of(recent), first_open)
            for producer_id, epoch, last_sequence, last_timestamp, recent, first_open in await self._connections.fetch(
                _OF_LOG, pid
            )
        ]

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        asked = [pid for pid, _ in keys], [producer_id for _, producer_id in keys]
        return {(row[0], row[1]) for row in await self._connections.fetch(_KNOWN, *asked)}

    async def expire_producers(self, before_ms: int) -> int:
        """Walks through all there are, a page at a time. One that sends meanwhile is not idle: its row says so when it is its turn."""
        expired, pid, producer_id = 0, -1, -1
        while True:
            async with self._connections.change() as connection:
                await self._stand(connection)
                count, last_pid, last_producer_id = await connection.fetchrow(_EXPIRE, before_ms, pid, producer_id)
            expired += int(count)
            if last_pid is None:
                return expired
            pid, producer_id = last_pid, last_producer_id

    async def allocate_producer_ids(self, count: int) -> int:
        """Up to ``BLOCK`` at a time; what is not used is lost."""
        assert 0 < count <= BLOCK, f"producer ids are given in blocks of {BLOCK}"
        ((first,),) = await self._connections.change_once(_ALLOCATE)
        return int(first)
