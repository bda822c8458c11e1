-- Replace a stored task by its next version. The version is compared in the same statement, so of two savers one
-- loses. A lease's end stays as it is: only claim and renew set it.
--   1 to 32: as in insert_task.sql, from its second on   33: id   34: the version before
UPDATE backstage_tasks
   SET type = ?, queue = ?, priority = ?, state = ?, ready = ?, created_at = ?, scheduled_at = ?,
       started_at = ?, finished_at = ?,
       worker_id = coalesce(?, worker_id), lease_until = coalesce(?, lease_until),
       deliveries = ?, interruptions = ?, crashes = ?, version = ?,
       max_attempts = ?, backoff = ?, timeout = ?, soft_timeout = ?, max_deliveries = ?, dedupe_key = ?,
       dedupe_ttl = ?, correlation_id = ?, workflow_id = ?, origin_id = ?, cancel_requested = ?,
       progress = ?, progress_note = ?, metadata = ?, last_failure = ?, result = ?, payload = ?
 WHERE id = ? AND version = ?
RETURNING seq
