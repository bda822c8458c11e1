-- Decide upon every tick up to a moment, unless another scheduler was first or the schedule is paused or gone: then no
-- row changes. The tasks of the ticks are stored in the same transaction.
--   ?1 name   ?2 the last tick that the caller knows (us)   ?3 decided upon until (us)
UPDATE backstage_schedules SET last_tick = ?3
 WHERE name = ?1 AND last_tick = ?2 AND NOT is_paused
