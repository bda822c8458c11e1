-- Store new tasks without dedupe keys, each with its place in a lane: what add_tasks.sql does, without looking whether an
-- id is stored already. It is a UniqueViolation if one is. The lanes are in backstage_lanes.
--   $1 now (us), NULL: the server's   $2 …: the columns NEW of the batch, see columns.py
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS (
    SELECT * FROM unnest({new:joined:$2}) AS t ({new})
), stored AS (
    INSERT INTO backstage_tasks ({definition})
    SELECT {definition} FROM given
), placed AS (
    INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, is_chained, scheduled_at, version)
    SELECT id, queue, type, priority, 'pending', scheduled_at <= (SELECT now FROM clock), false,
           workflow_id IS NOT NULL, scheduled_at, 1
      FROM given
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, 'pending', count(*), 0 FROM given GROUP BY queue, type
