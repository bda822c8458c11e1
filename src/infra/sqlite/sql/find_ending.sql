-- Running tasks by their ids, as far as their ends ask. The write lock keeps them running until those are made.
--   1: JSON array of ids
SELECT task.id, seq, deliveries, queue, task.type, dedupe_key, dedupe_ttl, created_at
  FROM json_each(?) AS asked
 CROSS JOIN backstage_tasks AS task ON task.id = asked.value
 WHERE state = 'running'
