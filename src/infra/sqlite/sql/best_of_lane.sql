-- The first claimable tasks of one lane (queue and type), best first, read from one index (decision 0102).
--   1: queue   2: type   3: at most so many
SELECT priority, scheduled_at, id, seq
  FROM backstage_tasks INDEXED BY backstage_tasks_ready
 WHERE queue = ? AND type = ? AND ready = 1
 ORDER BY priority DESC, scheduled_at, id
 LIMIT ?
