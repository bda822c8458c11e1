-- Give a dedupe key to a task unless another holds it; returns who holds it now. Locks the key's row.
--   $1 now (us), NULL: the server's   $2 queue   $3 key   $4 task id   $5 held until (us), NULL: while the task lives
INSERT INTO backstage_dedupe AS stored (queue, key, task_id, expires_at)
VALUES ($2::text, $3::text, $4::uuid, $5::bigint)
    ON CONFLICT (queue, key) DO UPDATE
   SET task_id = CASE WHEN stored.expires_at <= coalesce($1::bigint, backstage_now())
                      THEN excluded.task_id ELSE stored.task_id END,
       expires_at = CASE WHEN stored.expires_at <= coalesce($1::bigint, backstage_now())
                         THEN excluded.expires_at ELSE stored.expires_at END
RETURNING task_id::text
