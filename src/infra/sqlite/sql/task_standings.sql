-- How tasks stand: of one that has completed its result, of any its last failure.
--   1: JSON array of ids
SELECT task.id, state, deliveries - interruptions, finished_at, progress, progress_note,
       CASE WHEN state = 'completed' THEN result END, last_failure, gone.until
  FROM json_each(?) AS asked
  CROSS JOIN backstage_tasks AS task ON task.id = asked.value
  LEFT JOIN backstage_result_ends AS gone ON gone.task_id = task.id AND gone.is_gone = 1
