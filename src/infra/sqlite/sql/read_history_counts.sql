-- The same as read_history without the histograms, which are two thirds of what a row holds.
--   :grain   :step (us)   :since, :until (us, beginnings of steps)   :queue, :type NULL: any
--   :by_queue, :by_type whether they are told apart
SELECT at - at % :step AS beginning,
       CASE WHEN :by_queue THEN queue ELSE '' END AS queue_name, CASE WHEN :by_type THEN type ELSE '' END AS type_name,
       {history_counts}
  FROM backstage_history
 WHERE grain = :grain AND at >= :since AND at < :until
   AND (:queue IS NULL OR queue = :queue) AND (:type IS NULL OR type = :type)
 GROUP BY beginning, queue_name, type_name
 ORDER BY beginning, queue_name, type_name
