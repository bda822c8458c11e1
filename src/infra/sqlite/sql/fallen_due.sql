-- Tasks that are due and that no claim has made claimable yet, those that fell due first before others.
--   1: now (us)   2: at most so many
SELECT queue, type, priority, scheduled_at, id
  FROM backstage_tasks INDEXED BY backstage_tasks_future
 WHERE ready = 0 AND scheduled_at <= ?
 ORDER BY scheduled_at
 LIMIT ?
