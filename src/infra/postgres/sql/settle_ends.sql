-- The entity's settle move to a final state, with the record of the claim, on each task whose fence is still the
-- claim's. An id may occur once; ids come sorted, so two batches lock in one order, and an id's place among them is
-- found by halving (decision 0410): a join would be planned for as many rows as statistics make it believe. Of two who
-- end one claim, the second waits for the first and then finds the row gone. (Of live tasks, those not pending are
-- running; said so, it names no index of many running tasks to read.)
--   $1 now (us), NULL: the server's   $2 ids and $3 fences, with commas   $4 states, NULL: all completed
--   $5 outcomes, NULL: likewise;
--   an outcome that is NULL is that of a claim that ran nothing: it leaves no record
--   $6 results (JSON)   $7 failures (JSON)
-- Returns the ids that were moved.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), claims AS (
    SELECT string_to_array($2::text, ',')::uuid[] AS ids, string_to_array($3::text, ',')::integer[] AS fences
), gone AS (
    DELETE FROM backstage_live
     WHERE id = ANY ((SELECT ids FROM claims)::uuid[])
       AND state <> 'pending'
       AND deliveries = ((SELECT fences FROM claims)::integer[])[width_bucket(id, (SELECT ids FROM claims))]
    RETURNING {carried}, crashes, version, worker_id, is_keyed, last_failure,
              coalesce(($4::text[])[width_bucket(id, (SELECT ids FROM claims))], 'completed') AS state,
              CASE WHEN $5::text[] IS NULL THEN 'completed'
                   ELSE ($5::text[])[width_bucket(id, (SELECT ids FROM claims))] END AS outcome,
              ($6::text[])[width_bucket(id, (SELECT ids FROM claims))] AS result,
              ($7::text[])[width_bucket(id, (SELECT ids FROM claims))] AS failure
), ended AS (
    INSERT INTO backstage_finished ({carried}, state, crashes, version, finished_at, outcome, worker_id, is_failure_new,
                                    last_failure, result)
    SELECT {carried}, state, crashes + (outcome IS NOT DISTINCT FROM 'lost')::integer, version + 1,
           (SELECT now FROM clock), outcome, worker_id, failure IS NOT NULL, coalesce(failure, last_failure), result
      FROM gone
), freed AS (
    DELETE FROM backstage_dedupe
     WHERE task_id = ANY (ARRAY (SELECT id FROM gone WHERE is_keyed))
       AND (expires_at IS NULL OR task_id = ANY (ARRAY (SELECT id FROM gone WHERE is_keyed AND state = 'cancelled')))
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT queue, type, change.state, sum(change.tasks), 0
      FROM (SELECT queue, type, state, count(*) AS tasks FROM gone GROUP BY queue, type, state) AS lane
     CROSS JOIN LATERAL (VALUES ('running', -lane.tasks), (lane.state, lane.tasks)) AS change (state, tasks)
     GROUP BY queue, type, change.state
)
SELECT id::text FROM gone
