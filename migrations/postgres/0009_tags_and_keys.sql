-- no-transaction
-- What a task is found by beside its type and queue, whose it is, and whether somebody waits for its result. A task that
-- has none of them costs no more than before: the tags lie in a table of their own, the key's index leaves it out.

ALTER TABLE backstage_tasks
    ADD COLUMN IF NOT EXISTS tags text,             -- JSON array, NULL: none
    ADD COLUMN IF NOT EXISTS key text,
    ADD COLUMN IF NOT EXISTS is_awaited boolean;    -- NULL: no

-- Each tag of each task. A release that knows no tags leaves rows behind when it prunes: nobody finds a task by them.
CREATE TABLE IF NOT EXISTS backstage_tags (
    id  uuid NOT NULL,                              -- of the task
    tag text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, tag)
);

-- The predicate, always true, keeps it to the statement that names it.
CREATE INDEX IF NOT EXISTS backstage_tags_tasks ON backstage_tags (tag, id) WHERE tag <> '';

-- The one place that says what a task's row looks like to the code (task_row.py names the columns).
CREATE OR REPLACE VIEW backstage_whole_tasks AS
SELECT task.id, task.type, task.queue, live.priority, live.state, task.created_at, live.scheduled_at,
       live.started_at, NULL::bigint AS finished_at,
       CASE WHEN live.state = 'running' THEN live.worker_id END AS worker_id, live.lease_until,
       live.deliveries, live.interruptions, live.crashes, live.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries,
       task.dedupe_key, task.dedupe_ttl, task.correlation_id, task.workflow_id, task.origin_id,
       live.cancel_requested, live.progress, live.progress_note, task.metadata, live.last_failure, live.result,
       task.payload, task.tags, task.key, task.is_awaited
  FROM backstage_live AS live
  JOIN backstage_tasks AS task ON task.id = live.id
UNION ALL
SELECT task.id, task.type, task.queue, ended.priority, ended.state, task.created_at, ended.scheduled_at,
       ended.started_at, ended.finished_at, NULL, NULL,
       ended.deliveries, ended.interruptions, ended.crashes, ended.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.max_deliveries,
       task.dedupe_key, task.dedupe_ttl, task.correlation_id, task.workflow_id, task.origin_id,
       false, ended.progress, ended.progress_note, task.metadata, ended.last_failure, ended.result,
       task.payload, task.tags, task.key, task.is_awaited
  FROM backstage_finished AS ended
  JOIN backstage_tasks AS task ON task.id = ended.id;

DROP INDEX CONCURRENTLY IF EXISTS backstage_tasks_key;

CREATE INDEX CONCURRENTLY backstage_tasks_key ON backstage_tasks (key, id) WHERE key IS NOT NULL;
