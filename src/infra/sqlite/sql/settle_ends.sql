-- The entity's settle move to a final state, on each task whose fence is still the claim's; one row comes back for
-- each that was moved. An id may occur once.
--   :ends JSON array as in record_ends.sql   :now (us)
UPDATE backstage_tasks
   SET state = ended.state, finished_at = :now, result = ended.result,
       last_failure = coalesce(ended.failure, last_failure), crashes = crashes + ended.lost,
       cancel_requested = 0, version = version + 1
  FROM (SELECT value ->> 0 AS id, value ->> 1 AS fence, value ->> 2 AS state,
               value ->> 4 AS result, value ->> 5 AS failure, value ->> 6 AS lost
          FROM json_each(:ends)) AS ended
 WHERE backstage_tasks.id = ended.id
   AND backstage_tasks.state = 'running' AND backstage_tasks.deliveries = ended.fence
RETURNING backstage_tasks.id, queue, type, backstage_tasks.state, dedupe_key, dedupe_ttl, created_at
