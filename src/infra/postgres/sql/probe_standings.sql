-- Which tasks may match a search, as far as their attempts, when they are due and the text of their last failure tell.
--   $1 ids   $2 begun at least so many attempts   $3 due after then, NULL: whenever
--   $4 a pattern of the failure in lower case, NULL: any
SELECT id::text FROM backstage_live
 WHERE id = ANY ($1::uuid[]) AND deliveries - interruptions >= $2::integer
   AND ($3::bigint IS NULL OR scheduled_at > $3::bigint)
   AND ($4::text IS NULL OR lower(last_failure) LIKE $4::text)
 UNION ALL
SELECT id::text FROM backstage_finished
 WHERE id = ANY ($1::uuid[]) AND deliveries - interruptions >= $2::integer
   AND ($3::bigint IS NULL OR scheduled_at > $3::bigint)
   AND ($4::text IS NULL OR lower(last_failure) LIKE $4::text)
