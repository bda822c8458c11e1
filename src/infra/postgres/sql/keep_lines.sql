-- Keep the lines that runs have logged, of tasks that are stored; those of a run that has some stay as they are.
--   $1 ids   $2 fences   $3 attempts   $4 lines (JSON)
INSERT INTO backstage_run_logs (task_id, fence, attempt, lines)
SELECT given.task_id, fence, attempt, lines
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[]) AS given (task_id, fence, attempt, lines)
 CROSS JOIN LATERAL (SELECT id FROM backstage_tasks WHERE id = given.task_id LIMIT 1) AS task
ON CONFLICT (task_id, fence) DO NOTHING
