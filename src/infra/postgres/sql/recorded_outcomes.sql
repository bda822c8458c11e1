-- How claims ended that are over: the answers that were lost. Its own statement, for it must see what was committed
-- while the one before it waited for a lock.
--   $1 ids   $2 fences
SELECT asked.id::text, asked.fence, record.outcome
  FROM unnest($1::uuid[], $2::integer[]) AS asked (id, fence)
 CROSS JOIN LATERAL (
       SELECT outcome FROM backstage_finished
        WHERE id = asked.id AND deliveries = asked.fence AND outcome IS NOT NULL
        UNION ALL
       SELECT outcome FROM backstage_attempts WHERE task_id = asked.id AND fence = asked.fence) AS record
