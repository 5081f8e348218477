-- Records without timestamps: below -1 a span's max_timestamp says when its records came (-2 - ms), and retention goes by that. Of -1, as it was written before,
-- nobody knows; it stays until there is too much.

-- As retention_v1, which takes all of them for older than anything.
CREATE FUNCTION retention_v2(a_pid int[], a_oldest bigint[], a_bytes bigint[], a_most int) RETURNS TABLE (pid int, start bigint)
LANGUAGE sql STABLE AS $$
    SELECT log.pid, walked.last + 1
    FROM unnest(a_pid, a_oldest, a_bytes) AS asked (pid, oldest, bytes)
    JOIN part AS log ON log.pid = asked.pid
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT 1 FROM trim WHERE trim.pid = asked.pid) THEN NULL ELSE log.bytes - asked.bytes END AS spare
    ) AS sized
    JOIN LATERAL (
        SELECT span.max_timestamp, span.length FROM span WHERE span.pid = asked.pid AND span.last >= log.log_start ORDER BY span.last LIMIT 1
    ) AS first ON coalesce(first.length <= sized.spare, false)
        OR CASE WHEN first.max_timestamp >= 0 THEN coalesce(first.max_timestamp < asked.oldest, false)
            WHEN first.max_timestamp < -1 THEN coalesce(-2 - first.max_timestamp < asked.oldest, false) ELSE false END
    CROSS JOIN LATERAL (
        SELECT max(front.last) AS last FROM (
            SELECT s.last, bool_and(coalesce(s.up_to <= sized.spare, false)
                OR CASE WHEN s.max_timestamp >= 0 THEN coalesce(s.max_timestamp < asked.oldest, false)
                    WHEN s.max_timestamp < -1 THEN coalesce(-2 - s.max_timestamp < asked.oldest, false) ELSE false END)
                OVER (ORDER BY s.last) AS goes
            FROM (
                SELECT span.last, span.max_timestamp, sum(span.length) OVER (ORDER BY span.last) AS up_to
                FROM span WHERE span.pid = asked.pid AND span.last >= log.log_start ORDER BY span.last LIMIT a_most
            ) AS s
        ) AS front WHERE front.goes
    ) AS walked
    WHERE walked.last >= log.log_start
$$;
