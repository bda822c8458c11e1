-- Tasks of one workflow, newest id first, from before an id; its first task keeps no workflow id of its own.
--   ?1 workflow id   ?2 ids below this one
SELECT id FROM backstage_tasks WHERE workflow_id = ?1 AND id < ?2
UNION ALL
SELECT id FROM backstage_tasks WHERE id = ?1 AND workflow_id IS NULL AND id < ?2
ORDER BY id DESC
