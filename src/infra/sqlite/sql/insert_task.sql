-- Store a new task, unless its id is stored already: then nothing changes, so a caller that lost the reply may ask
-- again.
--   1 to 33: the columns in the order below, as rows.columns_of gives them
INSERT INTO backstage_tasks (
    id, type, queue, priority, state, ready, created_at, scheduled_at, started_at, finished_at,
    worker_id, lease_until, deliveries, interruptions, crashes, version,
    max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl,
    correlation_id, workflow_id, origin_id, cancel_requested, progress, progress_note,
    metadata, last_failure, result, payload
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING
