-- Who paused a queue, a type or a schedule, and why. Earlier releases write rows without it.

ALTER TABLE backstage_pauses ADD COLUMN paused_by text, ADD COLUMN reason text;
ALTER TABLE backstage_schedules
    ADD COLUMN paused_since bigint,      -- of a pause before, if it lies before last_tick
    ADD COLUMN paused_by    text,
    ADD COLUMN pause_reason text;
