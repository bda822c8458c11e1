-- The entity's claim move on tasks that best_of_lane.sql chose in this transaction; the write lock keeps them
-- pending in between, and `state` is compared all the same.
--   1: worker id   2: lease until (wall clock, us)   3: lease end (boot clock, us)   4: boot   5: now (us)   6: JSON array of seq
UPDATE backstage_tasks
   SET state = 'running', ready = NULL, worker_id = ?, lease_until = ?, lease_end = ?, lease_boot = ?,
       started_at = ?, deliveries = min(deliveries, 2000000000) + 1,
       version = min(version, 2000000000) + 1,  -- more was written by somebody else, and would fail every claim
       progress = NULL, progress_note = NULL
 WHERE seq IN (SELECT value FROM json_each(?)) AND state = 'pending'
