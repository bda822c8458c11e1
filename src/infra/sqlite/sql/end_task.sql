-- The entity's settle move to a final state, if the claim's fence is still the task's.
--   ?1 id   ?2 fence   ?3 state   ?4 now (us)   ?5 result JSON   ?6 failure JSON   ?7 1 if the lease ran out, else 0
UPDATE backstage_tasks
   SET state = ?3, finished_at = ?4, result = ?5, last_failure = coalesce(?6, last_failure), crashes = crashes + ?7,
       cancel_requested = 0, version = version + 1
 WHERE id = ?1 AND state = 'running' AND deliveries = ?2
RETURNING seq, queue, type, state, worker_id, started_at, deliveries - interruptions, dedupe_key, dedupe_ttl, created_at
