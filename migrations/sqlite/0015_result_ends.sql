-- Until when the results of completed tasks are kept that are not kept as long as their task.

CREATE TABLE backstage_result_ends (
    task_id TEXT    PRIMARY KEY,
    until   INTEGER NOT NULL,
    is_gone INTEGER NOT NULL                -- 1: the result was given up
) STRICT, WITHOUT ROWID;
CREATE INDEX backstage_result_ends_due ON backstage_result_ends (until) WHERE is_gone = 0;
