-- The records of a task's claims, in their order; that of the claim that ended it is the task's own row, if there was no more
-- to say.
--   :id
SELECT fence, number, worker_id, started_at, ended_at, outcome, failure
  FROM backstage_attempts
 WHERE task = (SELECT seq FROM backstage_tasks WHERE id = :id)
 UNION ALL
SELECT deliveries, deliveries - interruptions, worker_id, started_at, finished_at,
       CASE state WHEN 'failed' THEN 'dead' ELSE state END, last_failure
  FROM backstage_tasks
 WHERE id = :id AND is_record = 1
 ORDER BY fence
