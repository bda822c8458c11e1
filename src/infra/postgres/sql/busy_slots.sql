-- How many tasks each worker holds, and since when the first of them (us). Reads the running tasks alone.
SELECT worker_id, count(*), min(started_at)
  FROM backstage_live
 WHERE state = 'running' AND worker_id IS NOT NULL
 GROUP BY worker_id
 ORDER BY worker_id
