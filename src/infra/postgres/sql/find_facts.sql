-- What a search looks at in tasks, in the order of search_facts.py.
--   $1 ids   $2, $3, $4 whether tags, the failure, the payload are looked at
SELECT asked.id::text, task.type, task.queue, standing.priority, standing.state, task.created_at, standing.scheduled_at,
       standing.deliveries, standing.interruptions, task.tags, task.key, standing.worker_id, task.correlation_id,
       task.workflow_id, standing.last_failure, task.payload
  FROM unnest($1::uuid[]) AS asked (id)
 CROSS JOIN LATERAL (
       SELECT type, queue, created_at, key, correlation_id, workflow_id,
              CASE WHEN $2::boolean THEN tags END AS tags, CASE WHEN $4::boolean THEN payload END AS payload
         FROM backstage_tasks WHERE id = asked.id LIMIT 1) AS task
 CROSS JOIN LATERAL (
       SELECT priority, state, scheduled_at, deliveries, interruptions,
              CASE WHEN state = 'running' THEN worker_id END AS worker_id,
              CASE WHEN $3::boolean THEN last_failure END AS last_failure
         FROM backstage_live WHERE id = asked.id
        UNION ALL
       SELECT priority, state, scheduled_at, deliveries, interruptions, NULL,
              CASE WHEN $3::boolean THEN last_failure END
         FROM backstage_finished WHERE id = asked.id
        LIMIT 1) AS standing
