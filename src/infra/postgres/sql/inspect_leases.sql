-- The same answer as renew_leases.sql, changing nothing.
--   $1 ids   $2 fences
SELECT live.id::text, live.cancel_requested
  FROM unnest($1::uuid[], $2::integer[]) AS given (id, fence)
  JOIN backstage_live AS live ON live.id = given.id AND live.deliveries = given.fence
 WHERE live.id = ANY ($1::uuid[]) AND live.state <> 'pending'
