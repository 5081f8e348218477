"""Brings the catalog's tables up to date, and says whether a broker can work with them.

Migrations are numbered SQL files. Each is applied once, in a transaction of its own, by ``penstock catalog migrate`` and never by a broker: brokers of
two releases work side by side while one of them is being replaced. So a migration *expands*: it adds, and leaves alone what the release before uses.
What nobody uses any more is *contracted* a release later, by a migration that says so in its first lines::

    -- serves brokers from schema: 3

A broker's schema is the newest migration that came with it. A database serves it when every migration it knows was applied, and none of
those applied asks for a newer broker. Functions have a number in their names (``commit_spans_v1``): another behaviour or another signature is a new
function, and the old one goes when no release that is served calls it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import anyio
import asyncpg

from broker.storage.catalog.postgres.address import database_address
from broker.storage.catalog.postgres.connecting import Connection, ConnectionOptions
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.failures import in_words, unavailable

OLDEST_SERVER: Final = 150_000
MIGRATE_COMMAND: Final = "penstock catalog migrate"

_SERVES: Final = re.compile(r"^-- serves brokers from schema: (\d+)$", re.MULTILINE)
_LOCK: Final = 0x70656E73746F636B
"""The advisory lock of whoever migrates ("penstock")."""
_LOCK_WAIT_S: Final = 5
PATIENCE_S: Final = 15.0
"""How long a database that does not answer is waited for."""

_TRIES: Final = 12

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version       int PRIMARY KEY,
    name          text NOT NULL,
    checksum      text NOT NULL,
    serves_from   int NOT NULL,
    applied       timestamptz NOT NULL DEFAULT now()
)
"""
_APPLIED: Final = "SELECT version, checksum, serves_from FROM schema_migration"
_RECORD: Final = "INSERT INTO schema_migration (version, name, checksum, serves_from) VALUES ($1, $2, $3, $4)"


class SchemaUnusable(Exception):
    """This release cannot work with the database; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step, as it stands in ``migrations/NNNN_name.sql``."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def serves_from(self) -> int:
        """The oldest schema of a broker that can still work once this was applied."""
        said = _SERVES.search(self.sql)
        return int(said.group(1)) if said is not None else 1


@dataclass(frozen=True, slots=True)
class Applied:
    """What the database says of a migration."""

    checksum: str
    serves_from: int


def migrations() -> list[Migration]:
    """Every step this release knows, in order."""
    folder = resources.files("broker.storage.catalog.postgres") / "migrations"
    found = []
    for file in folder.iterdir():
        if file.name.endswith(".sql"):
            version, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(version), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def missing(known: Sequence[Migration], applied: Mapping[int, Applied]) -> list[Migration]:
    """The steps that were not applied yet. Raises SchemaUnusable when one was applied in another form."""
    for step in known:
        there = applied.get(step.version)
        if there is not None and there.checksum != step.checksum:
            raise SchemaUnusable(
                f"migration {step.version:04} ({step.name}) was applied in another form than this release has; the catalog was made by an "
                "unreleased version"
            )
    return [step for step in known if step.version not in applied]


def check(known: Sequence[Migration], applied: Mapping[int, Applied]) -> None:
    """Raises SchemaUnusable unless a broker with these migrations can work with the database."""
    own = known[-1].version
    wanting = missing(known, applied)
    if wanting:
        has = f"has schema {max(applied)}" if applied else "is empty"
        raise SchemaUnusable(f"the catalog's database {has}, this release needs schema {own}: run `{MIGRATE_COMMAND}`")
    serves_from = max(there.serves_from for there in applied.values())
    if own < serves_from:
        raise SchemaUnusable(
            f"the catalog's database has schema {max(applied)}, which serves brokers from schema {serves_from} on; this release has {own}: "
            "run a newer release"
        )


async def check_schema(connection: Connection) -> None:
    """:func:`check` for the database behind ``connection``."""
    await _check_server(connection)
    check(migrations(), await _applied(connection))


async def migrate(url: str, steps: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is missing, and return it; two that do it at once wait for each other. Raises SchemaUnusable, StorageUnavailable, ValueError."""
    steps = migrations() if steps is None else steps
    options = ConnectionOptions(
        pool_size=1, statement_s=0, lock_s=_LOCK_WAIT_S, answer_s=86_400, patience_s=PATIENCE_S, application="penstock migrate"
    )
    connections = await Connections.open(database_address(url), options)
    try:
        async with connections.read() as connection:
            await _check_server(connection)
            await _locked(connection)
            await connection.execute(_TABLE)
            wanting = missing(steps, await _applied(connection))
            for step in wanting:
                await _apply(connection, step)
            return wanting
    finally:
        await connections.aclose()


async def _check_server(connection: Connection) -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < OLDEST_SERVER:
        raise SchemaUnusable(f"PostgreSQL {version // 10_000} is too old; {OLDEST_SERVER // 10_000} or later is needed")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise SchemaUnusable(f"the catalog's database has encoding {encoding}; make one with UTF8")


async def _applied(connection: Connection) -> dict[int, Applied]:
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return {}
    return {row[0]: Applied(row[1], row[2]) for row in await connection.fetch(_APPLIED)}


async def _locked(connection: Connection) -> None:
    """The advisory lock is the session's: it goes with the connection, whatever happens to us."""
    for _ in range(_TRIES):
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        except asyncpg.LockNotAvailableError:
            continue
        return
    raise SchemaUnusable("another migration has been running for a while: see whether it hangs, then try again")


async def _apply(connection: Connection, step: Migration) -> None:
    """A table that brokers use is changed under a lock for which they would all have to wait behind us: better to give up and come again."""
    for attempt in range(1, _TRIES + 1):
        await connection.execute("BEGIN")
        try:
            await connection.execute(step.sql)
            await connection.execute(_RECORD, step.version, step.name, step.checksum, step.serves_from)
            await connection.execute("COMMIT")
            return
        except asyncpg.LockNotAvailableError:
            await connection.execute("ROLLBACK")
            if attempt == _TRIES:
                raise
        except asyncpg.PostgresError as error:
            if unavailable(error) is not None:
                raise
            raise SchemaUnusable(f"migration {step.version:04} ({step.name}) failed: {in_words(error)}") from error
        await anyio.sleep(1)
