-- What add_tasks.sql does, for tasks of which some have a dedupe key, no two the same one; a task whose key is held is
-- left out. Taking a key locks its row until the end of the transaction: of two who want one key at once, the second
-- waits and then sees who holds it. A held key is written back unchanged, for only a written row is told. Keys come
-- sorted by queue and key, so two batches cannot wait for each other.
--   $1 now (us), NULL: the server's   $2 …: the columns NEW of the batch, see columns.py
-- Returns, for each task that wanted its key, who holds it now.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS MATERIALIZED (
    SELECT * FROM unnest({new:$2}) AS t ({new})
), wanted AS (
    SELECT given.queue, given.dedupe_key, given.id,
           given.created_at + (given.dedupe_ttl * 1000000)::bigint AS expires_at
      FROM given
     WHERE given.dedupe_key IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM backstage_tasks AS task WHERE task.id = given.id AND task.id = ANY ($2))
     ORDER BY given.queue COLLATE "C", given.dedupe_key COLLATE "C"
), held AS (
    INSERT INTO backstage_dedupe AS stored (queue, key, task_id, expires_at)
    SELECT queue, dedupe_key, id, expires_at FROM wanted
        ON CONFLICT (queue, key) DO UPDATE
       SET task_id = CASE WHEN stored.expires_at <= (SELECT now FROM clock)
                          THEN excluded.task_id ELSE stored.task_id END,
           expires_at = CASE WHEN stored.expires_at <= (SELECT now FROM clock)
                             THEN excluded.expires_at ELSE stored.expires_at END
    RETURNING queue, key, task_id
), free AS (
    SELECT given.*
      FROM given
      LEFT JOIN held ON held.queue = given.queue AND held.key = given.dedupe_key
     WHERE given.dedupe_key IS NULL OR held.task_id = given.id
), stored AS (
    INSERT INTO backstage_tasks ({definition})
    SELECT {definition}
      FROM free
        ON CONFLICT (id) DO NOTHING
    RETURNING id
), placed AS (
    INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, is_chained, scheduled_at, version)
    SELECT id, queue, type, priority, 'pending', scheduled_at <= (SELECT now FROM clock),
           dedupe_key IS NOT NULL, workflow_id IS NOT NULL, scheduled_at, 1
      FROM free
      JOIN stored USING (id)
    RETURNING queue, type
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT queue, type, 'pending', count(*), 0 FROM placed GROUP BY queue, type
)
SELECT queue, key, task_id::text FROM held
