-- Store a worker's state under its id; return the store's generation, what is asked of the worker,
-- and signs of what there is to look for.
--   1: id   2: host   3: pid   4: started (us)   5: seen (us)   6: concurrency   7: queues   8: types   9: running   10: stopping
--   11: lease (s)   12: release   13: ranks of its queues   14: what it says besides
INSERT INTO backstage_workers (id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping,
                               lease, release, ranks, details)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE
   SET host = excluded.host, pid = excluded.pid, started_at = excluded.started_at, seen_at = excluded.seen_at,
       concurrency = excluded.concurrency, queues = excluded.queues, types = excluded.types,
       running = excluded.running, is_stopping = excluded.is_stopping,
       lease = excluded.lease, release = excluded.release, ranks = excluded.ranks, details = excluded.details
RETURNING (SELECT id FROM backstage_generation), wanted, stacks_request,
          (SELECT group_concat(name || document) FROM backstage_subscriptions),
          (SELECT group_concat(name || cron || is_paused) FROM backstage_schedules),
          EXISTS (SELECT 1 FROM backstage_bulk),
          EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_running WHERE state = 'running')
