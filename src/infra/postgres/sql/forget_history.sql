-- Delete what is older than it is kept.
--   $1 now (us), NULL: the server's   $2, $3 how long rows of minutes and of hours are kept (us)
--   $4 how long a writer is known (us)   $5 how long a group of failures is kept after the last of them (us)
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
), minutes AS (
    DELETE FROM backstage_history WHERE grain = 60 AND at < (SELECT now FROM clock) - $2::bigint
), hours AS (
    DELETE FROM backstage_history WHERE grain = 3600 AND at < (SELECT now FROM clock) - $3::bigint
), writers AS (
    DELETE FROM backstage_history_writers WHERE at < (SELECT now FROM clock) - $4::bigint
), groups AS (
    DELETE FROM backstage_failure_groups WHERE last_seen < (SELECT now FROM clock) - $5::bigint
)
DELETE FROM backstage_failure_hours WHERE hour < (SELECT now FROM clock) - 90000000000
