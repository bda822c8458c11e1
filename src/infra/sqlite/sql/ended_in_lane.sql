-- Tasks of one queue and type in one final state, newest id first, from before an id.
--   :queue   :type   :state   :below ids below this one   :limit
SELECT id
  FROM backstage_tasks INDEXED BY backstage_tasks_ended
 WHERE queue = :queue AND type = :type AND state = :state AND finished_at IS NOT NULL AND id < :below
 ORDER BY id DESC
 LIMIT :limit
