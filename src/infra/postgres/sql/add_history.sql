-- Add the numbers of a batch to those of the rows of each grain, and count the failures that it tells of; nothing if
-- the writer has added a batch of that number. Rows are locked in one order by all writers.
--   $1 now (us), NULL: the server's   $2 writer   $3 number   $4 grains (seconds)
--   $5 …: the columns HISTORY   $35 …: the columns SIGHTING
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), known AS (
    INSERT INTO backstage_history_writers AS stored (id, number, at)
    VALUES ($2::text, $3::bigint, (SELECT now FROM clock))
        ON CONFLICT (id) DO UPDATE SET number = excluded.number, at = excluded.at
     WHERE stored.number < excluded.number
    RETURNING id
), grown AS (
    INSERT INTO backstage_history AS stored (grain, at, queue, type, {history_counters})
    SELECT grain, at - at % (grain * 1000000) AS beginning, queue, type, {history_counters}
      FROM unnest({history:$5}) AS given ({history})
     CROSS JOIN unnest($4::bigint[]) AS grains (grain)
     WHERE EXISTS (SELECT 1 FROM known)
     ORDER BY grain, beginning, queue COLLATE "C", type COLLATE "C"
        ON CONFLICT (grain, at, queue, type) DO UPDATE SET {history_added}
), seen AS (
    SELECT * FROM unnest({sighting:$35}) AS given ({sighting}) WHERE EXISTS (SELECT 1 FROM known)
), grouped AS (
    INSERT INTO backstage_failure_groups AS stored
           (fingerprint, task_type, error, line, message, tasks, runs, first_seen, last_seen, task_ids)
    SELECT fingerprint, task_type, error, line, message, tasks, runs, seen, seen, task_ids
      FROM seen
     ORDER BY fingerprint COLLATE "C"
        ON CONFLICT (fingerprint) DO UPDATE
       SET line = excluded.line, message = excluded.message,
           tasks = stored.tasks + excluded.tasks, runs = stored.runs + excluded.runs,
           first_seen = least(stored.first_seen, excluded.first_seen),
           last_seen = greatest(stored.last_seen, excluded.last_seen),
           task_ids = (
               SELECT json_agg(task_id ORDER BY place)::text
                 FROM (SELECT task_id, min(place) AS place
                         FROM (SELECT * FROM json_array_elements_text(excluded.task_ids::json) WITH ORDINALITY
                               UNION ALL
                               SELECT id, place + 100
                                 FROM json_array_elements_text(stored.task_ids::json) WITH ORDINALITY AS old (id, place)
                              ) AS every (task_id, place)
                        GROUP BY task_id
                        ORDER BY min(place)
                        LIMIT 5) AS latest)
)
INSERT INTO backstage_failure_hours AS stored (fingerprint, hour, runs)
SELECT fingerprint, seen - seen % 3600000000, runs FROM seen ORDER BY fingerprint COLLATE "C"
    ON CONFLICT (fingerprint, hour) DO UPDATE SET runs = stored.runs + excluded.runs
