-- Rows that serve nobody any more, up to a_most of each kind. What is to go is found once: joined to the deletion, the same question may be asked again for each
-- row, and then finds others, because those it found before are locked by now.
CREATE FUNCTION forget_settled_v2(a_most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    count int;
    total int := 0;
BEGIN
    -- Whose block it was does not matter once it is nobody's: what is not a living member's is an orphan.
    DELETE FROM object_ids WHERE first_id = ANY (ARRAY(
        SELECT first_id FROM object_ids AS block
        WHERE NOT EXISTS (SELECT 1 FROM broker WHERE broker.node_id = block.node_id AND broker.epoch = block.epoch)
        ORDER BY first_id LIMIT a_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM topic_removal WHERE version = ANY (ARRAY(
        SELECT version FROM topic_removal WHERE removed < now() - interval '1 day' ORDER BY version LIMIT a_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM job WHERE job = ANY (ARRAY(
        SELECT job FROM job WHERE lease_until < now() - interval '1 day' ORDER BY job LIMIT a_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    DELETE FROM last_commit WHERE committer = ANY (ARRAY(
        SELECT committer FROM last_commit WHERE made < now() - interval '1 day' LIMIT a_most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    -- Leader epochs that began and ended before the log's start; one goes at a time.
    UPDATE part SET epoch_starts = epoch_starts[3:] WHERE pid = ANY (ARRAY(
        SELECT pid FROM part WHERE cardinality(epoch_starts) > 2 AND epoch_starts[4] <= log_start LIMIT a_most FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    total := total + count;
    -- Nobody still commits what was refused or deleted an hour ago.
    DELETE FROM object WHERE object_id = ANY (ARRAY(
        SELECT object_id FROM object WHERE state = 9 AND deleted_at < now() - interval '1 hour' ORDER BY deleted_at LIMIT a_most
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS count = ROW_COUNT;
    RETURN total + count;
END $$;
