-- How long the oldest due task of each lane has waited. Steps from priority to priority of each lane and reads the
-- first task of each, one look into the index, so the number of tasks does not matter; then adds what has fallen due
-- and was not made ready yet, the oldest of it if there is a great deal.
--   $1 now (us), NULL: the server's   $2 at most so many tasks that are due and not yet ready
WITH RECURSIVE clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), best_of_priority AS (
    SELECT lane.queue, lane.type, first.priority, first.scheduled_at
      FROM backstage_lanes AS lane
     CROSS JOIN LATERAL (
           SELECT priority, scheduled_at
             FROM backstage_live
            WHERE ready AND queue = lane.queue AND type = lane.type
            ORDER BY priority DESC, scheduled_at, id
            LIMIT 1) AS first
    UNION ALL
    SELECT best_of_priority.queue, best_of_priority.type, first.priority, first.scheduled_at
      FROM best_of_priority
     CROSS JOIN LATERAL (
           SELECT priority, scheduled_at
             FROM backstage_live
            WHERE ready AND queue = best_of_priority.queue AND type = best_of_priority.type
              AND priority < best_of_priority.priority
            ORDER BY priority DESC, scheduled_at, id
            LIMIT 1) AS first
), fallen_due AS (
    SELECT queue, type, scheduled_at
      FROM backstage_live
     WHERE state = 'pending' AND NOT ready AND scheduled_at <= (SELECT now FROM clock)
     ORDER BY scheduled_at
     LIMIT $2::integer
)
SELECT queue, type, greatest(0, (SELECT now FROM clock) - min(scheduled_at))
  FROM (SELECT queue, type, scheduled_at FROM best_of_priority
        UNION ALL
        SELECT queue, type, scheduled_at FROM fallen_due) AS waiting
 GROUP BY queue, type
 ORDER BY queue, type
