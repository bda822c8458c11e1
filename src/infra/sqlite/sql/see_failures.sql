-- Count failures of one fingerprint. What is shown of them is that of the latest.
--   1: fingerprint   2: type   3: error   4: line   5: message   6: tasks   7: runs   8, 9: moment (us)
--   10: ids of tasks (JSON)
INSERT INTO backstage_failure_groups AS stored
       (fingerprint, task_type, error, line, message, tasks, runs, first_seen, last_seen, task_ids)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (fingerprint) DO UPDATE
   SET line = excluded.line, message = excluded.message,
       tasks = stored.tasks + excluded.tasks, runs = stored.runs + excluded.runs,
       first_seen = min(stored.first_seen, excluded.first_seen), last_seen = max(stored.last_seen, excluded.last_seen),
       task_ids = excluded.task_ids
