-- Delete what is older than it is kept.
--   $1 now (us), NULL: the server's   $2 grains (seconds)   $3 how long the rows of each are kept (us)
--   $4 how long a writer is known (us)   $5 how long a group of failures is kept after the last of them (us)
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), rows AS (
    DELETE FROM backstage_history AS old
     USING unnest($2::bigint[], $3::bigint[]) AS kept (grain, age)
     WHERE old.grain = kept.grain AND old.at < (SELECT now FROM clock) - kept.age
), writers AS (
    DELETE FROM backstage_history_writers WHERE at < (SELECT now FROM clock) - $4::bigint
), groups AS (
    DELETE FROM backstage_failure_groups WHERE last_seen < (SELECT now FROM clock) - $5::bigint
)
DELETE FROM backstage_failure_hours WHERE hour < (SELECT now FROM clock) - 90000000000
