-- Store one new task that states little: what add_plain_tasks.sql does, at two thirds of its cost.
--   1 to 11: the values of rows.plain_columns_of   12: now (us)
INSERT INTO backstage_tasks (id, type, queue, priority, scheduled_at, ready, created_at, correlation_id, workflow_id, origin_id,
                             metadata, payload, state, deliveries, interruptions, crashes, version, cancel_requested)
VALUES (?1, ?2, ?3, ?4, ?5, ?5 <= ?12, ?6, ?7, ?8, ?9, ?10, ?11, 'pending', 0, 0, 0, 1, 0)
    ON CONFLICT (id) DO NOTHING
