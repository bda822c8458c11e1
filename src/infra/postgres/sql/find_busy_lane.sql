-- Whether a lane that is served and not paused has a task that runs, may be claimed, ran before and waits to run again,
-- or was scheduled for later by a chain. Reads the beginning of each lane, and all running tasks once (worker_id >= ''
-- is true of each, and makes their index the one to read).
--   $1 now (us), NULL: the server's   $2 types, NULL: all   $3 queues, NULL: all
WITH running AS MATERIALIZED (
    SELECT queue, type FROM backstage_live WHERE state = 'running' AND worker_id >= ''
), due AS MATERIALIZED (
    SELECT queue, type FROM backstage_live
     WHERE state = 'pending' AND NOT ready AND scheduled_at <= coalesce($1::bigint, backstage_now())
     ORDER BY scheduled_at  -- in which order their own index has them
)
SELECT EXISTS (
    SELECT 1
      FROM backstage_lanes AS lane
     WHERE ($2::text[] IS NULL OR lane.type = ANY ($2::text[]))
       AND ($3::text[] IS NULL OR lane.queue = ANY ($3::text[]))
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'queue' AND name = lane.queue)
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'type' AND name = split_part(lane.type, '@', 1))
       AND ((lane.queue, lane.type) IN (SELECT queue, type FROM running)
            OR (lane.queue, lane.type) IN (SELECT queue, type FROM due)
            OR (SELECT 1 FROM backstage_live WHERE ready AND queue = lane.queue AND type = lane.type LIMIT 1) = 1
            OR (SELECT 1 FROM backstage_live
                 WHERE state <> 'running' AND NOT ready AND deliveries > 0
                   AND queue = lane.queue AND type = lane.type LIMIT 1) = 1
            OR (SELECT 1 FROM backstage_live
                 WHERE state <> 'running' AND NOT ready AND is_chained
                   AND queue = lane.queue AND type = lane.type LIMIT 1) = 1))
