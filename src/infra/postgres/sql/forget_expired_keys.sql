-- Delete dedupe keys whose time is over, a bounded number: nobody asks for most of them again. SKIP LOCKED passes over
-- those that somebody is just taking.
--   $1 now (us), NULL: the server's   $2 at most so many
WITH expired AS (
    SELECT ctid
      FROM backstage_dedupe
     WHERE expires_at IS NOT NULL AND expires_at <= coalesce($1::bigint, backstage_now())
     ORDER BY expires_at
     LIMIT $2::integer
       FOR UPDATE SKIP LOCKED
)
DELETE FROM backstage_dedupe WHERE ctid = ANY (ARRAY (SELECT ctid FROM expired))
