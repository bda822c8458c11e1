-- Store one new task that states little: what add_plain_tasks.sql does, at two thirds of its cost.
--   the values of rows.plain_columns_of, and whether it is due
INSERT INTO backstage_tasks (id, type, queue, priority, scheduled_at, created_at, correlation_id, workflow_id, origin_id, metadata,
                             payload, ready, state, deliveries, interruptions, crashes, version, cancel_requested)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, 0, 0, 1, 0)
    ON CONFLICT (id) DO NOTHING
