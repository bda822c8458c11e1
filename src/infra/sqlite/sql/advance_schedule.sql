-- Decide upon every tick up to a moment, unless another scheduler was first or the schedule is paused or gone: then no
-- row changes. The tasks of the ticks are stored in the same transaction.
--   1: decided upon until (us)   2: name   3: the last tick that the caller knows (us)
UPDATE backstage_schedules SET last_tick = ?
 WHERE name = ? AND last_tick = ? AND NOT is_paused
