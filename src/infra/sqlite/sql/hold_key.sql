-- Give a dedupe key to a task; whoever had it has been found not to hold it any more, in this transaction.
--   ?1 queue   ?2 key   ?3 task id   ?4 held until (us), NULL: while the task is pending or running
INSERT INTO backstage_dedupe (queue, key, task_id, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (queue, key) DO UPDATE SET task_id = excluded.task_id, expires_at = excluded.expires_at
