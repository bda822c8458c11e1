-- Tasks of one queue, type and state, newest id first, from before an id.
--   1: queue   2: type   3: state   4: ids below this one   5: at most so many
SELECT id
  FROM backstage_tasks
 WHERE queue = ? AND type = ? AND state = ? AND id < ?
 ORDER BY id DESC
 LIMIT ?
