-- Create a schedule that begins now, or give the one of that name another cron task and leave the rest of it alone.
--   1: name   2: cron JSON   3: now (us)          returns its last tick and its pause
INSERT INTO backstage_schedules (name, cron, last_tick, is_paused) VALUES (?, ?, ?, 0)
    ON CONFLICT (name) DO UPDATE SET cron = excluded.cron
RETURNING last_tick, is_paused, paused_since, paused_by, pause_reason
