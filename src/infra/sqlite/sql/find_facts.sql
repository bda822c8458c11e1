-- What a search looks at in tasks, in the order of search_facts.py.
--   :ids JSON array   :tags, :failure, :payload whether they are looked at
SELECT id, type, queue, priority, state, created_at, scheduled_at, deliveries, interruptions,
       CASE WHEN :tags THEN tags END, key, CASE WHEN state = 'running' THEN worker_id END, correlation_id, workflow_id,
       CASE WHEN :failure THEN last_failure END,
       CASE WHEN :payload THEN
            coalesce(payload, (SELECT large.payload FROM backstage_large_payloads AS large WHERE large.task = seq)) END
  FROM backstage_tasks
 WHERE id IN (SELECT value FROM json_each(:ids))
