-- The tasks a worker holds, smallest id first; reads the index of running tasks.
--   $1 worker id
WITH held AS MATERIALIZED (
    SELECT * FROM backstage_live WHERE state = 'running' AND worker_id = $1::text
)
SELECT task.id::text, task.type, task.queue, live.priority, live.state, task.created_at,
       live.scheduled_at, live.started_at, NULL::bigint, live.worker_id, live.lease_until,
       live.deliveries, live.interruptions, live.crashes, live.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries,
       task.dedupe_key, task.dedupe_ttl, task.correlation_id, task.workflow_id, task.origin_id,
       live.cancel_requested, live.progress, live.progress_note, task.metadata, live.last_failure, live.result,
       task.payload
  FROM held AS live
 CROSS JOIN LATERAL (SELECT * FROM backstage_tasks WHERE id = live.id LIMIT 1) AS task
 ORDER BY live.id
