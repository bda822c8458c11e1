-- Lock running tasks whose lease ran out, smallest id first; the caller takes them back in the same transaction. SKIP
-- LOCKED leaves to another reclaimer what it takes, and to a settle what it is ending. The locked rows are whole tasks
-- (worker_id >= '' is true of every running one, and makes their index the one to read); renewing one needs the same
-- lock, so a task is either renewed or taken back.
--   $1 now on the leases' clock (us), NULL: the server's   $2 at most so many   $3 now (us), NULL: the server's
--   $4 whether an end that has passed counts   $5 beginnings after now by more than this (us) count too, NULL: none
-- Each row: a task, and now.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS lease_now, coalesce($3::bigint, backstage_now()) AS now
), running AS MATERIALIZED (
    SELECT id, lease_begun, lease_end FROM backstage_live WHERE state = 'running' AND worker_id >= ''
), expired AS MATERIALIZED (
    SELECT locked.*
      FROM (SELECT id
              FROM running, clock
             WHERE $4::boolean AND lease_end < clock.lease_now OR lease_begun > clock.lease_now + $5::bigint
             ORDER BY id) AS seen
     CROSS JOIN LATERAL (
           SELECT *
             FROM backstage_live
            WHERE id = seen.id AND state <> 'pending'
              AND ($4::boolean AND lease_end < (SELECT lease_now FROM clock)
                   OR lease_begun > (SELECT lease_now FROM clock) + $5::bigint)
              FOR UPDATE SKIP LOCKED) AS locked
     LIMIT $2::integer
), fitting AS MATERIALIZED (
    SELECT sized.*
      FROM (SELECT expired.*, task.bytes, sum(task.bytes) OVER (ORDER BY expired.id) AS bytes_so_far
              FROM expired
             CROSS JOIN LATERAL (
                   SELECT octet_length(payload) AS bytes FROM backstage_tasks WHERE id = expired.id LIMIT 1) AS task
           ) AS sized
     WHERE bytes_so_far <= 16777216 OR bytes_so_far = bytes  -- at most 16 MiB of payloads, and at least one
)
SELECT {held}, (SELECT now FROM clock)
  FROM fitting AS live
 CROSS JOIN LATERAL (SELECT * FROM backstage_tasks WHERE id = live.id LIMIT 1) AS task
 ORDER BY live.id
