-- Events of tasks' logs with greater numbers than those that are given, each log in its order.
--   $1 ids   $2 numbers   $3 at most so many of each
SELECT asked.task_id::text, event.number, event.kind, event.at, event.attempt, event.data
  FROM unnest($1::uuid[], $2::integer[]) AS asked (task_id, number)
 CROSS JOIN LATERAL (
       SELECT * FROM backstage_task_events
        WHERE task_id = asked.task_id AND number > asked.number
        ORDER BY number
        LIMIT $3::integer) AS event
 ORDER BY asked.task_id, event.number
