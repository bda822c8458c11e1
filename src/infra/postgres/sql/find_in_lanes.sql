-- Tasks by queue, type and state, newest id first, from before an id. Of each lane and state that is asked for, no more
-- than a page is read from the index that has it in this order; of running tasks, which are few, all. For
-- `queue = … ORDER BY id` the planner may go through all ids instead, which is slow for lanes that are emptier than it
-- believes; with ANY it may not.
--   $1 ids below this one   $2 at most so many   $3 states   $4 queue, NULL: any   $5 type, NULL: any
WITH lane AS MATERIALIZED (
    SELECT queue, type FROM backstage_lanes
     WHERE ($4::text IS NULL OR queue = $4::text) AND ($5::text IS NULL OR split_part(type, '@', 1) = $5::text)
), page AS (
    SELECT first.id
      FROM lane
     CROSS JOIN LATERAL (
           SELECT id FROM backstage_live
            WHERE queue = ANY (ARRAY[lane.queue]) AND type = lane.type AND id < $1::uuid
              AND state = 'pending' AND 'pending' = ANY ($3::text[])
            ORDER BY queue DESC, id DESC LIMIT $2::integer) AS first
     UNION ALL
    SELECT id FROM backstage_live
     WHERE state = 'running' AND 'running' = ANY ($3::text[]) AND id < $1::uuid
       AND ($4::text IS NULL OR queue = $4::text) AND ($5::text IS NULL OR split_part(type, '@', 1) = $5::text)
     UNION ALL
    SELECT first.id
      FROM lane
     CROSS JOIN unnest($3::text[]) AS asked (state)
     CROSS JOIN LATERAL (
           SELECT id FROM backstage_finished
            WHERE queue = ANY (ARRAY[lane.queue]) AND type = lane.type AND state = asked.state AND id < $1::uuid
            ORDER BY queue DESC, id DESC LIMIT $2::integer) AS first
     ORDER BY id DESC
     LIMIT $2::integer
)
SELECT {whole}
  FROM page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 ORDER BY whole.id DESC
