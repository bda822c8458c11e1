-- Put pending tasks, whose definition is stored, into their lanes.
--   $1 now (us), NULL: the server's   $2 …: the columns PENDING, see columns.py
WITH placed AS (
    INSERT INTO backstage_live ({pending}, state, ready, is_chained)
    SELECT {pending}, 'pending', scheduled_at <= coalesce($1::bigint, backstage_now()),
           coalesce((SELECT workflow_id IS NOT NULL FROM backstage_tasks AS task WHERE task.id = t.id LIMIT 1), false)
      FROM unnest({pending:$2}) AS t ({pending})
    RETURNING queue, type
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, 'pending', count(*), 0 FROM placed GROUP BY queue, type
