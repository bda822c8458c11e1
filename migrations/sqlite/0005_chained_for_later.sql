-- Steps of a chain that are due later: a worker that runs until idle waits for them.

CREATE INDEX backstage_tasks_chained ON backstage_tasks (queue, type) WHERE ready = 0 AND workflow_id IS NOT NULL;
