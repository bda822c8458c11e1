-- Store a worker's state under its id, seen now; forget those unseen for a day. Return the store's generation, which an
-- emptied store gets anew, what is asked of the worker, and signs of what there is to look for.
--   $1 now (us), NULL: the server's   $2 id   $3 host   $4 pid   $5 started (us)   $6 concurrency   $7 queues (JSON)
--   $8 types (JSON)   $9 ids of running tasks (JSON)   $10 whether it is stopping   $11 a day (us)
--   $12 lease (s)   $13 release   $14 ranks of its queues (JSON)   $15 what it says besides (JSON)
WITH forgotten AS (
    DELETE FROM backstage_workers
     WHERE seen_at < coalesce($1::bigint, backstage_now()) - $11::bigint AND id <> $2::text
), seen AS (
    INSERT INTO backstage_workers (id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping,
                                   lease, release, ranks, details)
    VALUES ($2::text, $3::text, $4::bigint, $5::bigint, coalesce($1::bigint, backstage_now()), $6::bigint, $7::text,
            $8::text, $9::text, $10::boolean, $12::double precision, $13::text, $14::text, $15::text)
        ON CONFLICT (id) DO UPDATE
       SET host = excluded.host, pid = excluded.pid, started_at = excluded.started_at, seen_at = excluded.seen_at,
           concurrency = excluded.concurrency, queues = excluded.queues, types = excluded.types,
           running = excluded.running, is_stopping = excluded.is_stopping,
           lease = excluded.lease, release = excluded.release, ranks = excluded.ranks, details = excluded.details
    RETURNING wanted, stacks_request
), renewed AS (
    INSERT INTO backstage_generation (single, id)
    SELECT 1, replace(gen_random_uuid()::text, '-', '')
     WHERE NOT EXISTS (SELECT FROM backstage_generation)
        ON CONFLICT (single) DO UPDATE SET id = backstage_generation.id
    RETURNING id
)
SELECT generation.id, seen.wanted, seen.stacks_request,
       (SELECT sum(hashtextextended(name || document, 0))::text FROM backstage_subscriptions),
       (SELECT sum(hashtextextended(name || cron || is_paused::text, 0))::text FROM backstage_schedules),
       EXISTS (SELECT FROM backstage_bulk),
       EXISTS (SELECT FROM backstage_live
                WHERE state = 'running' AND worker_id >= '')  -- true of each, and makes their index the one to read
  FROM (SELECT id FROM backstage_generation UNION ALL SELECT id FROM renewed) AS generation, seen
