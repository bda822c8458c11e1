-- One task.
--   $1 id
SELECT * FROM backstage_task_rows WHERE id = $1::uuid
