-- The first claimable tasks of all lanes together, best first, in the order of one index, as a claim makes them.
--   1: at most so many
SELECT {claimed}, seq
  FROM backstage_tasks INDEXED BY backstage_tasks_first
 WHERE ready = 1
 ORDER BY priority DESC, scheduled_at, id
 LIMIT ?
