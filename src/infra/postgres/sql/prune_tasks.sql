-- Delete finished tasks that need not be kept, with all that belongs to them, those that ended first before others. For
-- either reason a queue's prunable tasks are the first to have ended; how many it stores is known from the counts.
-- Two who prune at once choose the same tasks: the second waits and finds them gone.
--   $1 now (us), NULL: the server's   $2 state   $3 queue, NULL: each   $4 at most so many
--   $5 ended longer ago than this (us), NULL: no matter   $6 how many a queue keeps, NULL: no matter
--   $7 queues to leave alone
-- Returns how many were deleted. (`finished_at >= 0`, true of each, names the index to read. It has no ids: with those of
-- one moment, of which there are no more than one batch settled, all are read and sorted.)
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), queues AS (
    SELECT queue, greatest(0, least($4::integer, coalesce(sum(tasks - pruned) - $6::bigint, 0))) AS surplus
      FROM (SELECT queue, tasks, pruned FROM backstage_counts WHERE state = $2::text
            UNION ALL
            SELECT queue, tasks, pruned FROM backstage_count_changes WHERE state = $2::text) AS every
     WHERE ($3::text IS NULL OR queue = $3::text) AND queue <> ALL ($7::text[])
     GROUP BY queue
), prunable AS (
    SELECT old.id, old.finished_at
      FROM queues
     CROSS JOIN LATERAL (
           SELECT id, finished_at FROM backstage_finished
            WHERE queue = queues.queue AND state = $2::text
              AND finished_at >= 0 AND finished_at < (SELECT now FROM clock) - $5::bigint
            ORDER BY finished_at
            FETCH FIRST ($4::integer) ROWS WITH TIES) AS old
     UNION
    SELECT surplus.id, surplus.finished_at
      FROM queues
     CROSS JOIN LATERAL (
           SELECT id, finished_at
             FROM (SELECT id, finished_at FROM backstage_finished
                    WHERE queue = queues.queue AND state = $2::text
                      AND finished_at >= 0
                    ORDER BY finished_at
                    FETCH FIRST (queues.surplus) ROWS WITH TIES) AS first
            ORDER BY finished_at, id
            LIMIT queues.surplus) AS surplus
), chosen AS (
    SELECT id FROM prunable ORDER BY finished_at, id LIMIT $4::integer
), gone AS (
    DELETE FROM backstage_finished WHERE id = ANY (ARRAY (SELECT id FROM chosen))
    RETURNING id, queue, type
), forgotten AS (
    DELETE FROM backstage_attempts WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), untold AS (
    DELETE FROM backstage_task_events WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), unlogged AS (
    DELETE FROM backstage_event_logs WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), unkept AS (
    DELETE FROM backstage_run_logs WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), unbounded AS (
    DELETE FROM backstage_result_ends WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), deleted AS (
    DELETE FROM backstage_tasks WHERE id = ANY (ARRAY (SELECT id FROM gone))
    RETURNING id, tags
), untagged AS (
    DELETE FROM backstage_tags WHERE id = ANY (ARRAY (SELECT id FROM deleted WHERE tags IS NOT NULL))
), freed AS (
    DELETE FROM backstage_dedupe WHERE task_id = ANY (ARRAY (SELECT id FROM gone))
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT queue, type, $2::text, 0, count(*) FROM gone GROUP BY queue, type
)
SELECT count(*) FROM gone
