-- What running tasks tell those who follow them, and the lines that their handlers have logged. Keyed by the task's id:
-- the release before deletes tasks and leaves these, and they must not fall to another task.

CREATE TABLE backstage_task_events (
    task_id TEXT    NOT NULL,
    number  INTEGER NOT NULL,               -- from 1 in each log, without gaps
    fence   INTEGER NOT NULL,
    place   INTEGER NOT NULL,               -- in its run, from 1; 0: the marker before the first of a later run
    attempt INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    data    TEXT    NOT NULL,               -- JSON
    size    INTEGER NOT NULL,               -- bytes of it
    total   INTEGER NOT NULL,               -- bytes of the log up to here, of what was dropped, too
    PRIMARY KEY (task_id, number)
) STRICT, WITHOUT ROWID;

-- Which logs there are, and since when they are kept: a pruner looks at one again some time after that.
CREATE TABLE backstage_event_logs (
    task_id TEXT    PRIMARY KEY,
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_event_logs_since ON backstage_event_logs (since);

CREATE TABLE backstage_run_logs (
    task_id TEXT    NOT NULL,
    fence   INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    lines   TEXT    NOT NULL,               -- JSON array of [moment, level, event, fields]
    PRIMARY KEY (task_id, fence)
) STRICT, WITHOUT ROWID;
