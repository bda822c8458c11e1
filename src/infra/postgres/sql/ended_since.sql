-- Tasks that ended at a moment or later, those that ended first before others. Of each queue and final state, no more than
-- asked for, and what ended at the moment of the last, are read from the index that has them by that moment.
--   $1 ended at this moment (us) or later   $2 at most so many
WITH page AS (
    SELECT first.id, first.finished_at
      FROM (SELECT DISTINCT queue FROM backstage_lanes) AS lane
     CROSS JOIN unnest(ARRAY['completed', 'failed', 'cancelled']) AS ended (state)
     CROSS JOIN LATERAL (
           SELECT id, finished_at FROM backstage_finished
            WHERE queue = lane.queue AND state = ended.state AND finished_at >= greatest(0, $1::bigint) AND finished_at >= 0
            ORDER BY finished_at FETCH FIRST ($2::integer) ROWS WITH TIES) AS first
     ORDER BY first.finished_at, first.id
     LIMIT $2::integer
)
SELECT {whole}
  FROM page
 CROSS JOIN LATERAL (SELECT * FROM backstage_whole_tasks WHERE id = page.id LIMIT 1) AS whole
 ORDER BY page.finished_at, page.id
