-- The entity's settle move back to pending, with the record of the claim, on each task whose fence is still the
-- claim's; one whose cancel was requested becomes cancelled instead. An id may occur once; rows are locked in the order
-- of the ids, which come sorted, and everything after reads the locked row: a cancel that came before the lock is
-- honoured, and one that comes later finds another version. (An id's place among the given is found by halving: a join
-- would be planned for as many rows as statistics make it believe.)
--   $1 now (us), NULL: the server's   $2 ids   $3 fences   $4 outcomes, NULL: of a claim that ran nothing
--   $5 delays until due (us), NULL: due as before
--   $6 failures (JSON)   $7 whether the claim spends no attempt   $8 results (JSON), of what is cancelled
-- Returns the ids that were moved, and whether each was cancelled.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), given AS (
    SELECT *
      FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::boolean[], $8::text[])
        AS t (given_id, fence, outcome, delay, failure, is_interruption, end_result)
), locked AS MATERIALIZED (
    SELECT *
      FROM given
     CROSS JOIN LATERAL (
           SELECT * FROM backstage_live
            WHERE id = given.given_id AND state <> 'pending' AND deliveries = given.fence
              FOR UPDATE) AS live
), returned AS (
    UPDATE backstage_live
       SET (scheduled_at, ready) = (
               SELECT due, due <= (SELECT now FROM clock)
                 FROM coalesce((SELECT now FROM clock) + ($5::bigint[])[width_bucket(id, $2::uuid[])],
                               scheduled_at) AS due),
           state = 'pending',
           interruptions = interruptions + ($7::boolean[])[width_bucket(id, $2::uuid[])]::integer,
           crashes = crashes + (($4::text[])[width_bucket(id, $2::uuid[])] IS NOT DISTINCT FROM 'lost')::integer,
           last_failure = CASE WHEN ($4::text[])[width_bucket(id, $2::uuid[])] IS NOT DISTINCT FROM 'lost'
                               THEN last_failure
                               ELSE coalesce(($6::text[])[width_bucket(id, $2::uuid[])], last_failure) END,
           version = version + 1
     WHERE id = ANY (ARRAY (SELECT id FROM locked WHERE NOT cancel_requested))
), gone AS (
    DELETE FROM backstage_live WHERE id = ANY (ARRAY (SELECT id FROM locked WHERE cancel_requested))
), recorded AS (
    INSERT INTO backstage_attempts (task_id, fence, number, worker_id, started_at, ended_at, outcome, failure)
    SELECT id, fence, deliveries - interruptions, worker_id, started_at, (SELECT now FROM clock), outcome, failure
      FROM locked WHERE NOT cancel_requested AND outcome IS NOT NULL
), cancelled AS (
    INSERT INTO backstage_finished ({carried}, state, crashes, version, finished_at, outcome, worker_id, is_failure_new,
                                    last_failure, result)
    SELECT {carried}, 'cancelled', crashes + (outcome IS NOT DISTINCT FROM 'lost')::integer, version + 1,
           (SELECT now FROM clock), CASE WHEN outcome IS NULL OR outcome = 'lost' THEN outcome ELSE 'cancelled' END,
           worker_id, failure IS NOT NULL AND outcome IS DISTINCT FROM 'lost',
           CASE WHEN outcome = 'lost' THEN last_failure ELSE coalesce(failure, last_failure) END, end_result
      FROM locked WHERE cancel_requested
), freed AS (
    DELETE FROM backstage_dedupe
     WHERE task_id = ANY (ARRAY (SELECT id FROM locked WHERE cancel_requested AND is_keyed))
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT queue, type, 'running', -count(*), 0 FROM locked GROUP BY queue, type
     UNION ALL
    SELECT queue, type, CASE WHEN cancel_requested THEN 'cancelled' ELSE 'pending' END, count(*), 0
      FROM locked GROUP BY queue, type, cancel_requested
)
SELECT id::text, cancel_requested FROM locked
