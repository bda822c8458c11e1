-- The entity's settle move to a final state, with the record of the claim, on each task whose fence is still the claim's.
-- An id may occur once; ids come sorted, so two batches lock in one order. Of two who end one claim, the second waits
-- for the first and then finds the row gone. (Of live tasks, those not pending are running; said so, it names no index
-- of many running tasks to read.)
--   $1 now (us), NULL: the server's   $2 ids   $3 fences   $4 states   $5 outcomes   $6 results (JSON)
--   $7 failures (JSON)
-- Returns the ids that were moved.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS (
    SELECT *
      FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[])
        AS t (id, fence, state, outcome, result, failure)
), gone AS (
    DELETE FROM backstage_live AS live
     USING given
     WHERE live.id = ANY ($2::uuid[]) AND live.id = given.id
       AND live.state <> 'pending' AND live.deliveries = given.fence
    RETURNING live.id, live.queue, live.type, live.priority, live.scheduled_at, live.deliveries, live.interruptions,
              live.crashes, live.version, live.started_at, live.worker_id, live.is_keyed, live.progress,
              live.progress_note, live.last_failure, given.state, given.outcome, given.result, given.failure
), ended AS (
    INSERT INTO backstage_finished (id, queue, type, priority, state, scheduled_at, deliveries, interruptions, crashes,
                                    version, started_at, finished_at, outcome, worker_id, is_failure_new,
                                    progress, progress_note, last_failure, result)
    SELECT id, queue, type, priority, state, scheduled_at, deliveries, interruptions,
           crashes + (outcome = 'lost')::integer, version + 1, started_at, (SELECT now FROM clock), outcome, worker_id,
           failure IS NOT NULL, progress, progress_note, coalesce(failure, last_failure), result
      FROM gone
), freed AS (
    DELETE FROM backstage_dedupe
     WHERE task_id = ANY (ARRAY (SELECT id FROM gone WHERE is_keyed))
       AND (expires_at IS NULL OR task_id = ANY (ARRAY (SELECT id FROM gone WHERE is_keyed AND state = 'cancelled')))
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT queue, type, 'running', -count(*), 0 FROM gone GROUP BY queue, type
     UNION ALL
    SELECT queue, type, state, count(*), 0 FROM gone GROUP BY queue, type, state
)
SELECT id::text FROM gone
