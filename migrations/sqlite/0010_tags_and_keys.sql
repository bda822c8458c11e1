-- What a task is found by beside its type and queue, whose it is, and whether somebody waits for its result. A task that
-- has none of them costs no more than before: the tags lie in a table of their own, the key's index leaves it out.

ALTER TABLE backstage_tasks ADD COLUMN tags TEXT;           -- JSON array, NULL: none
ALTER TABLE backstage_tasks ADD COLUMN key TEXT;
ALTER TABLE backstage_tasks ADD COLUMN is_awaited INTEGER;  -- NULL: no

CREATE INDEX backstage_tasks_key ON backstage_tasks (key, id) WHERE key IS NOT NULL;

-- Each tag of each task. A release that knows no tags leaves rows behind when it prunes: nobody finds a task by them.
CREATE TABLE backstage_tags (
    id  TEXT NOT NULL,                      -- of the task
    tag TEXT NOT NULL,
    PRIMARY KEY (id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_tags_tasks ON backstage_tags (tag, id);

-- The one place that says what a task's row looks like to the code (task_row.py names the columns).
DROP VIEW backstage_whole_tasks;
CREATE VIEW backstage_whole_tasks AS
SELECT seq, id, type, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
       worker_id, lease_until, deliveries, interruptions, crashes, version,
       max_attempts, backoff, timeout, soft_timeout, max_deliveries, dedupe_key, dedupe_ttl,
       coalesce(correlation_id, id) AS correlation_id, coalesce(workflow_id, id) AS workflow_id, origin_id,
       tags, key, is_awaited, cancel_requested, progress, progress_note, metadata, last_failure, result,
       coalesce(payload, (SELECT large.payload FROM backstage_large_payloads AS large WHERE large.task = seq)) AS payload
  FROM backstage_tasks;
