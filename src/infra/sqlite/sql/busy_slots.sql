-- How many tasks each worker holds, and since when the first of them (us). Reads the running tasks alone.
SELECT worker_id, count(*), min(started_at)
  FROM backstage_tasks INDEXED BY backstage_tasks_running
 WHERE state = 'running' AND lease_boot IS NOT NULL AND worker_id IS NOT NULL
 GROUP BY worker_id
 ORDER BY worker_id
