-- Running tasks of one queue and type, newest id first, from before an id. Reads the index of running tasks.
--   :queue   :type   :below ids below this one   :limit
SELECT id
  FROM backstage_tasks INDEXED BY backstage_tasks_running
 WHERE state = 'running' AND lease_boot IS NOT NULL AND queue = :queue AND type = :type AND id < :below
 ORDER BY id DESC
 LIMIT :limit
