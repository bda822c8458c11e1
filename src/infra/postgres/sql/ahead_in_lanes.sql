-- Of the claimable tasks of each lane, how many go before a task by priority, due time and id, and how many there are.
-- Each is counted in the index of the lane's order, and no further than a limit.
--   $1 queues, $2 types of the lanes   $3 priority, $4 due (us), $5 id of the task   $6 at most so many
SELECT lane.queue, lane.type,
       (SELECT count(*)
          FROM (SELECT FROM backstage_live
                 WHERE ready AND queue = lane.queue AND type = lane.type AND priority > $3::smallint
                 LIMIT $6::integer) AS higher)
     + (SELECT count(*)
          FROM (SELECT FROM backstage_live
                 WHERE ready AND queue = lane.queue AND type = lane.type AND priority = $3::smallint
                   AND (scheduled_at, id) < ($4::bigint, $5::uuid)
                 LIMIT $6::integer) AS earlier),
       (SELECT count(*)
          FROM (SELECT FROM backstage_live
                 WHERE ready AND queue = lane.queue AND type = lane.type
                 LIMIT $6::integer) AS every)
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS lane (queue, type, place)
 ORDER BY lane.place
