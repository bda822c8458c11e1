-- Tasks of one workflow, newest id first, from before an id; its first task keeps no workflow id of its own.
--   :workflow_id   :below ids below this one
SELECT id FROM backstage_tasks WHERE workflow_id = :workflow_id AND id < :below
UNION ALL
SELECT id FROM backstage_tasks WHERE id = :workflow_id AND workflow_id IS NULL AND id < :below
ORDER BY id DESC
