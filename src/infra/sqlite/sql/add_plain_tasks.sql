-- Store new tasks that state little: add_task.sql is for the others. One whose id is stored already changes nothing.
--   :tasks JSON array of the values of rows.plain_columns_of   :now (us)
INSERT INTO backstage_tasks (id, type, queue, priority, scheduled_at, ready, created_at, correlation_id, workflow_id, origin_id,
                             metadata, payload, state, deliveries, interruptions, crashes, version, cancel_requested)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 4 <= :now, value ->> 5, value ->> 6,
       value ->> 7, value ->> 8, value ->> 9, value ->> 10, 'pending', 0, 0, 0, 1, 0
  FROM json_each(:tasks)
 WHERE true
    ON CONFLICT (id) DO NOTHING
