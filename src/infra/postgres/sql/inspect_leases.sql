-- The same answer as renew_leases.sql, changing nothing.
--   $1 ids, sorted   $2 fences
SELECT id::text, cancel_requested
  FROM backstage_live
 WHERE id = ANY ($1::uuid[]) AND state <> 'pending' AND deliveries = ($2::integer[])[width_bucket(id, $1::uuid[])]
