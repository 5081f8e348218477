"""What the objects of a store say, gathered in a temporary database on disk: sorted there, whatever there is of it. Blocks for moments."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from broker.model import ZERO_UUID
from broker.storage.checking.object_contents import Contents
from broker.storage.checking.rebuild_rules import WholePart
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.footer import FooterEntry, PartitionName

_TABLES: Final = """
CREATE TABLE entry (
    place INTEGER PRIMARY KEY, object_id INTEGER, created INTEGER, whole INTEGER, pid INTEGER, topic_id BLOB, topic TEXT, idx INTEGER,
    position INTEGER, length INTEGER, batches INTEGER, records INTEGER, max_timestamp INTEGER, base INTEGER, last INTEGER, flags INTEGER
);
CREATE TABLE source (place INTEGER, object_id INTEGER, PRIMARY KEY (place, object_id)) WITHOUT ROWID;
CREATE TABLE consumed (pid INTEGER, object_id INTEGER, PRIMARY KEY (pid, object_id)) WITHOUT ROWID;
CREATE TABLE cluster (cluster_id TEXT PRIMARY KEY, objects INTEGER);
"""
_INDEXES: Final = "CREATE INDEX entry_of_pid ON entry (pid, whole, base); CREATE INDEX entry_of_object ON entry (whole, created, object_id, position);"
_CONSUME: Final = """
WITH RECURSIVE made (object_id) AS (
    SELECT object_id FROM source WHERE place = :place
    UNION
    SELECT source.object_id FROM made
    JOIN entry ON entry.pid = :pid AND entry.whole AND entry.object_id = made.object_id JOIN source ON source.place = entry.place
)
INSERT OR IGNORE INTO consumed SELECT :pid, object_id FROM made
"""
_CONSUME_OLDER: Final = """
INSERT OR IGNORE INTO consumed SELECT pid, object_id FROM entry
WHERE pid = :pid AND NOT whole AND (created, object_id) < (
    SELECT entry.created, entry.object_id FROM consumed JOIN entry USING (pid, object_id)
    WHERE pid = :pid AND NOT whole ORDER BY 1, 2 LIMIT 1)
"""


class FoundObjects:
    """Owns the temporary database; :meth:`close` it."""

    def __init__(self) -> None:
        # An empty name: a file that only this connection has, gone with it.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_TABLES)
        self.objects = 0
        self.newest_id = 0
        """The largest of the numbers that ids were made of, leased ones: those of whole objects come from the same blocks."""

    def add(self, contents: Contents) -> None:
        """What an object says of itself."""
        self.objects += 1
        self.newest_id = max(self.newest_id, contents.object_id % WHOLE_OBJECTS)
        self._database.execute("BEGIN")
        self._database.execute(
            "INSERT INTO cluster VALUES (?, 1) ON CONFLICT (cluster_id) DO UPDATE SET objects = objects + 1",
            (contents.cluster_id,),
        )
        for entry in contents.entries:
            name = entry.name
            place = self._database.execute(
                "INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(
                        contents.object_id,
                        contents.created_ms,
                        entry.base >= 0,
                        entry.pid,
                        name.topic_id,
                        name.topic,
                        name.index,
                    ),
                    *(
                        entry.position,
                        entry.length,
                        entry.batches,
                        entry.records,
                        entry.max_timestamp,
                        entry.base,
                        entry.last,
                        entry.flags,
                    ),
                ),
            ).lastrowid
            self._database.executemany(
                "INSERT OR IGNORE INTO source VALUES (?, ?)", [(place, each) for each in entry.sources]
            )
        self._database.execute("COMMIT")

    def sort(self) -> None:
        """Everything was added."""
        self._database.executescript(_INDEXES)

    def cluster_id(self) -> str:
        """Whose most of the objects are."""
        row = self._database.execute("SELECT cluster_id FROM cluster ORDER BY objects DESC LIMIT 1").fetchone()
        return row[0] if row else ""

    def names(self) -> dict[int, tuple[PartitionName, int, int]]:
        """By pid: its name, and when the first and the last object with it was written. A pid has one name for ever."""
        rows = self._database.execute(
            "SELECT pid, topic_id, topic, idx, min(created), max(created) FROM entry WHERE topic_id <> ? GROUP BY pid",
            (ZERO_UUID,),
        )
        return {row[0]: (PartitionName(row[1], row[2], row[3]), row[4], row[5]) for row in rows}

    def nameless(self) -> list[int]:
        """Pids of which no object knows the name."""
        query = (
            "SELECT DISTINCT pid FROM entry WHERE pid NOT IN (SELECT pid FROM entry WHERE topic_id <> ?) ORDER BY pid"
        )
        return [row[0] for row in self._database.execute(query, (ZERO_UUID,))]

    def whole_parts(self, pid: int) -> list[WholePart]:
        """The rewritten parts of a log."""
        rows = self._database.execute(
            "SELECT base, last, object_id, created, place FROM entry WHERE pid = ? AND whole", (pid,)
        )
        return [WholePart(*row) for row in rows]

    def entry(self, place: int) -> FooterEntry:
        """One of them in full."""
        row = self._database.execute(
            "SELECT pid, topic_id, topic, idx, position, length, batches, records, max_timestamp, base, last, flags FROM entry WHERE place = ?",
            (place,),
        ).fetchone()
        return FooterEntry(row[0], PartitionName(row[1], row[2], row[3]), *row[4:])

    def consume(self, pid: int, place: int) -> None:
        """What the part was made of is in it, and what that was made of in turn."""
        self._database.execute(_CONSUME, {"pid": pid, "place": place})

    def consume_older(self, pid: int) -> None:
        """What was appended to a log before all that its rewritten parts were made of lay before the log's start."""
        self._database.execute(_CONSUME_OLDER, {"pid": pid})

    def keep_newest(self, pid: int) -> bool:
        """Of what was consumed of a log the newest object may have more: take it back. Whether there was one."""
        row = self._database.execute("SELECT max(object_id) FROM consumed WHERE pid = ?", (pid,)).fetchone()
        if row[0] is not None:
            self._database.execute("DELETE FROM consumed WHERE pid = ? AND object_id = ?", (pid, row[0]))
        return row[0] is not None

    def flushes(self) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
        """Objects as they were appended, in order, as (object id, [(pid, position, length)]); without what was consumed."""
        rows = self._database.execute(
            "SELECT object_id, pid, position, length FROM entry AS own WHERE NOT whole "
            "AND NOT EXISTS (SELECT 1 FROM consumed WHERE consumed.pid = own.pid AND consumed.object_id = own.object_id) "
            "ORDER BY created, object_id, position"
        )
        object_id = -1
        parts: list[tuple[int, int, int]] = []
        for row in rows:
            if row[0] != object_id and parts:
                yield object_id, parts
                parts = []
            object_id = row[0]
            parts.append((row[1], row[2], row[3]))
        if parts:
            yield object_id, parts

    def close(self) -> None:
        """Give back the space."""
        self._database.close()
