-- Messages after a position, in the order in which they were stored, unless they are too old.
--   $1 now (us), NULL: the server's   $2 position   $3 at most so many   $4 kept for (us)
SELECT position, id::text, name, payload, sent_at
  FROM backstage_broadcasts
 WHERE position > $2::bigint AND stored_at >= coalesce($1::bigint, backstage_now()) - $4::bigint
 ORDER BY position
 LIMIT $3::integer
