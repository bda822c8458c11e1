-- Extend leases whose fence is still the task's. Not a move: the version stays, and no index changes.
-- Ids come sorted, so two batches lock in one order, and an id's place among them is found by halving.
--   $1 now (us), NULL: the server's   $2 now on the leases' clock (us), NULL: the server's   $3 ids   $4 fences
--   $5 lease (us)
-- Returns the ids that are held, and whether a cancel was requested.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now, coalesce($2::bigint, backstage_now()) AS lease_now
)
UPDATE backstage_live
   SET lease_until = clock.now + $5::bigint, lease_begun = clock.lease_now, lease_end = clock.lease_now + $5::bigint
  FROM clock
 WHERE id = ANY ($3::uuid[]) AND state <> 'pending' AND deliveries = ($4::integer[])[width_bucket(id, $3::uuid[])]
RETURNING id::text, cancel_requested
