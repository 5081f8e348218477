-- What a failover and wide commits need. A commit costs what it names: none of its statements compares one list of the commit with another. When the
-- database was away for everybody, whoever renews first fences nobody. Another server gives no number again that the one before may have given. What
-- became of a commit is told of each of its objects, and one that was deleted since had been committed.

-- As commit_spans_v1, but each list is gone through once: hash and merge joins are switched off, so two lists that are joined are compared each with each.
CREATE FUNCTION commit_spans_v2(
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
    -- Transactions that open are told by producers that have none open yet: so they are counted before producers are written.
    IF EXISTS (SELECT 1 FROM unnest(p_open) AS o (open) WHERE open >= 0) THEN
        UPDATE part SET open_transactions = open_transactions + opened.transactions,
            last_stable = CASE WHEN open_transactions > 0 THEN last_stable ELSE high_watermark + opened.first END
        FROM (
            SELECT new.pid, count(*)::int AS transactions, min(new.open) AS first
            FROM unnest(p_pid, p_producer, p_open) AS new (pid, producer_id, open)
            LEFT JOIN producer AS old USING (pid, producer_id)
            WHERE new.open >= 0 AND old.first_open_offset IS NULL
            GROUP BY new.pid
        ) AS opened
        WHERE part.pid = opened.pid;
    END IF;
    IF cardinality(p_pid) > 0 THEN
        WITH batches AS (
            SELECT w.i, string_agg(int4send(w.first) || int4send(w.last) || int8send(part.high_watermark + w.base) || int8send(w.at), ''::bytea
                ORDER BY w.n) AS recent, min(part.high_watermark) AS base
            FROM unnest(w_of, w_first, w_last, w_base, w_timestamp) WITH ORDINALITY AS w (i, first, last, base, at, n)
            JOIN part ON part.pid = p_pid[w.i]
            GROUP BY w.i
        ), producers AS (
            INSERT INTO producer AS old (pid, producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset)
            SELECT p_pid[b.i], p_producer[b.i], p_epoch[b.i], p_last[b.i], p_now[b.i], b.recent, CASE WHEN p_open[b.i] >= 0 THEN b.base + p_open[b.i] END
            FROM batches AS b
            ON CONFLICT (pid, producer_id) DO UPDATE SET epoch = excluded.epoch, last_sequence = excluded.last_sequence,
                last_timestamp = excluded.last_timestamp,
                recent = CASE WHEN old.epoch = excluded.epoch THEN substr(excluded.recent || old.recent, 1, 120) ELSE excluded.recent END,
                first_open_offset = coalesce(old.first_open_offset, excluded.first_open_offset)
        ), logs AS (
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

-- What became of a commit of these objects, for good: nothing ('never', and it never will), it is in ('in'), or it never will be, but some of its objects
-- are in by another one ('mixed'). A row that says "not there" has a size when it was there before: it was committed, and deleted since. Whoever still
-- runs the commit is waited for; the rows that are written make the commit of this statement wait until the one asked about is as durable as commits are.
CREATE FUNCTION resolve_commit_v2(o_id bigint[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known int;
BEGIN
    INSERT INTO object (object_id, state, deleted_at) SELECT id, 9, now() FROM unnest(o_id) AS o (id) ORDER BY id ON CONFLICT DO NOTHING;
    SELECT count(*) INTO known FROM object WHERE object_id = ANY (o_id) AND (state <> 9 OR size > 0);
    IF known = 0 THEN
        RETURN 'never';
    END IF;
    UPDATE object SET size = size WHERE object_id = o_id[1];
    RETURN CASE WHEN known = cardinality(o_id) THEN 'in' ELSE 'mixed' END;
END $$;

-- Prolong the lease, take notice of others' that ran out, and tell who there is. NULL: fenced. When nobody's lease runs, nobody could be heard of: then
-- every member gets another lease, and whoever does not come back is fenced after that. Each waits for its own lease only, before it has any other.
CREATE FUNCTION renew_broker_v2(a_node_id int, a_epoch bigint, a_lease_ms int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    lease interval := a_lease_ms * interval '1 millisecond';
    nobody boolean;
BEGIN
    PERFORM 1 FROM broker_lease WHERE node_id = a_node_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM broker b JOIN broker_lease l USING (node_id) WHERE b.node_id = a_node_id AND b.epoch = a_epoch AND l.lease_until > '-infinity'
    ) THEN
        RETURN NULL;
    END IF;
    nobody := NOT EXISTS (SELECT 1 FROM broker_lease WHERE lease_until > clock_timestamp());
    UPDATE broker_lease SET lease_until = clock_timestamp() + lease WHERE node_id = a_node_id;
    IF nobody THEN
        UPDATE broker_lease SET lease_until = clock_timestamp() + lease WHERE node_id = ANY (ARRAY(
            SELECT node_id FROM broker_lease WHERE lease_until > '-infinity' AND node_id <> a_node_id ORDER BY node_id FOR NO KEY UPDATE SKIP LOCKED));
    ELSE
        PERFORM fence_expired_brokers_v1();
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'members', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'node_id', b.node_id, 'epoch', b.epoch, 'rack', b.rack, 'listeners', b.listeners, 'peer', b.peer, 'leaving', l.leaving
                ) ORDER BY b.node_id), '[]')
                FROM broker b JOIN broker_lease l USING (node_id) WHERE l.lease_until > clock_timestamp()
            ),
            'shards', (
                SELECT coalesce(jsonb_agg(jsonb_build_array(s.shard, s.node_id, s.token)), '[]')
                FROM shard s JOIN broker b ON b.node_id = s.node_id AND b.epoch = s.epoch JOIN broker_lease l ON l.node_id = s.node_id
                WHERE l.lease_until > clock_timestamp()
            ),
            'metadata_version', (SELECT version FROM metadata_version),
            'incarnation', (SELECT coalesce((SELECT value::bigint FROM meta WHERE key = 'incarnation'), 1))
        )
    );
END $$;

-- Another server answers than the one before: what was acknowledged may be lost, so every log begins a new leader epoch (once, whoever comes first).
-- Numbers that the one before gave, and this one does not know of, are on their way or in somebody's memory: they are not given again. (Sequences are
-- moved on by taking from them, for which a broker's role has the right.)
CREATE FUNCTION new_incarnation_v2(a_server text) RETURNS bigint LANGUAGE plpgsql AS $$
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
        UPDATE object_id_counter SET next_id = next_id + 1048576;
        PERFORM nextval('producer_ids') FROM generate_series(1, 1000);
        PERFORM nextval('partition_ids') FROM generate_series(1, 65536);
        PERFORM nextval('txn_versions') FROM generate_series(1, 65536);
        PERFORM 1 FROM part ORDER BY pid FOR NO KEY UPDATE;
        UPDATE part SET leader_epoch = leader_epoch + 1,
            epoch_starts = coalesce(epoch_starts, '{}') || ARRAY[leader_epoch + 1, high_watermark];
    END IF;
    RETURN number;
END $$;
