-- The first claimable tasks of all lanes together, best first, read from one index.
--   1: at most so many
SELECT priority, scheduled_at, id, seq, queue, type
  FROM backstage_tasks INDEXED BY backstage_tasks_first
 WHERE ready = 1
 ORDER BY priority DESC, scheduled_at, id
 LIMIT ?
