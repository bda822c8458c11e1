-- Put tasks that have ended, whose definition is stored, to the finished ones. The records of their claims are, or go,
-- to backstage_attempts.
--   $1 …: the columns FINISHED, see columns.py
WITH placed AS (
    INSERT INTO backstage_finished ({finished}, is_failure_new)
    SELECT {finished}, false FROM unnest({finished:$1}) AS t ({finished})
    RETURNING queue, type, state
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, state, count(*), 0 FROM placed GROUP BY queue, type, state
