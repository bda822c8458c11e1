-- Of the claimable tasks of one lane, how many go before a task by priority, due time and id, and how many there are.
-- Each is counted in the index of the lane's order, and no further than a limit.
--   :queue   :type   :priority, :due (us) and :id of the task   :most
SELECT (SELECT count(*)
          FROM (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                 WHERE ready = 1 AND queue = :queue AND type = :type AND priority > :priority
                 LIMIT :most))
     + (SELECT count(*)
          FROM (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                 WHERE ready = 1 AND queue = :queue AND type = :type AND priority = :priority
                   AND (scheduled_at, id) < (:due, :id)
                 LIMIT :most)),
       (SELECT count(*)
          FROM (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                 WHERE ready = 1 AND queue = :queue AND type = :type
                 LIMIT :most))
