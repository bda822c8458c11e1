ALTER TABLE backstage_schedules DROP COLUMN pause_reason, DROP COLUMN paused_by, DROP COLUMN paused_since;
ALTER TABLE backstage_pauses DROP COLUMN reason, DROP COLUMN paused_by;
