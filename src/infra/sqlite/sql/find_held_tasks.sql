-- The tasks a worker holds; reads the index of running tasks, and CROSS JOIN keeps it first.
--   1: worker id
SELECT whole.seq, {whole}
  FROM backstage_tasks AS held INDEXED BY backstage_tasks_running
 CROSS JOIN backstage_whole_tasks AS whole ON whole.seq = held.seq
 WHERE held.state = 'running' AND held.lease_boot IS NOT NULL AND held.worker_id = ?
 ORDER BY held.id
