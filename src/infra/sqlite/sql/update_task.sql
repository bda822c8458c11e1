-- Replace a stored task by its next version. The version is compared in the same statement, so of two savers one
-- loses. A lease's end stays as it is: only claim and renew set it.
--   ?1 … ?33: as in insert_task.sql; ?16 is the new version
UPDATE backstage_tasks
   SET type = ?2, queue = ?3, priority = ?4, state = ?5, ready = ?6, created_at = ?7, scheduled_at = ?8,
       started_at = ?9, finished_at = ?10,
       worker_id = coalesce(?11, worker_id), lease_until = coalesce(?12, lease_until),
       deliveries = ?13, interruptions = ?14, crashes = ?15, version = ?16,
       max_attempts = ?17, backoff = ?18, timeout = ?19, soft_timeout = ?20, max_deliveries = ?21, dedupe_key = ?22,
       dedupe_ttl = ?23, correlation_id = ?24, workflow_id = ?25, origin_id = ?26, cancel_requested = ?27,
       progress = ?28, progress_note = ?29, metadata = ?30, last_failure = ?31, result = ?32, payload = ?33
 WHERE id = ?1 AND version = ?16 - 1
RETURNING seq
