-- Delete the logs of events of tasks that ended long ago, or that are no more; the others that were due to be looked at
-- are so again a while later. Two who do it at once pass each other by.
--   $1 now (us), NULL: the server's   $2 kept for (us) after the end   $3 at most so many
-- Returns how many were deleted.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), due AS MATERIALIZED (
    SELECT task_id
      FROM backstage_event_logs
     WHERE since < (SELECT now FROM clock) - $2::bigint
     ORDER BY since
     LIMIT $3::integer
       FOR UPDATE SKIP LOCKED
), kept AS MATERIALIZED (
    SELECT due.task_id,
           CASE WHEN live.id IS NOT NULL THEN (SELECT now FROM clock) ELSE coalesce(ended.finished_at, 0) END AS since
      FROM due
      LEFT JOIN LATERAL (SELECT id FROM backstage_live WHERE id = due.task_id LIMIT 1) AS live ON true
      LEFT JOIN LATERAL (
           SELECT finished_at FROM backstage_finished WHERE id = due.task_id LIMIT 1) AS ended ON true
), put_off AS (
    UPDATE backstage_event_logs AS log SET since = kept.since
      FROM kept
     WHERE log.task_id = kept.task_id AND kept.since >= (SELECT now FROM clock) - $2::bigint
), over AS (
    DELETE FROM backstage_event_logs
     WHERE task_id = ANY (ARRAY (SELECT task_id FROM kept WHERE since < (SELECT now FROM clock) - $2::bigint))
    RETURNING task_id
), gone AS (
    DELETE FROM backstage_task_events WHERE task_id = ANY (ARRAY (SELECT task_id FROM over))
)
SELECT count(*) FROM over
