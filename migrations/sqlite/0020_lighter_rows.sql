-- A task that is claimed and ends costs less: its row is the record of how its last claim ended where that is all there is
-- to say, and no index holds every task by its state.

-- 1: the row itself is the record of its last claim: the worker and the moments are the row's, the outcome is that of its
-- state, the failure is last_failure. NULL: the record, if there is one, lies in backstage_attempts.
ALTER TABLE backstage_tasks ADD COLUMN is_record INTEGER;

-- A task that is saved over, to run again above all, gives its record to backstage_attempts first. Only save_task.sql sets
-- created_at, in every release, so claims and ends never come here.
CREATE TRIGGER backstage_tasks_keep_record AFTER UPDATE OF created_at ON backstage_tasks WHEN old.is_record = 1
BEGIN
    INSERT OR IGNORE INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome, failure)
    VALUES (old.seq, old.deliveries, old.deliveries - old.interruptions, old.worker_id, old.started_at, old.finished_at,
            CASE old.state WHEN 'failed' THEN 'dead' ELSE old.state END, old.last_failure);
    UPDATE backstage_tasks SET is_record = NULL WHERE seq = old.seq;
END;

-- Listing by state: ended tasks by an entry that is written once; pending ones by the index of claims, and by this one
-- those that are due later.
DROP INDEX backstage_tasks_listed;
CREATE INDEX backstage_tasks_ended ON backstage_tasks (queue, type, state, id) WHERE finished_at IS NOT NULL;
CREATE INDEX backstage_tasks_later ON backstage_tasks (queue, type, id) WHERE ready = 0;

-- Without the id, which only tells apart what ended in the same microsecond.
DROP INDEX backstage_tasks_finished;
CREATE INDEX backstage_tasks_finished ON backstage_tasks (queue, state, finished_at) WHERE finished_at IS NOT NULL;
