-- Logs of tasks' events that somebody must look at again, those kept longest first, with how their tasks stand.
--   1: kept since before (us)   2: at most so many
SELECT log.task_id, task.state, task.finished_at
  FROM (SELECT task_id, since FROM backstage_event_logs WHERE since < ? ORDER BY since LIMIT ?) AS log
  LEFT JOIN backstage_tasks AS task ON task.id = log.task_id
 ORDER BY log.since
