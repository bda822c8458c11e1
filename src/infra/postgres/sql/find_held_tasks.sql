-- The tasks a worker holds, smallest id first; reads the index of running tasks.
--   $1 worker id
WITH held AS MATERIALIZED (
    SELECT * FROM backstage_live WHERE state = 'running' AND worker_id = $1::text
)
SELECT {held}
  FROM held AS live
 CROSS JOIN LATERAL (SELECT * FROM backstage_tasks WHERE id = live.id LIMIT 1) AS task
 ORDER BY live.id
