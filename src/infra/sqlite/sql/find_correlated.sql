-- Tasks of one correlation id, newest id first, from before an id; the first one keeps no correlation id of its own.
--   ?1 correlation id   ?2 ids below this one
SELECT id FROM backstage_tasks WHERE correlation_id = ?1 AND id < ?2
UNION ALL
SELECT id FROM backstage_tasks WHERE id = ?1 AND correlation_id IS NULL AND id < ?2
ORDER BY id DESC
