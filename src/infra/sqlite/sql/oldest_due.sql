-- Since when the oldest due task of each lane (queue and type) waits. Steps from priority to priority of each lane that has
-- pending tasks and reads the first task of each, so the number of tasks does not matter; then adds what has fallen due
-- and was not made ready yet, the oldest of it if there is a great deal.
--   1: now (us)   2: at most so many tasks that are due and not yet ready
WITH RECURSIVE level (queue, type, priority) AS (
    SELECT queue, type, (SELECT max(priority) FROM backstage_tasks INDEXED BY backstage_tasks_ready
                          WHERE ready = 1 AND queue = counted.queue AND type = counted.type)
      FROM backstage_counts AS counted
     WHERE state = 'pending' AND tasks > 0
    UNION ALL
    SELECT queue, type, (SELECT max(priority) FROM backstage_tasks INDEXED BY backstage_tasks_ready
                          WHERE ready = 1 AND queue = level.queue AND type = level.type AND priority < level.priority)
      FROM level
     WHERE priority IS NOT NULL
), waiting (queue, type, due) AS (
    SELECT queue, type, (SELECT min(scheduled_at) FROM backstage_tasks INDEXED BY backstage_tasks_ready
                          WHERE ready = 1 AND queue = level.queue AND type = level.type AND priority = level.priority)
      FROM level
     WHERE priority IS NOT NULL
    UNION ALL
    SELECT queue, type, scheduled_at
      FROM (SELECT queue, type, scheduled_at FROM backstage_tasks INDEXED BY backstage_tasks_future
             WHERE ready = 0 AND scheduled_at <= ? ORDER BY scheduled_at LIMIT ?)
)
SELECT queue, type, min(due) FROM waiting GROUP BY queue, type ORDER BY queue, type
