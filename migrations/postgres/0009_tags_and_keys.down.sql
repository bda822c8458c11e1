DROP VIEW backstage_whole_tasks;

CREATE VIEW backstage_whole_tasks AS
SELECT task.id, task.type, task.queue, live.priority, live.state, task.created_at, live.scheduled_at,
       live.started_at, NULL::bigint AS finished_at,
       CASE WHEN live.state = 'running' THEN live.worker_id END AS worker_id, live.lease_until,
       live.deliveries, live.interruptions, live.crashes, live.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries,
       task.dedupe_key, task.dedupe_ttl, task.correlation_id, task.workflow_id, task.origin_id,
       live.cancel_requested, live.progress, live.progress_note, task.metadata, live.last_failure, live.result,
       task.payload
  FROM backstage_live AS live
  JOIN backstage_tasks AS task ON task.id = live.id
UNION ALL
SELECT task.id, task.type, task.queue, ended.priority, ended.state, task.created_at, ended.scheduled_at,
       ended.started_at, ended.finished_at, NULL, NULL,
       ended.deliveries, ended.interruptions, ended.crashes, ended.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries,
       task.dedupe_key, task.dedupe_ttl, task.correlation_id, task.workflow_id, task.origin_id,
       false, ended.progress, ended.progress_note, task.metadata, ended.last_failure, ended.result,
       task.payload
  FROM backstage_finished AS ended
  JOIN backstage_tasks AS task ON task.id = ended.id;

DROP TABLE backstage_tags;

ALTER TABLE backstage_tasks DROP COLUMN tags, DROP COLUMN key, DROP COLUMN is_awaited;
