-- How many pending tasks are not due yet, of those that are due first: all of them, those among them that wait for
-- another attempt, and the first moments of the others and of those.
--   $1 now (us), NULL: the server's   $2 at most so many
SELECT count(*), count(*) FILTER (WHERE deliveries > interruptions),
       min(scheduled_at) FILTER (WHERE deliveries <= interruptions),
       min(scheduled_at) FILTER (WHERE deliveries > interruptions)
  FROM (SELECT scheduled_at, deliveries, interruptions
          FROM backstage_live
         WHERE state = 'pending' AND NOT ready AND scheduled_at > coalesce($1::bigint, backstage_now())
         ORDER BY scheduled_at
         LIMIT $2::bigint) AS later
