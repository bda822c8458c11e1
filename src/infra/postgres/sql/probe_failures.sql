-- Which tasks may match a search, as far as the text of their last failure tells.
--   $1 ids   $2 a pattern in lower case
SELECT id::text FROM backstage_live WHERE id = ANY ($1::uuid[]) AND lower(last_failure) LIKE $2::text
 UNION ALL
SELECT id::text FROM backstage_finished WHERE id = ANY ($1::uuid[]) AND lower(last_failure) LIKE $2::text
