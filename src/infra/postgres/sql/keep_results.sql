-- Note until when results are kept, of tasks that have ended in this transaction.
--   $1 now (us), NULL: the server's   $2 ids   $3 how long (us)
INSERT INTO backstage_result_ends (task_id, until)
SELECT given.task_id, coalesce($1::bigint, backstage_now()) + given.kept_for
  FROM unnest($2::uuid[], $3::bigint[]) AS given (task_id, kept_for)
