-- How many due tasks of a queue wait: those that were made ready, and those that fell due and were not yet.
--   $1 now (us), NULL: the server's   $2 queue   $3 at most so many of either
WITH clock AS (
    SELECT coalesce($1::bigint, backstage_now()) AS now
)
SELECT least($3::bigint, (SELECT count(*) FROM (SELECT 1 FROM backstage_live WHERE ready AND queue = $2::text
                                                 LIMIT $3::bigint) AS waiting)
                       + (SELECT count(*) FROM (SELECT queue FROM backstage_live
                                                 WHERE state = 'pending' AND NOT ready
                                                   AND scheduled_at <= (SELECT now FROM clock)
                                                 ORDER BY scheduled_at  -- names the index to read
                                                 LIMIT $3::bigint) AS fallen_due
                           WHERE queue = $2::text))
