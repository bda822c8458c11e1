-- Replace a stored task by its next version. The version is compared in the same statement, so of two savers one
-- loses. A lease's end stays as it is: only claim and renew set it.
--   the values of rows.columns_of from the second on, then: id, the version before
UPDATE backstage_tasks
   SET {assignments}, worker_id = coalesce(?, worker_id), lease_until = coalesce(?, lease_until)
 WHERE id = ? AND version = ?
RETURNING seq
