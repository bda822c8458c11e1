-- The entity's claim move on tasks that best_of_lane.sql chose in this transaction; the write lock keeps them
-- pending in between, and `state` is compared all the same.
--   ?1 JSON array of seq   ?2 worker id   ?3 lease until (wall clock, us)   ?4 lease end (boot clock, us)   ?5 boot   ?6 now (us)
UPDATE backstage_tasks
   SET state = 'running', ready = NULL, worker_id = ?2, lease_until = ?3, lease_end = ?4, lease_boot = ?5,
       started_at = ?6, deliveries = deliveries + 1, version = version + 1, progress = NULL, progress_note = NULL
 WHERE seq IN (SELECT value FROM json_each(?1)) AND state = 'pending'
