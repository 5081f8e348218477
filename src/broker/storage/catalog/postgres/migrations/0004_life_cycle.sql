-- What becomes of data after it was written.

-- level: how often what lies in it was merged. born: how many spans have named it at the most, so that it can be told when little is left of it.
ALTER TABLE object ADD COLUMN level smallint NOT NULL DEFAULT 0, ADD COLUMN born int NOT NULL DEFAULT 0;
CREATE INDEX object_to_merge ON object (created) WHERE state = 1 AND level = 0 AND object_id < 1152921504606846976;
CREATE INDEX object_to_merge_again ON object (size) WHERE state = 1 AND level = 1;

-- Markers lie in no object.
CREATE INDEX span_of_object ON span (object_id) WHERE object_id >= 0;

-- Whether the id was given to this broker under this epoch: another epoch's objects may be swept as orphans at any moment.
CREATE FUNCTION owns_object_v1(a_node int, a_epoch bigint, a_object bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT a_node IS NULL OR EXISTS (
        SELECT 1 FROM (
            SELECT * FROM object_ids WHERE first_id <= a_object & 576460752303423487 ORDER BY first_id DESC LIMIT 1
        ) AS block
        WHERE a_object & 576460752303423487 < block.first_id + block.count AND block.node_id = a_node AND block.epoch = a_epoch)
$$;

-- Puts what a merge came to in place of what it read. Runs are numbered from 1: r_ says of which log each is. o_ are the spans that must be there as
-- they were read, n_ those that take their place. Gives the runs for which that was done; none when the object is not what the caller thinks it is.
CREATE FUNCTION merge_spans_v1(
    a_node int, a_epoch bigint, a_object bigint, a_size bigint, a_level smallint, a_named boolean, r_pid int[],
    o_run int[], o_base bigint[], o_last bigint[], o_object bigint[], o_position bigint[], o_length int[], o_max bigint[], o_running bigint[],
    o_batches int[], o_flags smallint[],
    n_run int[], n_base bigint[], n_last bigint[], n_position bigint[], n_length int[], n_max bigint[], n_running bigint[], n_batches int[],
    n_flags smallint[]
) RETURNS TABLE (verdict text, runs int[]) LANGUAGE plpgsql AS $$
DECLARE
    gone bigint[];
    kept int;
BEGIN
    verdict := 'done';
    runs := '{}';
    IF NOT stands_v1(a_node, a_epoch) THEN
        verdict := 'fenced';
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT a_named AND NOT owns_object_v1(a_node, a_epoch, a_object) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM 1 FROM part WHERE pid = ANY (r_pid) ORDER BY pid FOR NO KEY UPDATE;
    PERFORM 1 FROM object WHERE object_id = ANY (o_object || a_object) ORDER BY object_id FOR NO KEY UPDATE;
    IF a_named AND NOT EXISTS (SELECT 1 FROM object WHERE object_id = a_object AND state = 1 AND live > 0) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT coalesce(array_agg(there.run ORDER BY there.run), '{}') INTO runs FROM (
        SELECT old.run
        FROM unnest(o_run, o_base, o_last, o_object, o_position, o_length, o_max, o_running, o_batches, o_flags)
            AS old (run, base, last, object_id, position, length, max, running, batches, flags)
        JOIN part ON part.pid = r_pid[old.run]
        LEFT JOIN span ON span.pid = part.pid AND span.last = old.last AND span.base = old.base AND span.object_id = old.object_id
            AND span.position = old.position AND span.length = old.length AND span.max_timestamp = old.max
            AND span.running_timestamp = old.running AND span.batch_count = old.batches AND span.flags = old.flags
        GROUP BY old.run HAVING count(*) = count(span.pid)
    ) AS there;
    IF cardinality(runs) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH dropped AS (
        DELETE FROM span USING unnest(o_run, o_last) AS old (run, last)
        WHERE old.run = ANY (runs) AND span.pid = r_pid[old.run] AND span.last = old.last
        RETURNING span.pid, span.object_id, span.length
    ), lost AS (
        SELECT pid, sum(length) AS bytes FROM dropped GROUP BY pid
    ), added AS (
        SELECT part.pid, new.* FROM unnest(n_run, n_base, n_last, n_position, n_length, n_max, n_running, n_batches, n_flags)
            AS new (run, base, last, position, length, max, running, batches, flags)
        JOIN part ON part.pid = r_pid[new.run]
        WHERE new.run = ANY (runs) AND new.last >= part.log_start
    ), won AS (
        SELECT pid, sum(length) AS bytes FROM added GROUP BY pid
    ), resized AS (
        UPDATE part SET bytes = part.bytes - lost.bytes + coalesce(won.bytes, 0) FROM lost LEFT JOIN won USING (pid) WHERE part.pid = lost.pid
    )
    SELECT (SELECT array_agg(object_id) FROM dropped WHERE object_id >= 0), (SELECT count(*) FROM added) INTO gone, kept;
    -- A statement of its own: what takes the place of a span often ends where that did, and has its key.
    INSERT INTO span
        SELECT part.pid, new.last, new.base, a_object, new.position, new.length, new.max, new.running, new.batches, new.flags
        FROM unnest(n_run, n_base, n_last, n_position, n_length, n_max, n_running, n_batches, n_flags)
            AS new (run, base, last, position, length, max, running, batches, flags)
        JOIN part ON part.pid = r_pid[new.run]
        WHERE new.run = ANY (runs) AND new.last >= part.log_start;
    IF a_named THEN
        UPDATE object SET live = live + kept, born = born + kept WHERE object_id = a_object;
    ELSE
        INSERT INTO object (object_id, size, live, born, level, state, deleted_at) VALUES (
            a_object, a_size, kept, kept, a_level, CASE WHEN kept > 0 THEN 1 ELSE 2 END, CASE WHEN kept > 0 THEN NULL ELSE now() END);
    END IF;
    PERFORM drop_references_v1(gone);
    RETURN NEXT;
END $$;

-- Where logs should start, of those that should start elsewhere than they do: behind the spans at their front that are too old, or that are too much; as
-- far as the first a_most of them tell. A log of which spans are left to be dropped has a size that is not to be trusted.
CREATE FUNCTION retention_v1(a_pid int[], a_oldest bigint[], a_bytes bigint[], a_most int) RETURNS TABLE (pid int, start bigint)
LANGUAGE sql STABLE AS $$
    SELECT log.pid, walked.last + 1
    FROM unnest(a_pid, a_oldest, a_bytes) AS asked (pid, oldest, bytes)
    JOIN part AS log ON log.pid = asked.pid
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT 1 FROM trim WHERE trim.pid = asked.pid) THEN NULL ELSE log.bytes - asked.bytes END AS spare
    ) AS sized
    JOIN LATERAL (
        SELECT span.max_timestamp, span.length FROM span WHERE span.pid = asked.pid AND span.last >= log.log_start ORDER BY span.last LIMIT 1
    ) AS first ON coalesce(first.max_timestamp < asked.oldest, false) OR coalesce(first.length <= sized.spare, false)
    CROSS JOIN LATERAL (
        SELECT max(front.last) AS last FROM (
            SELECT s.last, bool_and(coalesce(s.max_timestamp < asked.oldest, false) OR coalesce(s.up_to <= sized.spare, false))
                OVER (ORDER BY s.last) AS goes
            FROM (
                SELECT span.last, span.max_timestamp, sum(span.length) OVER (ORDER BY span.last) AS up_to
                FROM span WHERE span.pid = asked.pid AND span.last >= log.log_start ORDER BY span.last LIMIT a_most
            ) AS s
        ) AS front WHERE front.goes
    ) AS walked
    WHERE walked.last >= log.log_start
$$;

-- What becomes of objects that lie in the store: 'named' by a row, 'owned' by a member that may still commit them, 'orphan', or 'foreign': an id that
-- was never given away. One snapshot: a commit checks its broker's epoch, so none can come behind one that is over.
CREATE FUNCTION sort_unnamed_v1(o_id bigint[]) RETURNS TABLE (object_id bigint, fate text) LANGUAGE sql STABLE AS $$
    SELECT o.id, CASE
        WHEN object.state <> 9 THEN 'named'
        WHEN o.id & 576460752303423487 >= (SELECT next_id FROM object_id_counter) THEN 'foreign'
        WHEN object.state = 9 THEN 'orphan'
        WHEN EXISTS (
            SELECT 1 FROM (
                SELECT * FROM object_ids WHERE first_id <= o.id & 576460752303423487 ORDER BY first_id DESC LIMIT 1
            ) AS block JOIN broker ON broker.node_id = block.node_id AND broker.epoch = block.epoch
            WHERE o.id & 576460752303423487 < block.first_id + block.count
        ) THEN 'owned'
        ELSE 'orphan' END
    FROM unnest(o_id) AS o (id) LEFT JOIN object ON object.object_id = o.id
$$;

-- "Never" for objects that are not in: as resolve_commit_v1, but each by itself. Those that are never committed.
CREATE FUNCTION condemn_v1(o_id bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO object (object_id, state, deleted_at) SELECT id, 9, now() FROM unnest(o_id) AS o (id) ORDER BY id ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT object_id FROM object WHERE object_id = ANY (o_id) AND state = 9;
END $$;

-- Rows that serve nobody any more, up to a_most of each kind.
CREATE FUNCTION forget_settled_v1(a_most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    count int;
    total int := 0;
BEGIN
    -- Whose block it was does not matter once it is nobody's: what is not a living member's is an orphan.
    DELETE FROM object_ids WHERE first_id IN (
        SELECT first_id FROM object_ids AS block
        WHERE NOT EXISTS (SELECT 1 FROM broker WHERE broker.node_id = block.node_id AND broker.epoch = block.epoch)
        ORDER BY first_id LIMIT a_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM topic_removal WHERE version IN (
        SELECT version FROM topic_removal WHERE removed < now() - interval '1 day' ORDER BY version LIMIT a_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM job WHERE job IN (
        SELECT job FROM job WHERE lease_until < now() - interval '1 day' ORDER BY job LIMIT a_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM last_commit WHERE committer IN (
        SELECT committer FROM last_commit WHERE made < now() - interval '1 day' LIMIT a_most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    -- Leader epochs that began and ended before the log's start; one goes at a time.
    UPDATE part SET epoch_starts = epoch_starts[3:] WHERE pid IN (
        SELECT pid FROM part WHERE cardinality(epoch_starts) > 2 AND epoch_starts[4] <= log_start LIMIT a_most FOR NO KEY UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    -- Nobody still commits what was refused or deleted an hour ago.
    DELETE FROM object WHERE object_id IN (
        SELECT object_id FROM object WHERE state = 9 AND deleted_at < now() - interval '1 hour' ORDER BY deleted_at LIMIT a_most
        FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN total + count;
END $$;
