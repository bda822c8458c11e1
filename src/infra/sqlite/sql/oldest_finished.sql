-- The tasks of one queue that ended first in one final state, oldest first; ended before a moment if one is given.
--   1: queue   2: state   3: ended before (us)   4: at most so many
SELECT finished_at, id, seq, type, dedupe_key
  FROM backstage_tasks INDEXED BY backstage_tasks_finished
 WHERE queue = ? AND state = ? AND finished_at IS NOT NULL AND finished_at < ?
 ORDER BY finished_at, id
 LIMIT ?
