-- How tasks stand: of one that has completed its result, of any its last failure.
--   $1 ids
SELECT id::text, state, deliveries - interruptions AS attempt, NULL::bigint AS finished_at, progress, progress_note,
       NULL::text AS result, last_failure
  FROM backstage_live WHERE id = ANY ($1::uuid[])
 UNION ALL
SELECT id::text, state, deliveries - interruptions, finished_at, progress, progress_note,
       CASE WHEN state = 'completed' THEN result END, last_failure
  FROM backstage_finished WHERE id = ANY ($1::uuid[])
