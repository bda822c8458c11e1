-- Groups of failures, the latest first, from after one of them, each with its runs by hour (JSON) and with now.
--   $1 now (us), NULL: the server's   $2 since (us)   $3 moment (us) and $4 fingerprint of the last group before,
--   NULL: none   $5 type, NULL: any   $6 at most so many
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
)
SELECT (SELECT now FROM clock),
       coalesce((SELECT json_object_agg(hour, runs)::text FROM backstage_failure_hours AS hours
                  WHERE hours.fingerprint = failure_group.fingerprint
                    AND hour >= (SELECT now FROM clock) - 86400000000), '{{}}'),
       {failure_group}
  FROM backstage_failure_groups AS failure_group
 WHERE last_seen >= $2::bigint AND ($3::bigint IS NULL OR (last_seen, fingerprint) < ($3::bigint, $4::text COLLATE "C"))
   AND ($5::text IS NULL OR task_type = $5::text)
 ORDER BY last_seen DESC, fingerprint DESC
 LIMIT $6::integer
