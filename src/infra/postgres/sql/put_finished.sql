-- Put tasks that have ended, whose definition is stored, to the finished ones. The records of their claims are, or go,
-- to backstage_attempts.
--   $1 … $16: as stored_tasks.finished_columns_of gives them
WITH placed AS (
    INSERT INTO backstage_finished (id, queue, type, priority, state, scheduled_at, deliveries, interruptions, crashes,
                                    version, started_at, finished_at, is_failure_new, progress, progress_note,
                                    last_failure, result)
    SELECT id, queue, type, priority, state, scheduled_at, deliveries, interruptions, crashes,
           version, started_at, finished_at, false, progress, progress_note, last_failure, result
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::bigint[], $7::integer[],
                  $8::integer[], $9::integer[], $10::integer[], $11::bigint[], $12::bigint[], $13::double precision[],
                  $14::text[], $15::text[], $16::text[])
        AS t (id, queue, type, priority, state, scheduled_at, deliveries, interruptions, crashes, version,
              started_at, finished_at, progress, progress_note, last_failure, result)
    RETURNING queue, type, state
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, state, count(*), 0 FROM placed GROUP BY queue, type, state
