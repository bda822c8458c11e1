-- The entity's settle move back to pending, if the claim's fence is still the task's; a task whose cancel was
-- requested becomes cancelled instead (every expression sees the row as it was before).
--   ?1 id   ?2 fence   ?3 now (us)   ?4 due (us), NULL: as before   ?5 failure JSON of the handler
--   ?6 1 if this claim spends no attempt, else 0   ?7 1 if the lease ran out, else 0   ?8 result JSON, if cancelled
UPDATE backstage_tasks
   SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'pending' END,
       ready = CASE WHEN cancel_requested THEN NULL ELSE coalesce(?4, scheduled_at) <= ?3 END,
       scheduled_at = CASE WHEN cancel_requested THEN scheduled_at ELSE coalesce(?4, scheduled_at) END,
       finished_at = CASE WHEN cancel_requested THEN ?3 ELSE finished_at END,
       result = CASE WHEN cancel_requested THEN ?8 ELSE result END,
       interruptions = interruptions + CASE WHEN cancel_requested THEN 0 ELSE ?6 END,
       crashes = crashes + ?7,
       last_failure = coalesce(?5, last_failure),
       cancel_requested = 0,
       version = version + 1
 WHERE id = ?1 AND state = 'running' AND deliveries = ?2
RETURNING seq, queue, type, state, worker_id, started_at,
          deliveries - interruptions + CASE WHEN state = 'pending' THEN ?6 ELSE 0 END,
          dedupe_key, dedupe_ttl, created_at
