-- The first form of the catalog. Texts that clients choose freely (group ids, transactional ids, metadata) are bytea in UTF-8: text holds no NUL.

CREATE TABLE meta (
    key   text PRIMARY KEY,
    value text NOT NULL
);

-- A row for each node id that was ever used. epoch: counts its registrations; a commit names it and is refused when it is another by then.
CREATE TABLE broker (
    node_id     int PRIMARY KEY,
    epoch       bigint NOT NULL,
    instance    text NOT NULL,
    lease_until timestamptz NOT NULL,
    leaving     boolean NOT NULL DEFAULT false,
    rack        text,
    listeners   jsonb NOT NULL DEFAULT '{}',
    peer        jsonb,
    software    text NOT NULL DEFAULT ''
);

-- Ranges of object ids that were given away: what a fenced owner left in the store and never committed is told by them.
CREATE TABLE object_ids (
    first_id bigint PRIMARY KEY,
    count    int NOT NULL,
    node_id  int NOT NULL,
    epoch    bigint NOT NULL
);

CREATE TABLE topic (
    topic_id           bytea PRIMARY KEY,
    name               text NOT NULL UNIQUE,
    replication_factor smallint NOT NULL,
    config             jsonb NOT NULL,
    created_ms         bigint NOT NULL,
    version            bigint NOT NULL
);
CREATE INDEX topic_changes ON topic (version);

-- Topics that were deleted, for brokers that have not heard of it; kept for a day.
CREATE TABLE topic_removal (
    version  bigint PRIMARY KEY,
    topic_id bytea NOT NULL,
    removed  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE config (
    kind    smallint NOT NULL,
    name    text NOT NULL,
    entries jsonb NOT NULL,
    PRIMARY KEY (kind, name)
);

-- version: of topics and configurations together. configs: the version at which one of the latter last changed.
CREATE TABLE metadata_version (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    version bigint NOT NULL,
    configs bigint NOT NULL
);
INSERT INTO metadata_version (version, configs) VALUES (0, 0);

CREATE SEQUENCE partition_ids AS int;

-- No index on what changes: then every update stays on its page.
CREATE TABLE part (
    pid               int PRIMARY KEY,
    topic_id          bytea NOT NULL,
    partition_index   int NOT NULL,
    high_watermark    bigint NOT NULL DEFAULT 0,
    last_stable       bigint NOT NULL DEFAULT 0,
    log_start         bigint NOT NULL DEFAULT 0,
    bytes             bigint NOT NULL DEFAULT 0,
    running_timestamp bigint NOT NULL DEFAULT -1,
    open_transactions int NOT NULL DEFAULT 0,
    leader_epoch      int NOT NULL DEFAULT 0,
    UNIQUE (topic_id, partition_index)
) WITH (fillfactor = 50);

-- Where each leader epoch of a log began; epoch 0 begins at 0 and has no row.
CREATE TABLE leader_epoch (
    pid          int NOT NULL,
    epoch        int NOT NULL,
    start_offset bigint NOT NULL,
    PRIMARY KEY (pid, epoch)
);

-- state: 1 live, 2 to be deleted since deleted_at, 9 was never committed and never will be. live: how many spans name it.
CREATE TABLE object (
    object_id  bigint PRIMARY KEY,
    size       bigint NOT NULL DEFAULT 0,
    live       int NOT NULL DEFAULT 0,
    state      smallint NOT NULL DEFAULT 1,
    created    timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX object_to_delete ON object (deleted_at) WHERE state = 2;

-- The bytes of objects that are too small for the store (ids from INLINE_OBJECTS on).
CREATE TABLE inline_object (
    object_id bigint PRIMARY KEY,
    bytes     bytea NOT NULL
);

CREATE TABLE span (
    pid               int NOT NULL,
    last              bigint NOT NULL,
    base              bigint NOT NULL,
    object_id         bigint NOT NULL,
    position          bigint NOT NULL,
    length            int NOT NULL,
    max_timestamp     bigint NOT NULL,
    running_timestamp bigint NOT NULL,
    batch_count       int NOT NULL,
    flags             smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (pid, last)
);

-- recent: up to five of (first sequence int4, last sequence int4, base offset int8, timestamp int8), newest first, as network bytes.
CREATE TABLE producer (
    pid               int NOT NULL,
    producer_id       bigint NOT NULL,
    epoch             smallint NOT NULL,
    last_sequence     int NOT NULL,
    last_timestamp    bigint NOT NULL,
    recent            bytea NOT NULL,
    first_open_offset bigint,
    PRIMARY KEY (pid, producer_id)
) WITH (fillfactor = 70);
CREATE SEQUENCE producer_ids AS bigint MINVALUE 0;

-- Up to where logs were compacted; those that never were have no row.
CREATE TABLE cleaning (
    pid        int PRIMARY KEY,
    cleaned_to bigint NOT NULL
);

CREATE TABLE txn (
    transactional_id     bytea PRIMARY KEY,
    shard                smallint NOT NULL,
    producer_id          bigint NOT NULL UNIQUE,
    epoch                smallint NOT NULL,
    timeout_ms           int NOT NULL,
    status               smallint NOT NULL,
    started_ms           bigint NOT NULL,
    updated_ms           bigint NOT NULL,
    group_ids            bytea[] NOT NULL DEFAULT '{}',
    last_epoch           smallint NOT NULL,
    previous_producer_id bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX txn_of_shard ON txn (shard);

-- Partitions that were added to the open transaction of a producer. Where its first record lies: producer.first_open_offset.
CREATE TABLE txn_part (
    pid         int NOT NULL,
    producer_id bigint NOT NULL,
    epoch       smallint NOT NULL,
    PRIMARY KEY (pid, producer_id)
);
CREATE INDEX txn_part_of_producer ON txn_part (producer_id);

-- Offsets that take effect when their transaction commits.
CREATE TABLE txn_offset (
    transactional_id bytea NOT NULL,
    group_id         bytea NOT NULL,
    topic            text NOT NULL,
    partition_index  int NOT NULL,
    offset_value     bigint NOT NULL,
    leader_epoch     int NOT NULL,
    metadata         bytea NOT NULL,
    commit_ms        bigint NOT NULL,
    expire_ms        bigint NOT NULL,
    topic_id         bytea NOT NULL,
    PRIMARY KEY (transactional_id, group_id, topic, partition_index)
);

-- last_offset is that of the marker; stable_behind the partition's last stable offset once it was written.
CREATE TABLE aborted (
    pid           int NOT NULL,
    last_offset   bigint NOT NULL,
    first_offset  bigint NOT NULL,
    producer_id   bigint NOT NULL,
    stable_behind bigint NOT NULL,
    PRIMARY KEY (pid, last_offset)
);

-- Who coordinates which groups and transactional ids. node_id NULL: nobody.
CREATE TABLE shard (
    shard   smallint PRIMARY KEY,
    node_id int,
    epoch   bigint,
    token   bigint NOT NULL DEFAULT 0
);
INSERT INTO shard (shard) SELECT generate_series(0, 63);

CREATE TABLE job (
    job         text PRIMARY KEY,
    node_id     int,
    epoch       bigint,
    lease_until timestamptz,
    token       bigint NOT NULL DEFAULT 0
);
