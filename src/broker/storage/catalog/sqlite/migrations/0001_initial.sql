-- The first form of the catalog.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE topics (
    topic_id           BLOB PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    replication_factor INTEGER NOT NULL,
    config             TEXT NOT NULL,
    created_ms         INTEGER NOT NULL
) WITHOUT ROWID;

-- AUTOINCREMENT: the id of a deleted partition is never given again, so leftovers of it cannot be taken for another's.
CREATE TABLE partitions (
    pid             INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id        BLOB NOT NULL,
    partition_index INTEGER NOT NULL,
    UNIQUE (topic_id, partition_index)
);

-- What changes with every append, apart from what does not.
CREATE TABLE logs (
    pid               INTEGER PRIMARY KEY,
    log_start         INTEGER NOT NULL,
    high_watermark    INTEGER NOT NULL,
    last_stable       INTEGER NOT NULL,
    leader_epoch      INTEGER NOT NULL,
    bytes             INTEGER NOT NULL,
    running_timestamp INTEGER NOT NULL,
    first_open_offset INTEGER
);

CREATE TABLE spans (
    pid               INTEGER NOT NULL,
    last              INTEGER NOT NULL,
    base              INTEGER NOT NULL,
    object_id         INTEGER NOT NULL,
    position          INTEGER NOT NULL,
    length            INTEGER NOT NULL,
    max_timestamp     INTEGER NOT NULL,
    running_timestamp INTEGER NOT NULL,
    batch_count       INTEGER NOT NULL,
    flags             INTEGER NOT NULL,
    PRIMARY KEY (pid, last)
) WITHOUT ROWID;

-- live: how many spans name the object. data_end: where its last committed group ends.
CREATE TABLE objects (
    object_id INTEGER PRIMARY KEY,
    live      INTEGER NOT NULL,
    data_end  INTEGER NOT NULL
);
CREATE INDEX dead_objects ON objects (object_id) WHERE live = 0;

-- recent: JSON, up to five [first sequence, last sequence, base offset, timestamp], newest first.
CREATE TABLE producers (
    pid               INTEGER NOT NULL,
    producer_id       INTEGER NOT NULL,
    epoch             INTEGER NOT NULL,
    last_sequence     INTEGER NOT NULL,
    last_timestamp    INTEGER NOT NULL,
    recent            TEXT NOT NULL,
    first_open_offset INTEGER,
    PRIMARY KEY (pid, producer_id)
) WITHOUT ROWID;

-- Spans that are no longer part of any log and still have rows: those of pid that end before "below".
CREATE TABLE trims (
    pid   INTEGER PRIMARY KEY,
    below INTEGER NOT NULL
);

CREATE TABLE configs (
    kind    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE consumer_groups (
    group_id      TEXT PRIMARY KEY,
    protocol_type TEXT NOT NULL,
    generation    INTEGER NOT NULL,
    protocol      TEXT,
    leader        TEXT,
    members       TEXT NOT NULL,
    state_ms      INTEGER NOT NULL,
    version       INTEGER NOT NULL
) WITHOUT ROWID;

-- group_id and metadata are JSON strings, as clients may put any character into them.
CREATE TABLE group_offsets (
    group_id        TEXT NOT NULL,
    topic           TEXT NOT NULL,
    partition_index INTEGER NOT NULL,
    offset_value    INTEGER NOT NULL,
    leader_epoch    INTEGER NOT NULL,
    metadata        TEXT NOT NULL,
    commit_ms       INTEGER NOT NULL,
    expire_ms       INTEGER NOT NULL,
    topic_id        TEXT NOT NULL,
    PRIMARY KEY (group_id, topic, partition_index)
) WITHOUT ROWID;

-- Everything that a flush writes goes in as one row of JSON texts: one statement, and alone its own transaction.
CREATE VIEW flushes AS
    SELECT '[]' AS spans, '[]' AS logs, '[]' AS objects, '[]' AS producers, '[]' AS offsets;

CREATE TRIGGER write_flush INSTEAD OF INSERT ON flushes BEGIN
    INSERT INTO spans
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4,
               value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9
        FROM json_each(NEW.spans);
    INSERT OR REPLACE INTO logs
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
        FROM json_each(NEW.logs);
    INSERT INTO objects
        SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(NEW.objects) WHERE true
        ON CONFLICT (object_id) DO UPDATE SET live = live + excluded.live, data_end = max(data_end, excluded.data_end);
    INSERT OR REPLACE INTO producers
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(NEW.producers);
    INSERT OR REPLACE INTO group_offsets
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8
        FROM json_each(NEW.offsets);
END;
