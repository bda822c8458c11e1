-- The entity's cancel move on a running task, which the caller has locked. What is shown of its lease and its progress
-- becomes what the saved task says; the lease itself goes on.
--   $1 id   $2 whether a cancel is requested   $3 the new version   $4 lease until (us)   $5 progress   $6 note
UPDATE backstage_live
   SET cancel_requested = $2::boolean, version = $3::integer, lease_until = coalesce($4::bigint, lease_until),
       progress = $5::double precision, progress_note = $6::text
 WHERE id = $1::uuid
