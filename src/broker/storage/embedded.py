"""Opens everything a broker needs to live in one directory:

    DIRECTORY/owner.lock             who owns it (:mod:`broker.storage.ownership`)
    DIRECTORY/catalog.db             everything but record data (:mod:`broker.storage.catalog.sqlite`)
    DIRECTORY/segments/*.segment     record data (:mod:`broker.storage.objects.files`)

A group is durable once its segment was flushed; the catalog follows without a flush of its own. What it lost with the power is
committed again at the next start (:mod:`broker.storage.recovery`).

Every start takes a new number, the epoch, in the catalog. It heads the numbers of all segments made since, so that none is
ever used twice, also when a segment of an earlier start left no trace.
"""

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from broker.model import Appended
from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.catalog.sqlite.replay import replay
from broker.storage.catalog.sqlite.writer import StoreFirst
from broker.storage.committing import GroupCommitter, UnstoredGroup
from broker.storage.file_operations import FileOperations, make_directory
from broker.storage.objects.base import Extent
from broker.storage.objects.files import DEFAULT_SEGMENT_BYTES, FileObjectStore
from broker.storage.ownership import CATALOG_FILE, LOCK_FILE, NUMBERS_AN_EPOCH, SEGMENTS_DIRECTORY, Ownership
from broker.storage.recovery import GroupDamaged

_DIRECTORY_ID: Final = "directory_id"
_NEXT_EPOCH: Final = """
INSERT INTO meta VALUES ('owner_epoch', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1
"""


class DataMissing(Exception):
    """The record data is not what the catalog names: some is missing, or it is another data directory's."""


@dataclass(frozen=True, slots=True)
class EmbeddedStorage:
    """An open data directory. ``epoch`` counts its starts; ``directory_id`` is its own for ever (16 bytes); ``recovered`` groups
    were in the segments and not yet in the catalog."""

    store: FileObjectStore
    catalog: SqliteCatalog
    committer: GroupCommitter
    ownership: Ownership
    directory_id: bytes
    epoch: int
    recovered: int

    async def aclose(self) -> None:
        """Close all of it, the lock last."""
        try:
            await self.catalog.aclose()
            await self.store.aclose()
        finally:
            self.ownership.release()


class OneThreadCommitter:
    """Stores and commits a group on the catalog's thread: one hand-over, where going by way of the event loop takes two and leaves
    the disk idle for as long as the loop is busy."""

    def __init__(self, store: FileObjectStore, catalog: SqliteCatalog) -> None:
        self._store = store
        self._catalog = catalog

    async def commit(self, group: UnstoredGroup) -> list[list[Appended]]:
        return await self._catalog.store_and_commit(StoreFirst(partial(self._write, group), self._withdraw))

    def _write(self, group: UnstoredGroup) -> CommitGroup:
        return group.stored_at(self._store.append_here(group.parts, group.toc))

    def _withdraw(self, group: CommitGroup) -> None:
        self._store.withdraw_here(Extent(group.object_id, group.position, group.length))


def open_embedded(
    directory: Path,
    *,
    segment_bytes: int = DEFAULT_SEGMENT_BYTES,
    objects_directory: Path | None = None,
    catalog_file: Path | None = None,
    io: FileOperations | None = None,
) -> EmbeddedStorage:
    """Take ownership of ``directory`` (created when it is not there) and open its catalog and store, in that order.

    Raises DirectoryInUse, CatalogUnusable, DataMissing, and OSError for what the system refuses. Call it inside the event
    loop; it blocks for as long as recovery takes.
    """
    io = io or FileOperations()
    path = catalog_file or directory / CATALOG_FILE
    segments = objects_directory or directory / SEGMENTS_DIRECTORY
    make_directory(segments, io)
    make_directory(path.parent, io)
    ownership = Ownership.take(directory, _locks_elsewhere(directory, path, segments), io)
    try:
        connection = schema.open_for_writing(path)
        try:
            schema.migrate(connection, schema.migrations())
            io.sync_directory(path.parent)
            directory_id, epoch = _directory_id(connection), _next_epoch(connection)
            store = FileObjectStore(
                segments, segment_bytes, directory_id=directory_id, first_number=epoch * NUMBERS_AN_EPOCH, io=io
            )
            recovered = _reconcile(store, segments, connection)
            store.prepare()
            catalog = SqliteCatalog.over(connection, path, recoverable=True)
        except sqlite3.Error as error:
            connection.close()
            raise schema.CatalogUnusable(f"the catalog {path} cannot be used now: {error}") from error
        except BaseException:
            connection.close()
            raise
    except BaseException:
        ownership.release()
        raise
    return EmbeddedStorage(store, catalog, OneThreadCommitter(store, catalog), ownership, directory_id, epoch, recovered)


def _locks_elsewhere(directory: Path, catalog_file: Path, segments: Path) -> list[Path]:
    """Lock files for the parts that do not lie in the data directory: two brokers could name the same ones."""
    locks = []
    if catalog_file.parent.resolve() != directory.resolve():
        locks.append(catalog_file.with_name(catalog_file.name + ".lock"))
    if segments.parent.resolve() != directory.resolve():
        locks.append(segments / LOCK_FILE)
    return locks


def _reconcile(store: FileObjectStore, segments: Path, connection: sqlite3.Connection) -> int:
    """Commit what the catalog lost, then remove what it does not know; how many groups it had lost.

    Raises DataMissing, before anything is changed, when the data is not its own or an acknowledged group is damaged.
    """
    ends, living = _known_objects(connection)
    foreign = store.foreign(ends)
    if foreign:
        raise DataMissing(
            f"{segments} holds segments of another data directory ({_names(foreign)}); give each broker a directory of its own"
        )
    try:
        lost = store.recoverable(ends)
    except GroupDamaged as error:
        raise DataMissing(
            f"{segments} holds records that the catalog lost and that cannot be read: {error}. Restore a backup, or copy the "
            "directory anew if this is a copy of a running broker's"
        ) from error
    if lost:
        replay(connection, lost)
        ends, living = _known_objects(connection)
    # A dead object may have been deleted just before the catalog could forget it.
    missing = [number for number in store.sweep(ends) if number in living]
    if missing:
        raise DataMissing(f"segments that the catalog names are missing or cut short in {segments}: {_names(missing)}")
    return len(lost)


def _names(numbers: list[int]) -> str:
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return ", ".join(f"{number:016x}" for number in numbers[:5]) + more


def _known_objects(connection: sqlite3.Connection) -> tuple[dict[int, int], set[int]]:
    """Where each object's data ends, and which objects any span names."""
    rows = connection.execute("SELECT object_id, data_end, live FROM objects").fetchall()
    return {number: end for number, end, _ in rows}, {number for number, _, live in rows if live}


def _directory_id(connection: sqlite3.Connection) -> bytes:
    connection.execute("INSERT OR IGNORE INTO meta VALUES (?, lower(hex(randomblob(16))))", (_DIRECTORY_ID,))
    (text,) = connection.execute("SELECT value FROM meta WHERE key = ?", (_DIRECTORY_ID,)).fetchone()
    return bytes.fromhex(text)


def _next_epoch(connection: sqlite3.Connection) -> int:
    connection.execute(_NEXT_EPOCH)
    (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'owner_epoch'").fetchone()
    return int(epoch)
