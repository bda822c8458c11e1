-- How tasks stand: of one that has completed its result, of any its last failure.
--   $1 ids
SELECT id::text, state, deliveries - interruptions AS attempt, NULL::bigint AS finished_at, progress, progress_note,
       NULL::text AS result, last_failure, NULL::bigint AS result_gone_at
  FROM backstage_live WHERE id = ANY ($1::uuid[])
 UNION ALL
SELECT id::text, state, deliveries - interruptions, finished_at, progress, progress_note,
       CASE WHEN state = 'completed' THEN result END, last_failure,
       (SELECT until FROM backstage_result_ends WHERE task_id = ended.id AND is_gone)
  FROM backstage_finished AS ended WHERE id = ANY ($1::uuid[])
