-- How many pending tasks are not due yet, of those that are due first: all of them, those among them that wait for
-- another attempt, and the first moments of the others and of those.
--   :now (us)   :at_most
SELECT count(*), coalesce(sum(deliveries > interruptions), 0),
       min(CASE WHEN deliveries <= interruptions THEN scheduled_at END),
       min(CASE WHEN deliveries > interruptions THEN scheduled_at END)
  FROM (SELECT scheduled_at, deliveries, interruptions
          FROM backstage_tasks INDEXED BY backstage_tasks_future
         WHERE ready = 0 AND scheduled_at > :now
         ORDER BY scheduled_at
         LIMIT :at_most)
