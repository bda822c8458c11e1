-- Store records of claims.
--   $1 task ids   $2 fences   $3 numbers   $4 worker ids   $5 started (us)   $6 ended (us)   $7 outcomes   $8 failures
INSERT INTO backstage_attempts (task_id, fence, number, worker_id, started_at, ended_at, outcome, failure)
SELECT *
  FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
