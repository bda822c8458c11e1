-- Take locked tasks out of where they are, to be put elsewhere in the same transaction. The record of the claim that
-- ended one goes to the other records.
--   $1 ids
WITH left_live AS (
    DELETE FROM backstage_live WHERE id = ANY ($1::uuid[])
    RETURNING queue, type, state
), left_finished AS (
    DELETE FROM backstage_finished WHERE id = ANY ($1::uuid[])
    RETURNING *
), recorded AS (
    INSERT INTO backstage_attempts (task_id, fence, number, worker_id, started_at, ended_at, outcome, failure)
    SELECT id, deliveries, deliveries - interruptions, worker_id, started_at, finished_at, outcome,
           CASE WHEN is_failure_new THEN last_failure END
      FROM left_finished
     WHERE outcome IS NOT NULL
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, state, -count(*), 0
  FROM (SELECT queue, type, state FROM left_live
        UNION ALL
        SELECT queue, type, state FROM left_finished) AS moved
 GROUP BY queue, type, state
