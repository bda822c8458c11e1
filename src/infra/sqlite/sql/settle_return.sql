-- The entity's settle move back to pending, if the claim's fence is still the task's; a task whose cancel was
-- requested becomes cancelled instead (every expression sees the row as it was before).
--   :id   :fence   :now (us)   :due (us), NULL: as before   :failure JSON, of the handler
--   :interrupted 1 if this claim spends no attempt, else 0   :lost 1 if the lease ran out, else 0   :result JSON, if cancelled
UPDATE backstage_tasks
   SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'pending' END,
       ready = CASE WHEN cancel_requested THEN NULL ELSE coalesce(:due, scheduled_at) <= :now END,
       scheduled_at = CASE WHEN cancel_requested THEN scheduled_at ELSE coalesce(:due, scheduled_at) END,
       finished_at = CASE WHEN cancel_requested THEN :now ELSE finished_at END,
       result = CASE WHEN cancel_requested THEN :result ELSE result END,
       interruptions = interruptions + CASE WHEN cancel_requested THEN 0 ELSE :interrupted END,
       crashes = crashes + :lost,
       last_failure = coalesce(:failure, last_failure),
       cancel_requested = 0,
       version = version + 1
 WHERE id = :id AND state = 'running' AND deliveries = :fence
RETURNING seq, queue, type, state, worker_id, started_at,
          deliveries - interruptions + CASE WHEN state = 'pending' THEN :interrupted ELSE 0 END,
          dedupe_key, dedupe_ttl, created_at
