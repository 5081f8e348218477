-- What coordinators keep: groups with their members, offsets, what share groups did with records; and what decisions about transactions look at.
--
-- A key of a client's choice is as long as the client likes, an entry of an index is not. Where such a text is part of a key, the column holds
-- it in UTF-8 when it is short, else 0xFF (which begins no text) and its SHA-256; the text as a whole is then in full_... beside it, or in the details.

-- A row for each group. kind: 1 classic, 2 of the consumer protocol, 3 share group. details: JSON, by names; whoever reads takes the names it knows.
CREATE TABLE coordinated_group (
    group_id bytea NOT NULL,
    kind     smallint NOT NULL,
    shard    smallint NOT NULL,
    details  bytea NOT NULL,
    PRIMARY KEY (group_id, kind)
) WITH (fillfactor = 70);
CREATE INDEX coordinated_group_of_shard ON coordinated_group (shard);

-- A row for each member of a group. place: in which order they come.
CREATE TABLE group_member (
    group_id  bytea NOT NULL,
    kind      smallint NOT NULL,
    member_id bytea NOT NULL,
    place     int NOT NULL,
    details   bytea NOT NULL,
    PRIMARY KEY (group_id, kind, member_id)
) WITH (fillfactor = 70);

CREATE TABLE group_offset (
    group_id        bytea NOT NULL,
    topic           text NOT NULL,
    partition_index int NOT NULL,
    shard           smallint NOT NULL,
    offset_value    bigint NOT NULL,
    leader_epoch    int NOT NULL,
    metadata        bytea NOT NULL,
    commit_ms       bigint NOT NULL,
    expire_ms       bigint NOT NULL,
    topic_id        bytea NOT NULL,
    full_group_id   bytea,
    PRIMARY KEY (group_id, topic, partition_index)
) WITH (fillfactor = 70);
CREATE INDEX group_offset_of_shard ON group_offset (shard);

-- What a share group has done with the records of a partition. start_offset is -1 until somebody has found out where to begin.
CREATE TABLE share_state (
    share_id        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    group_id        bytea NOT NULL,
    topic_id        bytea NOT NULL REFERENCES topic ON DELETE CASCADE,
    partition_index int NOT NULL,
    state_epoch     int NOT NULL,
    start_offset    bigint NOT NULL,
    leader_epoch    int NOT NULL,
    PRIMARY KEY (group_id, topic_id, partition_index)
) WITH (fillfactor = 70);
CREATE INDEX share_state_of_topic ON share_state (topic_id);

-- Changes of a state, laid over each other in order of change_id. runs: (first int8, last int8, state int2, deliveries int2) as network bytes.
CREATE TABLE share_change (
    share_id  bigint NOT NULL REFERENCES share_state (share_id) ON DELETE CASCADE,
    change_id bigint GENERATED ALWAYS AS IDENTITY,
    runs      bytea NOT NULL,
    PRIMARY KEY (share_id, change_id)
);

-- version: another one after each change of the transaction or of what it carries, so that who remembers the one before knows that it is out of date.
ALTER TABLE txn ADD COLUMN version bigint NOT NULL DEFAULT 0, ADD COLUMN full_id bytea;
CREATE SEQUENCE txn_versions AS bigint;
CREATE INDEX txn_open ON txn (shard, (started_ms + timeout_ms)) WHERE status = 1;
ALTER TABLE txn_offset ADD COLUMN full_group_id bytea;
CREATE INDEX txn_offset_of_group ON txn_offset (group_id);
CREATE INDEX aborted_of_stable ON aborted (pid, stable_behind);

-- The functions below give rows of one form, so that one question brings all that a decision needs. By kind:
--   fenced       this broker's epoch is gone, and nothing else is given
--   clock        numbers: the database's time in ms, the version that a change of the transaction gets
--   partition    pid; numbers: log start, high watermark, last stable offset, leader epoch, bytes, running timestamp
--   open         pid; numbers: first offset and producer id of a transaction that has records there
--   producer     pid; numbers: producer id, epoch, last sequence, last timestamp, first open offset or -1; texts: recent
--   transaction  id; numbers: producer id, epoch, timeout, status, started, updated, last epoch, previous producer id, version; texts: group ids
--   added        pid, id: the partition belongs to the open transaction
--   offset       pid: partition index; id; numbers: offset, leader epoch, commit ms, expire ms; texts: group id, topic, metadata, topic id
-- They are numbered: another form gets another number, and a function is dropped when no broker of the release before is left.

CREATE FUNCTION read_logs_v1(a_pids int[], a_producer_pids int[], a_producers bigint[])
RETURNS TABLE (kind text, pid int, id bytea, numbers bigint[], texts bytea[]) LANGUAGE sql STABLE AS $$
    SELECT 'partition', p.pid, NULL::bytea,
           ARRAY[p.log_start, p.high_watermark, p.last_stable, p.leader_epoch, p.bytes, p.running_timestamp], NULL::bytea[]
    FROM part p WHERE p.pid = ANY (a_pids)
    UNION ALL
    SELECT 'open', p.pid, NULL, ARRAY[q.first_open_offset, q.producer_id], NULL
    FROM part p JOIN txn_part a ON a.pid = p.pid JOIN producer q ON q.pid = a.pid AND q.producer_id = a.producer_id
    WHERE p.pid = ANY (a_pids) AND p.open_transactions > 0 AND q.first_open_offset IS NOT NULL
    UNION ALL
    SELECT 'producer', q.pid, NULL,
           ARRAY[q.producer_id, q.epoch, q.last_sequence, q.last_timestamp, coalesce(q.first_open_offset, -1)], ARRAY[q.recent]
    FROM unnest(a_producer_pids, a_producers) AS asked (pid, producer_id)
    JOIN producer q ON q.pid = asked.pid AND q.producer_id = asked.producer_id
$$;

CREATE FUNCTION read_transactions_v1(a_ids bytea[], a_with_offsets boolean)
RETURNS TABLE (kind text, pid int, id bytea, numbers bigint[], texts bytea[]) LANGUAGE sql STABLE AS $$
    SELECT 'transaction', NULL::int, coalesce(t.full_id, t.transactional_id),
           ARRAY[t.producer_id, t.epoch, t.timeout_ms, t.status, t.started_ms, t.updated_ms, t.last_epoch, t.previous_producer_id, t.version],
           t.group_ids
    FROM txn t WHERE t.transactional_id = ANY (a_ids)
    UNION ALL
    SELECT 'added', a.pid, coalesce(t.full_id, t.transactional_id), NULL, NULL
    FROM txn t JOIN txn_part a ON a.producer_id = t.producer_id WHERE t.transactional_id = ANY (a_ids)
    UNION ALL
    SELECT 'offset', o.partition_index, coalesce(t.full_id, t.transactional_id),
           ARRAY[o.offset_value, o.leader_epoch, o.commit_ms, o.expire_ms],
           ARRAY[coalesce(o.full_group_id, o.group_id), convert_to(o.topic, 'UTF8'), o.metadata, o.topic_id]
    FROM txn t JOIN txn_offset o ON o.transactional_id = t.transactional_id
    WHERE t.transactional_id = ANY (a_ids) AND a_with_offsets
$$;

-- Locks logs and the transactions of a_owners (producer ids), in this order: broker, transactions, partitions. Each is read after it was locked.
CREATE FUNCTION lock_logs_v1(
    a_node int, a_epoch bigint, a_pids int[], a_producer_pids int[], a_producers bigint[], a_owners bigint[])
RETURNS TABLE (kind text, pid int, id bytea, numbers bigint[], texts bytea[]) LANGUAGE plpgsql AS $$
BEGIN
    IF a_node IS NOT NULL THEN
        PERFORM 1 FROM broker b WHERE b.node_id = a_node AND b.epoch = a_epoch FOR SHARE;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'fenced', NULL::int, NULL::bytea, NULL::bigint[], NULL::bytea[];
            RETURN;
        END IF;
    END IF;
    PERFORM 1 FROM txn t WHERE t.producer_id = ANY (a_owners) ORDER BY t.transactional_id FOR SHARE;
    PERFORM 1 FROM part p WHERE p.pid = ANY (a_pids) ORDER BY p.pid FOR NO KEY UPDATE;
    RETURN QUERY SELECT * FROM read_logs_v1(a_pids, a_producer_pids, a_producers);
    IF cardinality(a_owners) > 0 THEN
        RETURN QUERY SELECT * FROM read_transactions_v1(
            ARRAY(SELECT t.transactional_id FROM txn t WHERE t.producer_id = ANY (a_owners)), false);
    END IF;
END $$;

-- Locks a transactional id, and what the end of its transaction would change when a_may_end. One that is not there is put down under
-- a_new_producer_id, unless that is -1, so that of two who begin one waits for the other; it is not given. a_pids: partitions of which the caller
-- only wants to know whether they exist. Offsets that the transaction carries are given unless its version is a_known_version.
CREATE FUNCTION lock_transaction_v1(
    a_node int, a_epoch bigint, a_id bytea, a_full_id bytea, a_shard smallint, a_new_producer_id bigint,
    a_may_end boolean, a_pids int[], a_known_version bigint)
RETURNS TABLE (kind text, pid int, id bytea, numbers bigint[], texts bytea[]) LANGUAGE plpgsql AS $$
DECLARE
    v_producer_id bigint;
    v_status smallint;
    v_version bigint;
    v_pids int[] := '{}';
BEGIN
    IF a_node IS NOT NULL THEN
        PERFORM 1 FROM broker b WHERE b.node_id = a_node AND b.epoch = a_epoch FOR SHARE;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'fenced', NULL::int, NULL::bytea, NULL::bigint[], NULL::bytea[];
            RETURN;
        END IF;
    END IF;
    LOOP
        SELECT t.producer_id, t.status, t.version INTO v_producer_id, v_status, v_version
        FROM txn t WHERE t.transactional_id = a_id FOR UPDATE;
        EXIT WHEN FOUND OR a_new_producer_id < 0;
        INSERT INTO txn (transactional_id, full_id, shard, producer_id, epoch, timeout_ms, status, started_ms, updated_ms, last_epoch, previous_producer_id)
            VALUES (a_id, a_full_id, a_shard, a_new_producer_id, 0, 0, 0, -1, 0, -1, -1) ON CONFLICT (transactional_id) DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
    IF a_may_end AND v_status = 1 THEN
        v_pids := ARRAY(SELECT a.pid FROM txn_part a WHERE a.producer_id = v_producer_id);
        PERFORM 1 FROM part p WHERE p.pid = ANY (v_pids) ORDER BY p.pid FOR NO KEY UPDATE;
    END IF;
    RETURN QUERY SELECT 'clock', NULL::int, NULL::bytea,
        ARRAY[(extract(epoch FROM clock_timestamp()) * 1000)::bigint, nextval('txn_versions')], NULL::bytea[];
    IF v_producer_id IS NOT NULL THEN  -- so it was there before
        RETURN QUERY SELECT * FROM read_transactions_v1(ARRAY[a_id], v_version <> a_known_version);
    END IF;
    IF cardinality(v_pids) + cardinality(a_pids) > 0 THEN
        RETURN QUERY SELECT * FROM read_logs_v1(v_pids || a_pids, v_pids, array_fill(v_producer_id, ARRAY[cardinality(v_pids)]));
    END IF;
END $$;

-- Fails unless each of these shards is held under its token, and keeps it so until the transaction ends.
CREATE FUNCTION hold_shards_v1(a_shards smallint[], a_tokens bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_held int;
BEGIN
    PERFORM 1 FROM shard s JOIN unnest(a_shards, a_tokens) AS own (shard, token) ON s.shard = own.shard AND s.token = own.token
        ORDER BY s.shard FOR SHARE OF s;
    GET DIAGNOSTICS v_held = ROW_COUNT;
    IF v_held <> cardinality(a_shards) THEN
        RAISE EXCEPTION 'another broker coordinates one of these shards' USING ERRCODE = 'PS001';
    END IF;
    RETURN true;
END $$;
