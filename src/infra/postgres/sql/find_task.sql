-- One task.
--   $1 id
SELECT * FROM backstage_whole_tasks WHERE id = $1::uuid
