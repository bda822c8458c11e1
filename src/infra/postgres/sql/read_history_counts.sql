-- The same as read_history without the histograms, which are two thirds of what a row holds.
--   $1 grain   $2 step (us)   $3 since, $4 until (us, beginnings of steps)   $5 queue, $6 type, NULL: any
--   $7, $8 whether queues, types are told apart
SELECT at - at % $2::bigint, CASE WHEN $7::boolean THEN queue ELSE '' END, CASE WHEN $8::boolean THEN type ELSE '' END,
       {history_counts}
  FROM backstage_history
 WHERE grain = $1::bigint AND at >= $3::bigint AND at < $4::bigint
   AND ($5::text IS NULL OR queue = $5::text) AND ($6::text IS NULL OR type = $6::text)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
