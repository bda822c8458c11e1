-- Give a dedupe key to a task, unless another task holds it, which keeps it.
--   1: queue   2: key   3: task id   4: held until (us), NULL: while the task is pending or running   5: now (us)
INSERT INTO backstage_dedupe (queue, key, task_id, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (queue, key) DO UPDATE SET task_id = excluded.task_id, expires_at = excluded.expires_at
     WHERE task_id = excluded.task_id OR expires_at <= ?
