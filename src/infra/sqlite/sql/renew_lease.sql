-- Extend one lease, if the claim's fence is still the task's. Not a move: the version stays.
--   ?1 id   ?2 fence   ?3 lease until (wall clock, us)   ?4 lease end (boot clock, us)   ?5 boot
UPDATE backstage_tasks
   SET lease_until = ?3, lease_end = ?4, lease_boot = ?5
 WHERE id = ?1 AND state = 'running' AND deliveries = ?2
RETURNING cancel_requested
