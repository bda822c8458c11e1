-- One task.
--   $1 id
SELECT {whole} FROM backstage_whole_tasks AS whole WHERE whole.id = $1::uuid
