-- Store one new task without a dedupe key, with its place in a lane: what add_tasks.sql does, at half its cost. It is a
-- UniqueViolation if the id is stored already. The lane is in backstage_lanes.
--   $1 now (us), NULL: the server's   $2 …: the columns NEW of the task, see columns.py
WITH given AS (
    SELECT {new:one:$2}
), stored AS (
    INSERT INTO backstage_tasks ({definition})
    SELECT {definition} FROM given
), placed AS (
    INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, is_chained, scheduled_at, version)
    SELECT id, queue, type, priority, 'pending', scheduled_at <= coalesce($1::bigint, backstage_now()), false,
           workflow_id IS NOT NULL, scheduled_at, 1
      FROM given
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, 'pending', 1, 0 FROM given
