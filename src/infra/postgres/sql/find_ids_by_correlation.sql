-- Ids of the tasks of one correlation id, the greatest first, from before an id; the first one keeps none of its own.
--   $1 ids below this one   $2 at most so many   $3 correlation id   $4 the same as a task's id, NULL if it is none
SELECT id::text
  FROM (SELECT id FROM backstage_tasks WHERE correlation_id = $3::text AND id < $1::uuid
         UNION ALL
        SELECT id FROM backstage_tasks WHERE id = $4::uuid AND correlation_id IS NULL AND id < $1::uuid) AS chain
 ORDER BY chain.id DESC
 LIMIT $2::integer
