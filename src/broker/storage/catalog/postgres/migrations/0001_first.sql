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

-- config: as json, because jsonb has no NUL.
CREATE TABLE topic (
    topic_id           bytea PRIMARY KEY,
    name               text NOT NULL UNIQUE,
    replication_factor smallint NOT NULL,
    config             json NOT NULL,
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
    kind      smallint NOT NULL,
    name      bytea NOT NULL,
    full_name bytea NOT NULL,
    entries   json NOT NULL,
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
-- epoch_starts: leader epochs above 0 and where each began, in turns (epoch, offset, epoch, offset, ...); NULL while there was only one.
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
    epoch_starts      bigint[],
    UNIQUE (topic_id, partition_index)
) WITH (fillfactor = 50);

-- Spans that are left to be dropped: those of pid that end below the offset; a deleted partition's, all of them.
CREATE TABLE trim (
    pid   int PRIMARY KEY,
    below bigint NOT NULL
);
CREATE INDEX trim_of_logs ON trim (pid) WHERE below < 4611686018427387904;
CREATE INDEX trim_of_deleted ON trim (pid) WHERE below = 4611686018427387904;

-- state: 1 live, 2 to be deleted since deleted_at, 9 not there: it was never committed and never will be, or was deleted lately.
-- live: how many spans name it (I4).
CREATE TABLE object (
    object_id  bigint PRIMARY KEY,
    size       bigint NOT NULL DEFAULT 0,
    live       int NOT NULL DEFAULT 0,
    state      smallint NOT NULL DEFAULT 1,
    created    timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX object_to_delete ON object (deleted_at, object_id) WHERE state = 2;
CREATE INDEX object_not_there ON object (deleted_at) WHERE state = 9;

-- What the latest commit of each committer (a process of a broker) came to, for when it did not hear the answer: by log in its order, where it
-- ended and began before.
CREATE TABLE last_commit (
    committer  bigint PRIMARY KEY,
    object_ids bigint[] NOT NULL,
    bases      bigint[] NOT NULL,
    log_starts bigint[] NOT NULL,
    made       timestamptz NOT NULL
) WITH (fillfactor = 50);
ALTER TABLE last_commit ALTER bases SET STORAGE EXTERNAL, ALTER log_starts SET STORAGE EXTERNAL, ALTER object_ids SET STORAGE EXTERNAL;

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

-- Producer ids are given in blocks of 1000.
CREATE SEQUENCE producer_ids AS bigint MINVALUE 0 INCREMENT 1000;

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

-- Functions. Each takes locks in the order broker -> transaction -> partition -> object, rows of a kind by their ids, and reads what it decides from
-- in a statement that began after the locks were there. Once released a function is never changed: another behaviour is another number.

CREATE FUNCTION stands_v1(a_node int, a_epoch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF a_node IS NOT NULL THEN
        PERFORM 1 FROM broker WHERE node_id = a_node AND epoch = a_epoch FOR SHARE;
        RETURN FOUND;
    END IF;
    RETURN true;
END $$;

-- The fast form of a commit: everything in it is plainly right, or it changes nothing and says so ('slow', 'fenced'). Offsets and timestamps come
-- relative to wherever the logs end. An object that the catalog knows fails the statement with PC001, so that nothing of it stays.
--   o_: objects. l_: logs, each once. s_: spans. p_: producers of logs, each once; w_: the batches each remembers (p_ counted from 1).
CREATE FUNCTION commit_spans_v1(
    a_node int, a_epoch bigint, a_committer bigint,
    o_id bigint[], o_size bigint[], o_live int[], i_id bigint[], i_bytes bytea[],
    l_pid int[], l_records bigint[], l_bytes bigint[], l_running bigint[],
    s_pid int[], s_object bigint[], s_base bigint[], s_last bigint[], s_position bigint[], s_length int[], s_max bigint[], s_running bigint[],
    s_batches int[], s_flags smallint[],
    p_pid int[], p_producer bigint[], p_epoch smallint[], p_first int[], p_last int[], p_now bigint[], p_plain boolean[], p_open bigint[],
    w_of int[], w_first int[], w_last int[], w_base bigint[], w_timestamp bigint[]
) RETURNS TABLE (verdict text, bases bigint[], log_starts bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    known int;
BEGIN
    IF NOT stands_v1(a_node, a_epoch) THEN
        RETURN QUERY SELECT 'fenced', NULL::bigint[], NULL::bigint[];
        RETURN;
    END IF;
    PERFORM 1 FROM part WHERE pid = ANY (l_pid) ORDER BY pid FOR NO KEY UPDATE;
    GET DIAGNOSTICS known = ROW_COUNT;
    IF known <> cardinality(l_pid) OR EXISTS (
        SELECT 1
        FROM unnest(p_pid, p_producer, p_epoch, p_first, p_plain, p_open) AS new (pid, producer_id, epoch, first, plain, open)
        LEFT JOIN producer AS old USING (pid, producer_id)
        WHERE (old.epoch >= 0 AND (
                old.epoch > new.epoch
                OR old.epoch < new.epoch AND new.first <> 0
                OR old.epoch = new.epoch AND new.first <> CASE old.last_sequence WHEN 2147483647 THEN 0 ELSE old.last_sequence + 1 END))
            OR (new.plain AND old.first_open_offset IS NOT NULL)
            OR (new.open >= 0 AND NOT EXISTS (
                SELECT 1 FROM txn JOIN txn_part USING (producer_id)
                WHERE txn.producer_id = new.producer_id AND txn.status = 1 AND txn.epoch = new.epoch AND txn_part.pid = new.pid))
    ) THEN
        RETURN QUERY SELECT 'slow', NULL::bigint[], NULL::bigint[];
        RETURN;
    END IF;
    INSERT INTO object (object_id, size, live)
        SELECT * FROM unnest(o_id, o_size, o_live) AS new (object_id, size, live) ORDER BY object_id
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS known = ROW_COUNT;
    IF known <> cardinality(o_id) THEN
        RAISE EXCEPTION 'an object of the commit is known' USING ERRCODE = 'PC001';
    END IF;
    IF cardinality(i_id) > 0 THEN
        INSERT INTO inline_object (object_id, bytes) SELECT * FROM unnest(i_id, i_bytes);
    END IF;
    SELECT array_agg(part.high_watermark ORDER BY l.i), array_agg(part.log_start ORDER BY l.i) INTO bases, log_starts
        FROM unnest(l_pid) WITH ORDINALITY AS l (pid, i) JOIN part USING (pid);
    IF cardinality(p_pid) > 0 THEN
        WITH batches AS (
            SELECT w.i, string_agg(int4send(w.first) || int4send(w.last) || int8send(part.high_watermark + w.base) || int8send(w.at), ''::bytea
                ORDER BY w.n) AS recent, min(part.high_watermark) AS base
            FROM unnest(w_of, w_first, w_last, w_base, w_timestamp) WITH ORDINALITY AS w (i, first, last, base, at, n)
            JOIN part ON part.pid = p_pid[w.i]
            GROUP BY w.i
        ), opened AS (
            SELECT new.pid, count(*)::int AS transactions, min(new.open) AS first
            FROM unnest(p_pid, p_producer, p_open) AS new (pid, producer_id, open)
            LEFT JOIN producer AS old USING (pid, producer_id)
            WHERE new.open >= 0 AND old.first_open_offset IS NULL
            GROUP BY new.pid
        ), producers AS (
            INSERT INTO producer AS old (pid, producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset)
            SELECT new.pid, new.producer_id, new.epoch, new.last, new.now, batches.recent,
                CASE WHEN new.open >= 0 THEN batches.base + new.open END
            FROM unnest(p_pid, p_producer, p_epoch, p_last, p_now, p_open) WITH ORDINALITY AS new (pid, producer_id, epoch, last, now, open, i)
            JOIN batches USING (i)
            ON CONFLICT (pid, producer_id) DO UPDATE SET epoch = excluded.epoch, last_sequence = excluded.last_sequence,
                last_timestamp = excluded.last_timestamp,
                recent = CASE WHEN old.epoch = excluded.epoch THEN substr(excluded.recent || old.recent, 1, 120) ELSE excluded.recent END,
                first_open_offset = coalesce(old.first_open_offset, excluded.first_open_offset)
        ), logs AS (
            UPDATE part SET high_watermark = high_watermark + l.records, bytes = bytes + l.bytes_,
                running_timestamp = greatest(running_timestamp, l.running), open_transactions = open_transactions + coalesce(opened.transactions, 0),
                last_stable = CASE WHEN open_transactions > 0 THEN last_stable
                    WHEN opened.pid IS NOT NULL THEN high_watermark + opened.first ELSE high_watermark + l.records END
            FROM unnest(l_pid, l_records, l_bytes, l_running) AS l (pid, records, bytes_, running) LEFT JOIN opened USING (pid)
            WHERE part.pid = l.pid
        )
        INSERT INTO span SELECT s.pid, part.high_watermark + s.last, part.high_watermark + s.base, s.object_id, s.position, s.length, s.max_timestamp,
            greatest(part.running_timestamp, s.running), s.batches, s.flags
            FROM unnest(s_pid, s_object, s_base, s_last, s_position, s_length, s_max, s_running, s_batches, s_flags)
                AS s (pid, object_id, base, last, position, length, max_timestamp, running, batches, flags)
            JOIN part USING (pid);
    ELSE
        WITH logs AS (
            UPDATE part SET high_watermark = high_watermark + l.records, bytes = bytes + l.bytes_,
                running_timestamp = greatest(running_timestamp, l.running),
                last_stable = CASE WHEN open_transactions > 0 THEN last_stable ELSE high_watermark + l.records END
            FROM unnest(l_pid, l_records, l_bytes, l_running) AS l (pid, records, bytes_, running)
            WHERE part.pid = l.pid
        )
        INSERT INTO span SELECT s.pid, part.high_watermark + s.last, part.high_watermark + s.base, s.object_id, s.position, s.length, s.max_timestamp,
            greatest(part.running_timestamp, s.running), s.batches, s.flags
            FROM unnest(s_pid, s_object, s_base, s_last, s_position, s_length, s_max, s_running, s_batches, s_flags)
                AS s (pid, object_id, base, last, position, length, max_timestamp, running, batches, flags)
            JOIN part USING (pid);
    END IF;
    INSERT INTO last_commit VALUES (a_committer, o_id, bases, log_starts, now())
        ON CONFLICT (committer) DO UPDATE SET object_ids = excluded.object_ids, bases = excluded.bases, log_starts = excluded.log_starts,
            made = excluded.made;
    verdict := 'done';
    RETURN NEXT;
END $$;

-- What became of a commit of these objects, for good: nothing ('never', and it never will), or it is in ('in'). Whoever still runs it is waited for.
-- The rows that are written make the commit of this statement wait until the one asked about is as durable as commits are.
CREATE FUNCTION resolve_commit_v1(o_id bigint[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made int;
BEGIN
    INSERT INTO object (object_id, state, deleted_at) SELECT id, 9, now() FROM unnest(o_id) AS o (id) ORDER BY id ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made = cardinality(o_id) OR NOT EXISTS (SELECT 1 FROM object WHERE object_id = ANY (o_id) AND state <> 9) THEN
        RETURN 'never';
    END IF;
    IF made > 0 OR EXISTS (SELECT 1 FROM object WHERE object_id = ANY (o_id) AND state = 9) THEN
        RAISE EXCEPTION 'objects of one commit have not one fate' USING ERRCODE = 'PC002';
    END IF;
    UPDATE object SET size = size WHERE object_id = o_id[1];
    RETURN 'in';
END $$;

-- Lowers the counts of objects by the spans that no longer name them; those that nothing names are to be deleted from now on.
CREATE FUNCTION drop_references_v1(o_id bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM object WHERE object_id = ANY (o_id) ORDER BY object_id FOR NO KEY UPDATE;
    UPDATE object SET live = live - gone.spans, state = CASE WHEN live = gone.spans THEN 2 ELSE state END,
            deleted_at = CASE WHEN live = gone.spans THEN now() ELSE deleted_at END
        FROM (SELECT id, count(*)::int AS spans FROM unnest(o_id) AS o (id) WHERE id >= 0 GROUP BY id) AS gone
        WHERE object_id = gone.id;
END $$;

-- Drops up to a_most spans that end below the offset; the objects they named, one for each span. The log, if there still is one, must be locked.
CREATE FUNCTION drop_spans_v1(a_pid int, a_below bigint, a_most int) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[];
    size bigint;
    up_to bigint;
BEGIN
    WITH gone AS (
        DELETE FROM span WHERE pid = a_pid AND last <= (
            SELECT max(oldest.last) FROM (SELECT last FROM span WHERE pid = a_pid AND last < a_below ORDER BY last LIMIT a_most) AS oldest)
        RETURNING object_id, length, last
    )
    SELECT coalesce(array_agg(object_id), '{}'), coalesce(sum(length), 0), max(last) INTO ids, size, up_to FROM gone;
    IF up_to IS NOT NULL THEN
        DELETE FROM aborted WHERE pid = a_pid AND last_offset <= up_to;
        UPDATE part SET bytes = bytes - size WHERE pid = a_pid;
    END IF;
    RETURN ids;
END $$;

-- Moves the start of a log forward; verdict 'fenced', 'unknown', 'range' or 'done', and the log's row as it is then. What is not dropped at once is
-- left in trim.
CREATE FUNCTION advance_log_start_v1(a_node int, a_epoch bigint, a_pid int, a_offset bigint, a_most int)
RETURNS TABLE (verdict text, log_start bigint, high_watermark bigint, last_stable bigint, leader_epoch int, bytes bigint, epoch_starts bigint[])
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    own part%ROWTYPE;
    ids bigint[];
BEGIN
    IF NOT stands_v1(a_node, a_epoch) THEN
        verdict := 'fenced';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT * INTO own FROM part WHERE pid = a_pid FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        verdict := 'unknown';
    ELSIF a_offset < 0 OR a_offset > own.high_watermark THEN
        verdict := 'range';
    ELSE
        verdict := 'done';
        IF a_offset > own.log_start THEN
            UPDATE part SET log_start = a_offset, last_stable = greatest(last_stable, a_offset) WHERE pid = a_pid;
            ids := drop_spans_v1(a_pid, a_offset, a_most);
            PERFORM drop_references_v1(ids);
            IF cardinality(ids) >= a_most THEN
                INSERT INTO trim VALUES (a_pid, a_offset) ON CONFLICT (pid) DO UPDATE SET below = greatest(trim.below, excluded.below);
            END IF;
        END IF;
        SELECT * INTO own FROM part WHERE pid = a_pid;
    END IF;
    log_start := own.log_start;
    high_watermark := own.high_watermark;
    last_stable := own.last_stable;
    leader_epoch := own.leader_epoch;
    bytes := own.bytes;
    epoch_starts := own.epoch_starts;
    RETURN NEXT;
END $$;

-- Goes on with what is left in trim, by a_most spans: of one log, or of partitions that are gone, with everything else they had. False when there is
-- nothing to do, or others are at it. (A log's row of trim is locked behind the log itself, as by whoever leaves it there.)
CREATE FUNCTION drain_trim_v1(a_node int, a_epoch bigint, a_most int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    own trim%ROWTYPE;
    ids bigint[] := '{}';
    dropped bigint[];
    pids int[];
BEGIN
    IF NOT stands_v1(a_node, a_epoch) THEN
        RETURN false;
    END IF;
    SELECT trim.* INTO own FROM trim WHERE below < 4611686018427387904 LIMIT 1;
    IF FOUND THEN
        PERFORM 1 FROM part WHERE pid = own.pid FOR NO KEY UPDATE;
        SELECT * INTO own FROM trim WHERE pid = own.pid AND below < 4611686018427387904 FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            ids := drop_spans_v1(own.pid, own.below, a_most);
            PERFORM drop_references_v1(ids);
            IF cardinality(ids) < a_most THEN
                DELETE FROM trim WHERE pid = own.pid;
            END IF;
            RETURN true;
        END IF;
    END IF;
    SELECT array_agg(pid) INTO pids FROM (
        SELECT pid FROM trim WHERE below = 4611686018427387904 LIMIT 100 FOR UPDATE SKIP LOCKED) AS gone;
    IF pids IS NULL THEN
        RETURN false;
    END IF;
    FOREACH own.pid IN ARRAY pids LOOP
        EXIT WHEN cardinality(ids) >= a_most;
        dropped := drop_spans_v1(own.pid, 4611686018427387904, a_most - cardinality(ids));
        ids := ids || dropped;
        IF cardinality(ids) < a_most THEN
            DELETE FROM producer WHERE pid = own.pid;
            DELETE FROM cleaning WHERE pid = own.pid;
            DELETE FROM aborted WHERE pid = own.pid;
            DELETE FROM trim WHERE pid = own.pid;
        END IF;
    END LOOP;
    PERFORM drop_references_v1(ids);
    RETURN true;
END $$;

-- The first offset of [a_from, a_to) whose span has a running timestamp that reaches a_timestamp, a_to when there is none. The running timestamp only
-- grows, so it is found by halving.
CREATE FUNCTION first_reaching_v1(a_pid int, a_timestamp bigint, a_from bigint, a_to bigint) RETURNS bigint STABLE LANGUAGE plpgsql AS $$
DECLARE
    low bigint := a_from;
    high bigint := a_to;
    middle bigint;
    own record;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT base, last, running_timestamp INTO own FROM span WHERE pid = a_pid AND last >= middle ORDER BY last LIMIT 1;
        IF NOT FOUND THEN
            RETURN a_to;
        ELSIF own.running_timestamp >= a_timestamp THEN
            high := least(middle, own.base);
        ELSE
            low := own.last + 1;
        END IF;
    END LOOP;
    RETURN greatest(low, a_from);
END $$;

-- Where the largest timestamp of a log lies: the span's last offset. Normally the largest ever is still there, where the running timestamp reached it;
-- when it was deleted, every span is looked at.
CREATE FUNCTION largest_timestamp_v1(a_pid int, a_from bigint, a_to bigint) RETURNS bigint STABLE LANGUAGE plpgsql AS $$
DECLARE
    largest bigint;
    own record;
BEGIN
    SELECT running_timestamp INTO largest FROM span WHERE pid = a_pid AND last >= a_to - 1 ORDER BY last LIMIT 1;
    SELECT last, max_timestamp INTO own FROM span
        WHERE pid = a_pid AND last >= first_reaching_v1(a_pid, largest, a_from, a_to) ORDER BY last LIMIT 1;
    IF own.max_timestamp = largest THEN
        RETURN own.last;
    END IF;
    RETURN (SELECT last FROM span WHERE pid = a_pid AND last >= a_from ORDER BY max_timestamp DESC, last LIMIT 1);
END $$;

-- Another server answers than the one before: what was acknowledged may be lost, so every log begins a new leader epoch (once, whoever comes first).
CREATE FUNCTION new_incarnation_v1(a_server text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before text;
    number bigint;
BEGIN
    INSERT INTO meta VALUES ('incarnation', '0') ON CONFLICT DO NOTHING;
    SELECT value::bigint INTO number FROM meta WHERE key = 'incarnation' FOR UPDATE;
    SELECT value INTO before FROM meta WHERE key = 'server';
    IF before IS NULL THEN
        INSERT INTO meta VALUES ('server', a_server);
    ELSIF before <> a_server THEN
        number := number + 1;
        UPDATE meta SET value = a_server WHERE key = 'server';
        UPDATE meta SET value = number::text WHERE key = 'incarnation';
        PERFORM 1 FROM part ORDER BY pid FOR NO KEY UPDATE;
        UPDATE part SET leader_epoch = leader_epoch + 1,
            epoch_starts = coalesce(epoch_starts, '{}') || ARRAY[leader_epoch + 1, high_watermark];
    END IF;
    RETURN number;
END $$;
