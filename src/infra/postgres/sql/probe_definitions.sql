-- Which tasks may match a search, as far as their creation and their payload's text tell.
--   $1 ids   $2 created from then, NULL: at any time   $3 created before then, NULL: at any time
--   $4 patterns of which the payload must have one, NULL: any payload
SELECT id::text FROM backstage_tasks
 WHERE id = ANY ($1::uuid[])
   AND ($2::bigint IS NULL OR created_at >= $2::bigint)
   AND ($3::bigint IS NULL OR created_at < $3::bigint)
   AND ($4::text[] IS NULL OR payload LIKE ANY ($4::text[]))
