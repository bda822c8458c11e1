-- Pending tasks of one queue and type, newest id first, from before an id. The claimable ones are read in the order of
-- claims, from an index that has all that is asked for, and the newest of them kept.
--   :queue   :type   :below ids below this one   :limit
SELECT id
  FROM (SELECT id FROM backstage_tasks INDEXED BY backstage_tasks_ready
         WHERE queue = :queue AND type = :type AND ready = 1 AND id < :below
         ORDER BY id DESC LIMIT :limit)
 UNION ALL
SELECT id
  FROM (SELECT id FROM backstage_tasks INDEXED BY backstage_tasks_later
         WHERE queue = :queue AND type = :type AND ready = 0 AND id < :below
         ORDER BY id DESC LIMIT :limit)
 ORDER BY id DESC
 LIMIT :limit
