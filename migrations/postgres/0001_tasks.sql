-- The tables of one PostgreSQL store, made in the schema that the URL names (search_path is set by the runner).
-- Names carry a prefix because they may live in an application's own schema. Moments are bigint: microseconds since
-- 1970-01-01 UTC, exact for every moment a task may have. JSON is text: it is given back exactly as it came.

-- The server's clock, the one that decides. statement_timestamp() and not now(): within a caller's long transaction
-- now() stands still.
CREATE FUNCTION backstage_now() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint $$;

-- What a task is. Written once and never changed until it is pruned, so payloads are never copied by a move.
CREATE TABLE backstage_tasks (
    id             uuid   PRIMARY KEY,
    type           text   COLLATE "C" NOT NULL,
    queue          text   COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL,
    max_attempts   integer,
    backoff        text,
    timeout        double precision,
    soft_timeout   double precision,
    dedupe_key     text,
    dedupe_ttl     double precision,
    correlation_id text,                        -- NULL: the task's own id
    workflow_id    text,                        -- NULL: the task's own id
    origin_id      text,
    metadata       text,                        -- JSON object, NULL: empty
    payload        text   NOT NULL              -- JSON
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5);  -- rows only come and go: what is to be kept visible is little

-- Few tasks have one of another's, so these stay small.
CREATE INDEX backstage_tasks_workflow ON backstage_tasks (workflow_id, id) WHERE workflow_id IS NOT NULL;
CREATE INDEX backstage_tasks_correlation ON backstage_tasks (correlation_id, id) WHERE correlation_id IS NOT NULL;

-- Pending and running tasks: the hot rows, narrow, and deleted when the task ends. What has ended costs a claim nothing.
CREATE TABLE backstage_live (
    id               uuid     PRIMARY KEY,
    queue            text     COLLATE "C" NOT NULL,
    type             text     COLLATE "C" NOT NULL,
    priority         smallint NOT NULL,
    state            text     NOT NULL CHECK (state IN ('pending', 'running')),
    ready            boolean  NOT NULL,         -- pending and found to be due: may be claimed
    is_keyed         boolean  NOT NULL,         -- may hold a dedupe key
    cancel_requested boolean  NOT NULL DEFAULT false,
    scheduled_at     bigint   NOT NULL,
    deliveries       integer  NOT NULL DEFAULT 0,   -- the fencing token
    interruptions    integer  NOT NULL DEFAULT 0,
    crashes          integer  NOT NULL DEFAULT 0,
    version          integer  NOT NULL,
    started_at       bigint,
    worker_id        text,                      -- worker_id and lease_* are the last claim's, live while it runs
    lease_until      bigint,                    -- wall clock, for people
    lease_begun      bigint,                    -- on the clock that leases are measured on, which may be set back
    lease_end        bigint,                    -- the same clock: this one decides
    progress         double precision,
    progress_note    text,
    last_failure     text,                      -- JSON object
    result           text                       -- JSON
) WITH (
    fillfactor = 70,                            -- room on the page for the claim's and each renewal's new version
    autovacuum_vacuum_scale_factor = 0,         -- every task leaves two dead versions: clean up by number, not by share,
    autovacuum_vacuum_threshold = 5000,         -- or a long queue would wait for millions of them
    autovacuum_vacuum_cost_delay = 0,           -- and at full speed, for claims read past what is not cleaned up
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000
);

-- No predicate of these implies another's, so each statement has one index to choose from: statistics of a table that
-- was empty when they were made cannot mislead it. A claim reads the first rows of this one and nothing else.
CREATE INDEX backstage_live_ready ON backstage_live (queue, type, priority DESC, scheduled_at, id) WHERE ready;
CREATE INDEX backstage_live_future ON backstage_live (scheduled_at) WHERE state = 'pending' AND NOT ready;
CREATE INDEX backstage_live_retrying ON backstage_live (queue, type)
    WHERE state <> 'running' AND NOT ready AND deliveries > 0;
-- Without lease_end, so that a renewal changes no index (a HOT update); running tasks are few enough to read them all.
CREATE INDEX backstage_live_running ON backstage_live (worker_id) WHERE state = 'running';
-- Of pending tasks alone, so that a claim leaves it, and can never be planned to read it.
CREATE INDEX backstage_live_listed ON backstage_live (queue, type, id) WHERE state = 'pending';

-- Tasks that have ended, with the record of the claim that ended them: the usual task runs once, and leaves no row
-- in backstage_attempts.
CREATE TABLE backstage_finished (
    id             uuid     PRIMARY KEY,
    queue          text     COLLATE "C" NOT NULL,
    type           text     COLLATE "C" NOT NULL,
    priority       smallint NOT NULL,
    state          text     NOT NULL CHECK (state IN ('completed', 'failed', 'cancelled')),
    scheduled_at   bigint   NOT NULL,
    deliveries     integer  NOT NULL,
    interruptions  integer  NOT NULL,
    crashes        integer  NOT NULL,
    version        integer  NOT NULL,
    started_at     bigint,
    finished_at    bigint   NOT NULL,
    outcome        text,                        -- how the last claim ended, NULL: cancelled while it was pending
    worker_id      text,                        -- of that claim
    is_failure_new boolean  NOT NULL,           -- last_failure is of that claim, and not of one before
    progress       double precision,
    progress_note  text,
    last_failure   text,                        -- JSON object
    result         text                         -- JSON
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5);
-- The predicates, always true, keep each to the statements that name it.
CREATE INDEX backstage_finished_oldest ON backstage_finished (queue, state, finished_at, id) WHERE finished_at >= 0;
CREATE INDEX backstage_finished_listed ON backstage_finished (queue, type, state, id) WHERE state IS NOT NULL;

-- The records of claims that did not end their task for good, or after which it was retried by hand.
CREATE TABLE backstage_attempts (
    task_id    uuid    NOT NULL,
    fence      integer NOT NULL,
    number     integer NOT NULL,
    worker_id  text    NOT NULL,
    started_at bigint  NOT NULL,
    ended_at   bigint  NOT NULL,
    outcome    text    NOT NULL,
    failure    text,                            -- JSON object
    PRIMARY KEY (task_id, fence)
);

-- Statistics. Every move appends its changes, in its own statement; they are folded into backstage_counts in batches.
-- A counter that each move updated would make all producers wait for each other, and for the longest transaction.
CREATE TABLE backstage_count_changes (
    queue  text   COLLATE "C" NOT NULL,
    type   text   COLLATE "C" NOT NULL,
    state  text   COLLATE "C" NOT NULL,
    tasks  bigint NOT NULL,
    pruned bigint NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0,         -- read whole by statistics, so it must not swell
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1
);

CREATE TABLE backstage_counts (
    queue  text   COLLATE "C" NOT NULL,
    type   text   COLLATE "C" NOT NULL,
    state  text   COLLATE "C" NOT NULL,
    tasks  bigint NOT NULL,
    pruned bigint NOT NULL,                     -- of tasks: no longer stored
    PRIMARY KEY (queue, type, state)
) WITH (fillfactor = 50);                       -- folding rewrites the same few rows again and again

-- Every queue and type that ever had a task: a claim looks for work in those it serves, one by one.
CREATE TABLE backstage_lanes (
    type  text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    PRIMARY KEY (type, queue)
);

CREATE TABLE backstage_dedupe (
    queue      text   COLLATE "C" NOT NULL,
    key        text   COLLATE "C" NOT NULL,
    task_id    uuid   NOT NULL,
    expires_at bigint,                          -- NULL: while the task is pending or running
    PRIMARY KEY (queue, key)
);
CREATE INDEX backstage_dedupe_task ON backstage_dedupe (task_id);
CREATE INDEX backstage_dedupe_expiry ON backstage_dedupe (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE backstage_pauses (
    kind  text   COLLATE "C" NOT NULL,
    name  text   COLLATE "C" NOT NULL,
    since bigint NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE backstage_workers (
    id          text    COLLATE "C" PRIMARY KEY,
    host        text    NOT NULL,
    pid         bigint  NOT NULL,
    started_at  bigint  NOT NULL,
    seen_at     bigint  NOT NULL,
    concurrency bigint  NOT NULL,
    queues      text    NOT NULL,               -- JSON arrays
    types       text    NOT NULL,
    running     text    NOT NULL,
    is_stopping boolean NOT NULL
) WITH (fillfactor = 50);                       -- every beat rewrites a row

CREATE TABLE backstage_schedules (
    name      text    COLLATE "C" PRIMARY KEY,
    cron      text    NOT NULL,                 -- JSON object
    last_tick bigint  NOT NULL,
    is_paused boolean NOT NULL DEFAULT false
);

CREATE TABLE backstage_broadcasts (
    position  bigint PRIMARY KEY,
    id        uuid   NOT NULL UNIQUE,
    name      text   NOT NULL,
    payload   text   NOT NULL,                  -- JSON
    sent_at   bigint NOT NULL,                  -- the sender's word
    stored_at bigint NOT NULL                   -- the server's
);

-- The last position that was given out. A row and not a sequence: whoever takes one holds the row until it commits, so
-- positions become visible in their order and a reader never passes over one that is still to come.
CREATE TABLE backstage_broadcast_position (
    is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
    last        bigint  NOT NULL
) WITH (fillfactor = 50);
INSERT INTO backstage_broadcast_position (last) VALUES (0);

-- The one place that says what a task's row looks like to the code (rows.py reads it by position).
CREATE VIEW backstage_task_rows AS
SELECT task.id, task.type, task.queue, live.priority, live.state, task.created_at, live.scheduled_at,
       live.started_at, NULL::bigint AS finished_at,
       CASE WHEN live.state = 'running' THEN live.worker_id END AS worker_id, live.lease_until,
       live.deliveries, live.interruptions, live.crashes, live.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.dedupe_key, task.dedupe_ttl,
       task.correlation_id, task.workflow_id, task.origin_id,
       live.cancel_requested, live.progress, live.progress_note, task.metadata, live.last_failure, live.result,
       task.payload
  FROM backstage_live AS live
  JOIN backstage_tasks AS task ON task.id = live.id
UNION ALL
SELECT task.id, task.type, task.queue, ended.priority, ended.state, task.created_at, ended.scheduled_at,
       ended.started_at, ended.finished_at, NULL, NULL,
       ended.deliveries, ended.interruptions, ended.crashes, ended.version,
       task.max_attempts, task.backoff, task.timeout, task.soft_timeout, task.dedupe_key, task.dedupe_ttl,
       task.correlation_id, task.workflow_id, task.origin_id,
       false, ended.progress, ended.progress_note, task.metadata, ended.last_failure, ended.result,
       task.payload
  FROM backstage_finished AS ended
  JOIN backstage_tasks AS task ON task.id = ended.id;
