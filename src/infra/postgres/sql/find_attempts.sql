-- The records of tasks, oldest first: those that did not end it, and the one that did.
--   $1 ids
SELECT task_id::text, fence, number, worker_id, started_at, ended_at, outcome, failure
  FROM backstage_attempts
 WHERE task_id = ANY ($1::uuid[])
 UNION ALL
SELECT id::text, deliveries, deliveries - interruptions, worker_id, started_at, finished_at, outcome,
       CASE WHEN is_failure_new THEN last_failure END
  FROM backstage_finished
 WHERE id = ANY ($1::uuid[]) AND outcome IS NOT NULL
 ORDER BY 1, 2
