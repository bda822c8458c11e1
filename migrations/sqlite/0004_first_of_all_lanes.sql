-- Claimable tasks of all lanes in one order: a claim by a worker that serves most of them costs the same with one lane
-- and with ten thousand.

CREATE INDEX backstage_tasks_first ON backstage_tasks (priority DESC, scheduled_at, id) WHERE ready = 1;
