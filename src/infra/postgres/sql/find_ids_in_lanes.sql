-- Ids of tasks by queue, type and state, from before an id: the greatest of each lane, and all of running tasks, which
-- are few. Each lane and state is read from the index that has it in this order. For `queue = … ORDER BY id` the planner
-- may go through all ids instead, which is slow for lanes that are emptier than it believes; with ANY it may not.
--   $1 ids below this one   $2 at most so many of each   $3, $4, $5 queues, types and states of the lanes
--   $6, $7 queues and types of the lanes whose running tasks are asked for
-- Each row: the lane's number from 1, 0 for a running task, and the id; within a lane the greatest first.
SELECT lane.number, first.id::text
  FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS lane (queue, type, state, number)
 CROSS JOIN LATERAL (
       SELECT id FROM backstage_live
        WHERE queue = ANY (ARRAY[lane.queue]) AND type = lane.type AND id < $1::uuid
          AND state = 'pending' AND lane.state = 'pending'
        ORDER BY queue DESC, id DESC LIMIT $2::integer) AS first
 UNION ALL
SELECT lane.number, first.id::text
  FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS lane (queue, type, state, number)
 CROSS JOIN LATERAL (
       SELECT id FROM backstage_finished
        WHERE queue = ANY (ARRAY[lane.queue]) AND type = lane.type AND state = lane.state AND id < $1::uuid
        ORDER BY queue DESC, id DESC LIMIT $2::integer) AS first
 WHERE lane.state <> 'pending'
 UNION ALL
SELECT 0, id::text FROM backstage_live
 WHERE state = 'running' AND worker_id >= '' AND id < $1::uuid
   AND (queue, type) IN (SELECT * FROM unnest($6::text[], $7::text[]))
