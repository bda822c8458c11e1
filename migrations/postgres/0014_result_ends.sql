-- Until when the results of completed tasks are kept that are not kept as long as their task.

CREATE TABLE backstage_result_ends (
    task_id uuid    PRIMARY KEY,
    until   bigint  NOT NULL,
    is_gone boolean NOT NULL DEFAULT false      -- the result was given up
);
CREATE INDEX backstage_result_ends_due ON backstage_result_ends (until) WHERE NOT is_gone;
