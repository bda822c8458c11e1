-- The leases' clock, and the longest lease that is held.
--   $1 now on the leases' clock (us), NULL: the server's
SELECT coalesce($1::bigint, backstage_now()), coalesce(max(lease_end - lease_begun), 0)
  FROM backstage_live
 WHERE state = 'running' AND worker_id >= ''  -- true of each, and makes their index the one to read
