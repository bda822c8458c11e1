-- Who paused a queue, a type or a schedule, and why. Earlier releases write rows without it.

ALTER TABLE backstage_pauses ADD COLUMN paused_by TEXT;
ALTER TABLE backstage_pauses ADD COLUMN reason TEXT;
ALTER TABLE backstage_schedules ADD COLUMN paused_since INTEGER;      -- of a pause before, if it lies before last_tick
ALTER TABLE backstage_schedules ADD COLUMN paused_by TEXT;
ALTER TABLE backstage_schedules ADD COLUMN pause_reason TEXT;
