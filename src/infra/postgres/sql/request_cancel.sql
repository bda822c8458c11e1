-- The entity's cancel move on a running task, which the caller has locked. Its lease and its progress may have changed
-- since the saved task was read: they stay.
--   $1 id   $2 whether a cancel is requested   $3 the new version
UPDATE backstage_live
   SET cancel_requested = $2::boolean, version = $3::integer
 WHERE id = $1::uuid
