-- Leases stand in a table of their own: commits lock the broker's row, and a commit that waits must not keep its broker from being heard of.
-- lease_until: '-infinity' once the broker left or was fenced; then its epoch in broker has moved on as well. gone: since when that is so, '-infinity'
-- when it left in order.

CREATE TABLE broker_lease (
    node_id     int PRIMARY KEY,
    lease_until timestamptz NOT NULL,
    leaving     boolean NOT NULL DEFAULT false,
    gone        timestamptz
);

ALTER TABLE broker DROP COLUMN lease_until, DROP COLUMN leaving;

CREATE TABLE object_id_counter (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    next_id bigint NOT NULL
);
INSERT INTO object_id_counter (next_id) VALUES (1);

-- Whether this is a member under this epoch whose lease runs.
CREATE FUNCTION broker_lives_v1(a_node_id int, a_epoch bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM broker b JOIN broker_lease l USING (node_id)
        WHERE b.node_id = a_node_id AND b.epoch = a_epoch AND l.lease_until > clock_timestamp()
    )
$$;

-- A transaction that the broker left open, frozen or cut off, holds locks that everybody waits for: its sessions are ended.
CREATE FUNCTION end_sessions_of_broker_v1(a_instance text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(a.pid) FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = 'penstock ' || a_instance AND a.pid <> pg_backend_pid();
EXCEPTION WHEN insufficient_privilege THEN
    NULL;  -- then they end by their own timeouts
END $$;

-- The broker's epoch is over (I8), and what it held is nobody's. The caller has locked its row in broker.
CREATE FUNCTION fence_broker_v1(a_node_id int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE broker SET epoch = epoch + 1 WHERE node_id = a_node_id;
    UPDATE broker_lease SET lease_until = '-infinity', leaving = false, gone = clock_timestamp() WHERE node_id = a_node_id;
    PERFORM 1 FROM shard WHERE node_id = a_node_id ORDER BY shard FOR UPDATE;
    UPDATE shard SET node_id = NULL, epoch = NULL WHERE node_id = a_node_id;
    PERFORM 1 FROM job WHERE node_id = a_node_id ORDER BY job FOR UPDATE;
    UPDATE job SET node_id = NULL, epoch = NULL, lease_until = NULL WHERE node_id = a_node_id;
END $$;

-- Take notice of leases that ran out. Whoever is still committing is passed over: its session is ended, and the next who looks finds it idle.
CREATE FUNCTION fence_expired_brokers_v1() RETURNS void LANGUAGE plpgsql AS $$
DECLARE expired record;
BEGIN
    FOR expired IN
        SELECT l.node_id, b.instance FROM broker_lease l JOIN broker b USING (node_id)
        WHERE l.lease_until <= clock_timestamp() AND l.lease_until > '-infinity' ORDER BY l.node_id
    LOOP
        PERFORM 1 FROM broker WHERE node_id = expired.node_id FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            PERFORM end_sessions_of_broker_v1(expired.instance);
            CONTINUE;
        END IF;
        PERFORM 1 FROM broker_lease
            WHERE node_id = expired.node_id AND lease_until <= clock_timestamp() AND lease_until > '-infinity' FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            PERFORM end_sessions_of_broker_v1(expired.instance);
            PERFORM fence_broker_v1(expired.node_id);
        END IF;
    END LOOP;
END $$;

-- Registrations come one after another. taken: another broker has the node id, and it is not taken from it.
CREATE FUNCTION register_broker_v1(
    a_instance text, a_node_id int, a_again boolean, a_rack text, a_listeners jsonb, a_peer jsonb, a_software text, a_lease_ms int
) RETURNS TABLE (node_id int, epoch bigint, taken boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE chosen int := a_node_id; holder text; given bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7307199766049681524);
    PERFORM fence_expired_brokers_v1();
    IF chosen IS NULL THEN
        -- Its own from before; else one that was left in order or long ago; else a new one: whoever was fenced finds its own again.
        SELECT min(n) INTO chosen FROM (
            SELECT b.node_id AS n FROM broker b WHERE b.instance = a_instance
        ) own;
        IF chosen IS NULL THEN
            SELECT min(n) INTO chosen FROM generate_series(1, (SELECT count(*) + 1 FROM broker)::int) n
                LEFT JOIN broker_lease l ON l.node_id = n
                WHERE l.node_id IS NULL OR (l.lease_until = '-infinity' AND l.gone < clock_timestamp() - interval '10 minutes');
        END IF;
    END IF;
    SELECT b.instance INTO holder FROM broker b JOIN broker_lease l USING (node_id)
        WHERE b.node_id = chosen AND l.lease_until > '-infinity';
    IF a_again AND holder <> a_instance THEN
        RETURN QUERY SELECT chosen, 0::bigint, true;
        RETURN;
    END IF;
    IF holder <> a_instance THEN
        PERFORM end_sessions_of_broker_v1(holder);
    END IF;
    PERFORM 1 FROM broker b WHERE b.node_id = chosen FOR UPDATE;
    IF FOUND THEN
        PERFORM fence_broker_v1(chosen);
    END IF;
    INSERT INTO broker AS b (node_id, epoch, instance, rack, listeners, peer, software)
        VALUES (chosen, 1, a_instance, a_rack, a_listeners, a_peer, a_software)
        ON CONFLICT (node_id) DO UPDATE SET
            instance = a_instance, rack = a_rack, listeners = a_listeners, peer = a_peer, software = a_software
        RETURNING b.epoch INTO given;
    INSERT INTO broker_lease AS l (node_id, lease_until)
        VALUES (chosen, clock_timestamp() + a_lease_ms * interval '1 millisecond')
        ON CONFLICT (node_id) DO UPDATE SET lease_until = excluded.lease_until, leaving = false, gone = NULL;
    RETURN QUERY SELECT chosen, given, false;
END $$;

-- Give up the epoch, the lease and everything held under it. False: fenced before.
CREATE FUNCTION leave_cluster_v1(a_node_id int, a_epoch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM broker WHERE node_id = a_node_id AND epoch = a_epoch FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM fence_broker_v1(a_node_id);
    UPDATE broker_lease SET gone = '-infinity' WHERE node_id = a_node_id;
    RETURN true;
END $$;

-- Prolong the lease, take notice of others' that ran out, and tell who there is. NULL: fenced.
CREATE FUNCTION renew_broker_v1(a_node_id int, a_epoch bigint, a_lease_ms int) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    UPDATE broker_lease l SET lease_until = clock_timestamp() + a_lease_ms * interval '1 millisecond'
        FROM broker b WHERE b.node_id = l.node_id AND l.node_id = a_node_id AND b.epoch = a_epoch AND l.lease_until > '-infinity';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM fence_expired_brokers_v1();
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

-- Of the shards asked for those that are this broker's now; NULL in a row of its own when it is fenced.
CREATE FUNCTION claim_shards_v1(a_node_id int, a_epoch bigint, a_shards smallint[]) RETURNS TABLE (shard smallint, token bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM broker WHERE node_id = a_node_id AND epoch = a_epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::smallint, NULL::bigint;
        RETURN;
    END IF;
    PERFORM 1 FROM shard WHERE shard = ANY (a_shards) ORDER BY shard FOR UPDATE;
    UPDATE shard s SET node_id = a_node_id, epoch = a_epoch, token = s.token + 1
        WHERE s.shard = ANY (a_shards) AND NOT (s.node_id IS NOT NULL AND broker_lives_v1(s.node_id, s.epoch));
    RETURN QUERY SELECT s.shard, s.token FROM shard s WHERE s.shard = ANY (a_shards) AND s.node_id = a_node_id AND s.epoch = a_epoch;
END $$;

-- The lease's token; 0 while another broker has the job; NULL when this broker is fenced.
CREATE FUNCTION claim_job_v1(a_node_id int, a_epoch bigint, a_job text, a_lease_ms int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE given bigint;
BEGIN
    PERFORM 1 FROM broker WHERE node_id = a_node_id AND epoch = a_epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO job (job) VALUES (a_job) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM job WHERE job = a_job FOR UPDATE;
    UPDATE job j SET
            token = token + CASE WHEN node_id = a_node_id AND epoch = a_epoch THEN 0 ELSE 1 END,
            node_id = a_node_id, epoch = a_epoch, lease_until = clock_timestamp() + a_lease_ms * interval '1 millisecond'
        WHERE j.job = a_job AND (
            j.node_id IS NULL OR (j.node_id = a_node_id AND j.epoch = a_epoch)
            OR j.lease_until <= clock_timestamp() OR NOT broker_lives_v1(j.node_id, j.epoch)
        )
        RETURNING j.token INTO given;
    RETURN coalesce(given, 0);
END $$;

-- The first of so many ids, which are this broker's; NULL when it is fenced.
CREATE FUNCTION lease_object_ids_v1(a_node_id int, a_epoch bigint, a_count int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE first bigint;
BEGIN
    PERFORM 1 FROM broker WHERE node_id = a_node_id AND epoch = a_epoch FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE object_id_counter SET next_id = next_id + a_count RETURNING next_id - a_count INTO first;
    INSERT INTO object_ids (first_id, count, node_id, epoch) VALUES (first, a_count, a_node_id, a_epoch);
    RETURN first;
END $$;
