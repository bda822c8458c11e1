-- Pending tasks of one queue and type, newest id first, from before an id. The claimable ones are all read, from an index
-- that has what is asked for; last in the order of claims first, for those are the newest as a rule, and keeping the newest
-- of them is then a comparison each. LIMIT -1 keeps SQLite from leaving that order out.
--   :queue   :type   :below ids below this one   :limit
SELECT id
  FROM (SELECT id
          FROM (SELECT id FROM backstage_tasks INDEXED BY backstage_tasks_ready
                 WHERE queue = :queue AND type = :type AND ready = 1 AND id < :below
                 ORDER BY priority, scheduled_at DESC, id DESC LIMIT -1)
         ORDER BY id DESC LIMIT :limit)
 UNION ALL
SELECT id
  FROM (SELECT id FROM backstage_tasks INDEXED BY backstage_tasks_later
         WHERE queue = :queue AND type = :type AND ready = 0 AND id < :below
         ORDER BY id DESC LIMIT :limit)
 ORDER BY id DESC
 LIMIT :limit
