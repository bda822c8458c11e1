-- What ran and what failed, in numbers that outlive the tasks: each is kept in a row of its minute, its quarter of
-- an hour, its hour and its six hours.

CREATE TABLE backstage_history (
    grain        INTEGER NOT NULL,          -- seconds that the row is about: 60, 900, 3600, 21600
    at           INTEGER NOT NULL,          -- when they begin
    queue        TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    claimed      INTEGER NOT NULL,
    completed    INTEGER NOT NULL,
    failed       INTEGER NOT NULL,
    retried      INTEGER NOT NULL,
    run_seconds  REAL    NOT NULL,
    wait_seconds REAL    NOT NULL,
    wait_0 INTEGER NOT NULL,                -- claims by how long they had waited: the bounds are in domain/history.py
    wait_1 INTEGER NOT NULL,
    wait_2 INTEGER NOT NULL,
    wait_3 INTEGER NOT NULL,
    wait_4 INTEGER NOT NULL,
    wait_5 INTEGER NOT NULL,
    wait_6 INTEGER NOT NULL,
    wait_7 INTEGER NOT NULL,
    wait_8 INTEGER NOT NULL,
    PRIMARY KEY (grain, at, queue, type)
) STRICT, WITHOUT ROWID;

-- The last batch of each writer: it may send one again whose reply it lost.
CREATE TABLE backstage_history_writers (
    id     TEXT    PRIMARY KEY,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backstage_failure_groups (
    fingerprint TEXT    PRIMARY KEY,
    task_type   TEXT    NOT NULL,
    error       TEXT    NOT NULL,
    line        TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    tasks       INTEGER NOT NULL,
    runs        INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    task_ids    TEXT    NOT NULL,           -- JSON array
    is_muted    INTEGER NOT NULL DEFAULT 0,
    note        TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_failure_groups_seen ON backstage_failure_groups (last_seen, fingerprint);

CREATE TABLE backstage_failure_hours (
    fingerprint TEXT    NOT NULL,
    hour        INTEGER NOT NULL,           -- when it begins
    runs        INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_failure_hours_old ON backstage_failure_hours (hour);
