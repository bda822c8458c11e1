-- What ran and what failed, in numbers that outlive the tasks: each is kept in a row of its minute, its quarter of
-- an hour, its hour and its six hours.

CREATE TABLE backstage_history (
    grain        integer NOT NULL,          -- seconds that the row is about: 60, 900, 3600, 21600
    at           bigint NOT NULL,          -- when they begin
    queue        text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    claimed      bigint NOT NULL,
    completed    bigint NOT NULL,
    failed       bigint NOT NULL,
    retried      bigint NOT NULL,
    run_seconds  double precision NOT NULL,
    wait_seconds double precision NOT NULL,
    wait_0 bigint NOT NULL,                -- claims by how long they had waited: the bounds are in domain/history.py
    wait_1 bigint NOT NULL,
    wait_2 bigint NOT NULL,
    wait_3 bigint NOT NULL,
    wait_4 bigint NOT NULL,
    wait_5 bigint NOT NULL,
    wait_6 bigint NOT NULL,
    wait_7 bigint NOT NULL,
    wait_8 bigint NOT NULL,
    PRIMARY KEY (grain, at, queue, type)
) WITH (fillfactor = 50);

-- The last batch of each writer: it may send one again whose reply it lost.
CREATE TABLE backstage_history_writers (
    id     text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL,
    at     bigint NOT NULL
);

CREATE TABLE backstage_failure_groups (
    fingerprint text COLLATE "C" PRIMARY KEY,
    task_type   text COLLATE "C" NOT NULL,
    error       text COLLATE "C" NOT NULL,
    line        text COLLATE "C" NOT NULL,
    message     text COLLATE "C" NOT NULL,
    tasks       bigint NOT NULL,
    runs        bigint NOT NULL,
    first_seen  bigint NOT NULL,
    last_seen   bigint NOT NULL,
    task_ids    text COLLATE "C" NOT NULL,           -- JSON array
    is_muted    boolean NOT NULL DEFAULT false,
    note        text
) WITH (fillfactor = 50);
CREATE INDEX backstage_failure_groups_seen ON backstage_failure_groups (last_seen, fingerprint);

CREATE TABLE backstage_failure_hours (
    fingerprint text COLLATE "C" NOT NULL,
    hour        bigint NOT NULL,           -- when it begins
    runs        bigint NOT NULL,
    PRIMARY KEY (fingerprint, hour)
);
CREATE INDEX backstage_failure_hours_old ON backstage_failure_hours (hour);
