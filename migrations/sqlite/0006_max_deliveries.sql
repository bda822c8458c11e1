-- How many lost workers end a task that states it itself. A view of its own shows it: the release before reads
-- backstage_task_rows by position.

ALTER TABLE backstage_tasks ADD COLUMN max_deliveries INTEGER;

-- The one place that says what a task's row looks like to the code (task_row.py reads it by position).
CREATE VIEW backstage_whole_tasks AS
SELECT seq, id, type, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
       worker_id, lease_until, deliveries, interruptions, crashes, version,
       max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl,
       coalesce(correlation_id, id) AS correlation_id, coalesce(workflow_id, id) AS workflow_id, origin_id,
       cancel_requested, progress, progress_note, metadata, last_failure, result,
       coalesce(payload, (SELECT large.payload FROM backstage_large_payloads AS large WHERE large.task = seq)) AS payload
  FROM backstage_tasks;
