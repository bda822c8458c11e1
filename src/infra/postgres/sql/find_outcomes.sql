-- How claims ended that are over: the answers that were lost. Its own statement, for it must see what was committed
-- while the one before it waited for a lock.
--   $1 ids   $2 fences
-- Each row: id, fence, the recorded outcome or NULL, and the task's state if no claim came after that one.
SELECT asked.id::text, asked.fence,
       coalesce((SELECT outcome FROM backstage_finished WHERE id = asked.id AND deliveries = asked.fence),
                (SELECT outcome FROM backstage_attempts WHERE task_id = asked.id AND fence = asked.fence)),
       coalesce((SELECT state FROM backstage_finished WHERE id = asked.id AND deliveries = asked.fence),
                (SELECT state FROM backstage_live WHERE id = asked.id AND deliveries = asked.fence))
  FROM unnest($1::uuid[], $2::integer[]) AS asked (id, fence)
