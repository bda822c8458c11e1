-- Extend one lease, if the claim's fence is still the task's. Not a move: the version stays.
--   1: lease until (wall clock, us)   2: lease end (boot clock, us)   3: boot   4: id   5: fence
UPDATE backstage_tasks
   SET lease_until = ?, lease_end = ?, lease_boot = ?
 WHERE id = ? AND state = 'running' AND deliveries = ?
RETURNING cancel_requested
