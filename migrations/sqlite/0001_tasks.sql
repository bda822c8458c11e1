-- The tables of one SQLite store. Names carry a prefix because they may live in an application's own file.
-- Moments are integers: microseconds since 1970-01-01 UTC; lease_end alone is on the host's boot clock.

CREATE TABLE backstage_tasks (
    seq              INTEGER PRIMARY KEY,   -- short key for the tables below
    id               TEXT    NOT NULL UNIQUE,
    type             TEXT    NOT NULL,
    queue            TEXT    NOT NULL,
    priority         INTEGER NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    ready            INTEGER,               -- of pending tasks: 1 may be claimed, 0 is due later; NULL in other states
    created_at       INTEGER NOT NULL,
    scheduled_at     INTEGER NOT NULL,
    started_at       INTEGER,
    finished_at      INTEGER,
    worker_id        TEXT,                  -- worker_id and lease_* are the last claim's, live while state = 'running'
    lease_until      INTEGER,               -- wall clock, for people
    lease_end        INTEGER,               -- microseconds on the boot clock of lease_boot: this one decides
    lease_boot       INTEGER,
    deliveries       INTEGER NOT NULL,      -- the fencing token
    interruptions    INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    max_attempts     INTEGER,
    backoff          TEXT,
    timeout          REAL,
    soft_timeout     REAL,
    dedupe_key       TEXT,
    dedupe_ttl       REAL,
    correlation_id   TEXT,                  -- NULL: the task's own id
    workflow_id      TEXT,                  -- NULL: the task's own id
    origin_id        TEXT,
    cancel_requested INTEGER NOT NULL,
    progress         REAL,
    progress_note    TEXT,
    metadata         TEXT,                  -- JSON object, NULL: empty
    last_failure     TEXT,                  -- JSON object
    result           TEXT,                  -- JSON
    payload          TEXT                   -- JSON, NULL: in backstage_large_payloads
) STRICT;

-- A claim reads these two and nothing else, so finished, future and unknown tasks cost it nothing.
CREATE INDEX backstage_tasks_ready ON backstage_tasks (queue, type, priority DESC, scheduled_at, id) WHERE ready = 1;
CREATE INDEX backstage_tasks_future ON backstage_tasks (scheduled_at) WHERE ready = 0;
CREATE INDEX backstage_tasks_waiting_retry ON backstage_tasks (queue, type) WHERE ready = 0 AND deliveries > 0;
CREATE INDEX backstage_tasks_running ON backstage_tasks (lease_boot, lease_end) WHERE state = 'running';
CREATE INDEX backstage_tasks_finished ON backstage_tasks (queue, state, finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX backstage_tasks_listed ON backstage_tasks (queue, type, state, id);
CREATE INDEX backstage_tasks_workflow ON backstage_tasks (workflow_id, id) WHERE workflow_id IS NOT NULL;
CREATE INDEX backstage_tasks_correlation ON backstage_tasks (correlation_id, id) WHERE correlation_id IS NOT NULL;

-- Each move rewrites the task's row: a payload over 2 KiB stays out of it.
CREATE TABLE backstage_large_payloads (
    task    INTEGER PRIMARY KEY,            -- backstage_tasks.seq
    payload TEXT NOT NULL
) STRICT;

CREATE TABLE backstage_attempts (
    task       INTEGER NOT NULL,            -- backstage_tasks.seq
    fence      INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    worker_id  TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,
    failure    TEXT,                        -- JSON object
    PRIMARY KEY (task, fence)
) STRICT, WITHOUT ROWID;

-- Kept in step with every move, so neither statistics nor claims ever count tasks.
CREATE TABLE backstage_counts (
    state  TEXT    NOT NULL,
    queue  TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    tasks  INTEGER NOT NULL,
    pruned INTEGER NOT NULL,                -- of tasks: no longer stored
    PRIMARY KEY (state, queue, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE backstage_dedupe (
    queue      TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    task_id    TEXT    NOT NULL,
    expires_at INTEGER,                     -- NULL: while the task is pending or running
    PRIMARY KEY (queue, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_dedupe_expiry ON backstage_dedupe (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE backstage_pauses (
    kind  TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE backstage_workers (
    id          TEXT    PRIMARY KEY,
    host        TEXT    NOT NULL,
    pid         INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    concurrency INTEGER NOT NULL,
    queues      TEXT    NOT NULL,           -- JSON arrays
    types       TEXT    NOT NULL,
    running     TEXT    NOT NULL,
    is_stopping INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_workers_seen ON backstage_workers (seen_at);

-- A boot of the host, as a small number: leases of another boot have run out.
CREATE TABLE backstage_boots (
    number  INTEGER PRIMARY KEY,
    boot_id TEXT NOT NULL UNIQUE
) STRICT;

-- The one place that says what a task's row looks like to the code (rows.py reads it by position).
CREATE VIEW backstage_task_rows AS
SELECT seq, id, type, queue, priority, state, created_at, scheduled_at, started_at, finished_at,
       worker_id, lease_until, deliveries, interruptions, crashes, version,
       max_attempts, backoff, timeout, soft_timeout, dedupe_key, dedupe_ttl,
       coalesce(correlation_id, id) AS correlation_id, coalesce(workflow_id, id) AS workflow_id, origin_id,
       cancel_requested, progress, progress_note, metadata, last_failure, result,
       coalesce(payload, (SELECT large.payload FROM backstage_large_payloads AS large WHERE large.task = seq)) AS payload
  FROM backstage_tasks;
