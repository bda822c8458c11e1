-- Which tasks may match a search, as far as their creation and stored text tell. NULL: no matter.
--   :ids JSON array   :since created from then   :until created before then   :error what the failure must hold
--   :attempts begun at least so many   :due_after due after then
--   :first, :second, :third of which the payload must hold one
SELECT task.id
  FROM backstage_tasks AS task
  LEFT JOIN backstage_large_payloads AS large ON large.task = task.seq AND :first IS NOT NULL
 WHERE task.id IN (SELECT value FROM json_each(:ids))
   AND (:since IS NULL OR task.created_at >= :since)
   AND (:until IS NULL OR task.created_at < :until)
   AND task.deliveries - task.interruptions >= :attempts
   AND (:due_after IS NULL OR task.scheduled_at > :due_after)
   AND (:error IS NULL OR instr(lower(task.last_failure), :error))
   AND (:first IS NULL
        OR instr(coalesce(task.payload, large.payload), :first)
        OR (:second IS NOT NULL AND instr(coalesce(task.payload, large.payload), :second))
        OR (:third IS NOT NULL AND instr(coalesce(task.payload, large.payload), :third)))
