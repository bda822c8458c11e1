-- Delete ended tasks, as far as they still have that state and version, with all that belongs to them.
--   $1 ids   $2 the state of each   $3 the version of each
-- Returns how many were deleted. One that is retried meanwhile has left the table, so it is not.
WITH chosen AS (
    SELECT asked.id
      FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS asked (id, state, version)
     CROSS JOIN LATERAL (SELECT state, version FROM backstage_finished WHERE id = asked.id LIMIT 1) AS ended
     WHERE (ended.state, ended.version) = (asked.state, asked.version)
), gone AS (
    DELETE FROM backstage_finished WHERE id = ANY (ARRAY (SELECT id FROM chosen))
    RETURNING id, queue, type, state
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
    SELECT queue, type, state, 0, count(*) FROM gone GROUP BY queue, type, state
)
SELECT count(*) FROM gone
