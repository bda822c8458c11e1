-- Record how far a task is, if the claim's fence is still the task's. Not a move.
--   $1 id   $2 fence   $3 progress (0 to 1)   $4 note
UPDATE backstage_live
   SET progress = $3::double precision, progress_note = $4::text
 WHERE id = $1::uuid AND state <> 'pending' AND deliveries = $2::integer
 RETURNING true
