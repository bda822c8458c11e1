-- Add events to the logs of running tasks whose fence is still that of the run; drop what is then too much. The claim's
-- row is held by a lock that renewals pass by, so the claim cannot end before this is committed; ids are locked in their
-- order, as whoever ends claims does. Of two who store one batch at once, the second finds the numbers taken and stores
-- nothing. (What this call inserts it does not see, so it is never dropped here: a batch is no larger than a log.)
--   $1 now (us), NULL: the server's   $2 ids   $3 fences   $4 places   $5 attempts   $6 kinds   $7 data (JSON)
--   $8 bytes of the data   $9 most events of a log   $10 most bytes of a log
-- Returns the ids that are held under these fences.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS (
    SELECT *
      FROM unnest($2::uuid[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::integer[])
        AS t (task_id, fence, place, attempt, kind, data, size)
), runs AS (
    SELECT DISTINCT task_id, fence, attempt FROM given ORDER BY task_id
), held AS MATERIALIZED (
    SELECT runs.*
      FROM runs
     CROSS JOIN LATERAL (
           SELECT id FROM backstage_live
            WHERE id = runs.task_id AND state <> 'pending' AND deliveries = runs.fence
              FOR KEY SHARE) AS live
), logs AS MATERIALIZED (
    SELECT held.task_id, held.fence, held.attempt, last.number AS last_number, last.fence AS last_fence,
           last.place AS last_place, coalesce(last.total, 0) AS last_total
      FROM held
      LEFT JOIN LATERAL (
           SELECT number, fence, place, total FROM backstage_task_events
            WHERE task_id = held.task_id ORDER BY number DESC LIMIT 1) AS last ON true
), fresh AS (
    SELECT task_id, fence, 0 AS place, attempt, 'restarted' AS kind, 'null' AS data, 4 AS size
      FROM logs WHERE last_fence < fence
     UNION ALL
    SELECT given.*
      FROM given
      JOIN logs USING (task_id, fence)
     WHERE last_fence IS NULL OR last_fence < fence OR (last_fence = fence AND last_place < place)
), entries AS (
    SELECT fresh.*, coalesce(last_number, 0) + row_number() OVER run AS number, last_total + sum(size) OVER run AS total
      FROM fresh
      JOIN logs USING (task_id, fence)
    WINDOW run AS (PARTITION BY task_id ORDER BY place)
), begun AS (
    INSERT INTO backstage_event_logs (task_id, since)
    SELECT task_id, (SELECT now FROM clock) FROM logs WHERE last_number IS NULL
    ON CONFLICT (task_id) DO NOTHING
), stored AS (
    INSERT INTO backstage_task_events (task_id, number, fence, place, attempt, kind, at, data, size, total)
    SELECT task_id, number, fence, place, attempt, kind, (SELECT now FROM clock), data, size, total FROM entries
    ON CONFLICT (task_id, number) DO NOTHING
), dropped AS (
    DELETE FROM backstage_task_events AS old
     USING (SELECT task_id, max(number) AS number, max(total) AS total FROM entries GROUP BY task_id) AS last
     WHERE old.task_id = last.task_id
       AND (old.number <= last.number - $9::integer OR old.total - old.size < last.total - $10::bigint)
)
SELECT task_id::text FROM held
