-- Store a worker's state under its id.
--   ?1 id   ?2 host   ?3 pid   ?4 started (us)   ?5 seen (us)   ?6 concurrency   ?7 queues   ?8 types   ?9 running   ?10 stopping
INSERT INTO backstage_workers (id, host, pid, started_at, seen_at, concurrency, queues, types, running, is_stopping)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (id) DO UPDATE
   SET host = ?2, pid = ?3, started_at = ?4, seen_at = ?5, concurrency = ?6, queues = ?7, types = ?8, running = ?9,
       is_stopping = ?10
