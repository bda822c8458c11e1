-- Tasks of one correlation id, newest id first, from before an id; the first one keeps no correlation id of its own.
--   :correlation_id   :below ids below this one
SELECT id FROM backstage_tasks WHERE correlation_id = :correlation_id AND id < :below
UNION ALL
SELECT id FROM backstage_tasks WHERE id = :correlation_id AND correlation_id IS NULL AND id < :below
ORDER BY id DESC
