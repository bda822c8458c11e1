-- The tasks a worker holds; reads the index of running tasks only.
--   ?1 worker id
SELECT *
  FROM backstage_task_rows
 WHERE seq IN (SELECT seq FROM backstage_tasks INDEXED BY backstage_tasks_running
                WHERE state = 'running' AND lease_boot IS NOT NULL AND worker_id = ?1)
 ORDER BY id
