-- Lease the best due tasks of the lanes that a worker serves. Any number of workers may run it at once: SKIP LOCKED
-- passes over rows that another claim is taking. Where several lanes are served, it first finds, without locks, how
-- many of the best tasks each lane has, and then locks that many of each. To find them it reads the first ready tasks
-- of all lanes in one order, so that a claim costs the same with two lanes and with ten thousand. If better ones may
-- stand behind the 100 more than asked for that it looks at, it reads the beginning of each served lane instead. While
-- a task has become due that nobody has made ready, nothing is claimed, for it may be the best of all: promote first,
-- or say that it does not matter. Decisions 0403 and 0411 say why.
--   $1 now (us), NULL: the server's   $2 now on the leases' clock (us), NULL: the server's   $3 worker id
--   $4 types, a line each: thousands are read far faster so than as an array   $5 queues, NULL: all
--   $6 their ranks, higher first, as text: of an array of integers the driver has to ask the server, on each connection
--   $7 at most so many   $8 lease (us)
--   $9 whether to pass over tasks that are due and not yet ready   $10 a queue all of whose types are served, or NULL
-- Each row: a claimed task, best first; now, the next due time of a task that is not ready, whether ready tasks were left
-- for the next claim, or to others who have their hands on them. One row without a task if there is none.
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now, coalesce($2::bigint, backstage_now()) AS lease_now
), future AS MATERIALIZED (
    SELECT min(scheduled_at) AS next_due FROM backstage_live WHERE state = 'pending' AND NOT ready
), gate AS MATERIALIZED (
    SELECT $9::boolean OR coalesce((SELECT next_due FROM future) > (SELECT now FROM clock), true) AS is_open
), named AS MATERIALIZED (
    SELECT string_to_array($4::text, E'\n') AS types
), asked AS (
    SELECT queue, rank FROM unnest($5::text[], $6::text[]::integer[]) AS t (queue, rank)
), served AS MATERIALIZED (
    SELECT lane.queue, lane.type, coalesce((SELECT rank FROM asked WHERE asked.queue = lane.queue), 0) AS rank
      FROM backstage_lanes AS lane
     WHERE (lane.type = ANY ((SELECT types FROM named)::text[]) OR lane.queue = $10::text)
       AND ($5::text[] IS NULL OR lane.queue = ANY ($5::text[]))
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'queue' AND name = lane.queue)
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'type' AND name = split_part(lane.type, '@', 1))
       AND (SELECT is_open FROM gate)
), choice AS MATERIALIZED (
    SELECT (SELECT is_open FROM gate) AND (cardinality((SELECT types FROM named)) > 1 OR $10::text IS NOT NULL
           OR (SELECT count(*) FROM (SELECT FROM served LIMIT 2) AS two) > 1) AS are_several,
           (SELECT count(DISTINCT rank) FROM asked) > 1 AS are_ranked
), seen AS MATERIALIZED (
    SELECT queue, type, priority, scheduled_at, id
      FROM backstage_live
     WHERE ready AND priority >= -32768  -- true of every row: it names the index in which all lanes are one
       AND (SELECT are_several FROM choice)
     ORDER BY priority DESC, scheduled_at, id
     LIMIT $7::integer + 100
), first_of_all AS MATERIALIZED (
    SELECT seen.*, coalesce((SELECT rank FROM asked WHERE asked.queue = seen.queue), 0) AS rank
      FROM seen
     WHERE (type = ANY ((SELECT types FROM named)::text[]) OR queue = $10::text)
       AND ($5::text[] IS NULL OR queue = ANY ($5::text[]))
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'queue' AND name = seen.queue)
       AND NOT EXISTS (SELECT 1 FROM backstage_pauses WHERE kind = 'type' AND name = split_part(seen.type, '@', 1))
     LIMIT CASE WHEN (SELECT are_ranked FROM choice) THEN NULL ELSE $7::integer END
), verdict AS MATERIALIZED (
    SELECT are_several AND (NOT are_ranked AND (SELECT count(*) FROM first_of_all) >= $7::integer
                            OR (SELECT count(*) FROM seen) < $7::integer + 100) AS is_first_of_all
      FROM choice
), best AS (
    (SELECT queue, type
       FROM first_of_all
      WHERE (SELECT is_first_of_all FROM verdict)
      ORDER BY rank DESC, priority DESC, scheduled_at, id
      LIMIT $7::integer)
     UNION ALL
    (SELECT served.queue, served.type
       FROM served
      CROSS JOIN LATERAL (
            SELECT priority, scheduled_at, id
              FROM backstage_live
             WHERE ready AND queue = served.queue AND type = served.type
             ORDER BY priority DESC, scheduled_at, id
             LIMIT $7::integer) AS first
      WHERE (SELECT are_several FROM choice) AND NOT (SELECT is_first_of_all FROM verdict)
      ORDER BY served.rank DESC, first.priority DESC, first.scheduled_at, first.id
      LIMIT $7::integer)
), quota AS (
    SELECT queue, type, count(*) AS tasks FROM best GROUP BY queue, type
     UNION ALL
    SELECT queue, type, $7::integer FROM served WHERE NOT (SELECT are_several FROM choice)
), taken AS MATERIALIZED (
    SELECT first.*, quota.queue
      FROM quota
     CROSS JOIN LATERAL (
           SELECT ctid AS tid, id, priority, scheduled_at
             FROM backstage_live
            WHERE ready AND queue = quota.queue AND type = quota.type
            ORDER BY priority DESC, scheduled_at, id
            LIMIT quota.tasks
              FOR UPDATE SKIP LOCKED) AS first
), sized AS MATERIALIZED (
    SELECT tid, task.bytes,
           sum(task.bytes) OVER (ORDER BY (SELECT rank FROM asked WHERE asked.queue = taken.queue) DESC,
                                          priority DESC, scheduled_at, taken.id) AS bytes_so_far
      FROM taken
     CROSS JOIN LATERAL (
           SELECT octet_length(payload) AS bytes FROM backstage_tasks WHERE id = taken.id LIMIT 1) AS task
     WHERE $7::integer > 16
), fitting AS MATERIALIZED (
    -- At most 16 MiB of payloads, and at least one: more would keep the server busy, and whoever waits for the answer
    -- waiting, for seconds. Sixteen tasks cannot exceed that.
    SELECT tid FROM taken WHERE $7::integer <= 16
     UNION ALL
    SELECT tid FROM sized WHERE bytes_so_far <= 16777216 OR bytes_so_far = bytes
), claimed AS (
    UPDATE backstage_live
       SET state = 'running', ready = false, deliveries = least(deliveries, 2000000000) + 1,
           version = least(version, 2000000000) + 1,  -- more was written by somebody else, and would fail every claim
           started_at = clock.now, progress = NULL, progress_note = NULL, worker_id = $3::text,
           lease_until = clock.now + $8::bigint, lease_begun = clock.lease_now, lease_end = clock.lease_now + $8::bigint
      FROM clock
     WHERE ctid = ANY (ARRAY (SELECT tid FROM fitting))
    RETURNING id, queue, type, {claim}
), counted AS (
    INSERT INTO backstage_count_changes (queue, type, state, tasks, pruned)
    SELECT lane.queue, lane.type, change.state, change.sign * lane.tasks, 0
      FROM (SELECT queue, type, count(*) AS tasks FROM claimed GROUP BY queue, type) AS lane
     CROSS JOIN (VALUES ('pending', -1), ('running', 1)) AS change (state, sign)
)
SELECT whole.*, clock.now, (SELECT next_due FROM future),
       CASE WHEN (SELECT count(*) FROM fitting) < (SELECT count(*) FROM taken) THEN true
            WHEN (SELECT count(*) FROM taken) < $7::integer THEN (SELECT count(*) FROM taken) < CASE
            WHEN (SELECT is_first_of_all FROM verdict) THEN (SELECT count(*) FROM first_of_all)
            ELSE (
            SELECT count(*)
              FROM served
             CROSS JOIN LATERAL (
                   SELECT 1 FROM backstage_live
                    WHERE ready AND queue = served.queue AND type = served.type
                    LIMIT $7::integer) AS there) END END
  FROM clock
  LEFT JOIN (
       SELECT {claimed}
         FROM claimed
        CROSS JOIN LATERAL (SELECT * FROM backstage_tasks WHERE id = claimed.id LIMIT 1) AS task
        ORDER BY CASE WHEN $5::text[] IS NOT NULL
                      THEN (SELECT rank FROM asked WHERE asked.queue = claimed.queue) END DESC,
                 claimed.priority DESC, claimed.scheduled_at, claimed.id) AS whole ON true
