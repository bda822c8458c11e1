-- Tasks of one queue that ended in one final state at a moment or later, the first of them.
--   1: queue   2: state   3: ended at this moment (us) or later   4: at most so many
SELECT finished_at, id
  FROM backstage_tasks INDEXED BY backstage_tasks_finished
 WHERE queue = ? AND state = ? AND finished_at IS NOT NULL AND finished_at >= ?
 ORDER BY finished_at, id
 LIMIT ?
