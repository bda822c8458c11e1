-- Make tasks claimable that have become due, those that have waited longest first. Many may run it at once: SKIP LOCKED
-- leaves to another what it has begun with. Bounded, so that a great many falling due at once do not hold a claim up.
--   $1 now (us), NULL: the server's   $2 at most so many
WITH due AS (
    SELECT id
      FROM backstage_live
     WHERE state = 'pending' AND NOT ready AND scheduled_at <= coalesce($1::bigint, backstage_now())
     ORDER BY scheduled_at
     LIMIT $2::integer
       FOR UPDATE SKIP LOCKED
)
UPDATE backstage_live SET ready = true WHERE id = ANY (ARRAY (SELECT id FROM due))
