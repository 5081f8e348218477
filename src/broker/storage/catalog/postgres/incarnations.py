"""Which server is behind a connection, and what follows when it is another one than before.

A standby that is promoted, or a backup that is restored, may lack the last commits that were acknowledged, if it was not kept in step. A server is known
by its system identifier and the timeline it writes. The database keeps which one it was; whoever first finds another there gives every log a new leader
epoch, so that clients that have read beyond the log's end notice it, and counts the catalog's incarnation up, so that brokers drop what they remember.
Ids that the server before may have given without the new one knowing of it are passed over.
"""

from typing import Final

import asyncpg

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres.connecting import Connection

_KEPT: Final = """
SELECT (SELECT system_identifier FROM pg_control_system())::text, %s,
    (SELECT value FROM meta WHERE key = 'server'), coalesce((SELECT value::bigint FROM meta WHERE key = 'incarnation'), 0)
"""
_TIMELINE: Final = "('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint"
_NEW: Final = "SELECT new_incarnation_v2($1)"
_EPOCHS: Final = "SELECT pid, leader_epoch FROM part WHERE leader_epoch > 0"


class Incarnations:
    """Looks at every new connection. ``number`` is the catalog's incarnation; ``leader_epochs`` are those above 0 by pid."""

    def __init__(self) -> None:
        self.number = 0
        self.leader_epochs: dict[int, int] = {}
        self._server: tuple[str, int] | None = None

    async def look(self, connection: Connection) -> str:
        """Which server it is; everything that follows is done. Raises StorageUnavailable for one that was replaced and does not know."""
        system, timeline, kept, number = await _asked(connection)
        if self._server is not None and self._server[0] == system and timeline < self._server[1]:
            raise StorageUnavailable(
                f"a database answers that was replaced: it writes timeline {timeline} of {self._server[1]}"
            )
        server = f"{system}/{timeline}"
        if kept != server:
            # It may have to wait for every commit that is under way, and touches every log.
            await connection.execute("SET statement_timeout = 0")
            number = await connection.fetchval(_NEW, server)
            await connection.execute("RESET statement_timeout")
        if number != self.number:
            self.leader_epochs = {row[0]: row[1] for row in await connection.fetch(_EPOCHS)}
            self.number = number
        self._server = system, timeline
        return server


async def _asked(connection: Connection) -> tuple[str, int, str | None, int]:
    """System identifier and timeline of the server, and the server and incarnation that the database has noted."""
    try:
        system, timeline, kept, number = await connection.fetchrow(_KEPT % _TIMELINE)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError):
        # Where a service hides its log's position, a promotion is told by the system identifier at most.
        system, timeline, kept, number = await connection.fetchrow(_KEPT % "0::bigint")
    return system, timeline, kept, number
