-- Put pending tasks, whose definition is stored, into their lanes.
--   $1 now (us), NULL: the server's   $2 … $17: as stored_tasks.pending_columns_of gives them
WITH placed AS (
    INSERT INTO backstage_live (id, queue, type, priority, state, ready, is_keyed, is_chained, scheduled_at, deliveries,
                                interruptions, crashes, version, started_at, progress, progress_note, last_failure,
                                result, cancel_requested)
    SELECT id, queue, type, priority, 'pending', scheduled_at <= coalesce($1::bigint, backstage_now()), is_keyed,
           coalesce((SELECT workflow_id IS NOT NULL FROM backstage_tasks AS task WHERE task.id = t.id LIMIT 1), false),
           scheduled_at, deliveries, interruptions, crashes, version, started_at, progress, progress_note,
           last_failure, result, cancel_requested
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::boolean[], $7::bigint[], $8::integer[],
                  $9::integer[], $10::integer[], $11::integer[], $12::bigint[], $13::double precision[],
                  $14::text[], $15::text[], $16::text[], $17::boolean[])
        AS t (id, queue, type, priority, is_keyed, scheduled_at, deliveries, interruptions, crashes, version,
              started_at, progress, progress_note, last_failure, result, cancel_requested)
    RETURNING queue, type
)
INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
SELECT queue, type, 'pending', count(*), 0 FROM placed GROUP BY queue, type
