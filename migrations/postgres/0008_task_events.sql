-- What running tasks tell those who follow them, and the lines that their handlers have logged.

CREATE TABLE backstage_task_events (
    task_id uuid    NOT NULL,
    number  integer NOT NULL,                   -- from 1 in each log, without gaps
    fence   integer NOT NULL,
    place   integer NOT NULL,                   -- in its run, from 1; 0: the marker before the first of a later run
    attempt integer NOT NULL,
    kind    text    NOT NULL,
    at      bigint  NOT NULL,
    data    text    NOT NULL,                   -- JSON
    size    integer NOT NULL,                   -- bytes of it
    total   bigint  NOT NULL,                   -- bytes of the log up to here, of what was dropped, too
    PRIMARY KEY (task_id, number)
);

-- Which logs there are, and since when they are kept: a pruner looks at one again some time after that.
CREATE TABLE backstage_event_logs (
    task_id uuid   PRIMARY KEY,
    since   bigint NOT NULL
);
CREATE INDEX backstage_event_logs_since ON backstage_event_logs (since);

CREATE TABLE backstage_run_logs (
    task_id uuid    NOT NULL,
    fence   integer NOT NULL,
    attempt integer NOT NULL,
    lines   text    NOT NULL,                   -- JSON array of [moment, level, event, fields]
    PRIMARY KEY (task_id, fence)
);
