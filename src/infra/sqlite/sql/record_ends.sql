-- The records of claims that end for good, made from the tasks as they still run; settle_ends.sql follows in the same
-- transaction, and both compare the fence.
--   :ends JSON array of [id, fence, state, outcome (null: of a claim that ran nothing, which leaves no record), result JSON,
--         failure JSON, 1 if the lease ran out else 0]   :now (us)
INSERT INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome, failure)
SELECT task.seq, task.deliveries, task.deliveries - task.interruptions, task.worker_id, task.started_at, :now,
       ended.value ->> 3, ended.value ->> 5
  FROM json_each(:ends) AS ended
  CROSS JOIN backstage_tasks AS task ON task.id = ended.value ->> 0
 WHERE task.state = 'running' AND task.deliveries = ended.value ->> 1 AND ended.value ->> 3 IS NOT NULL
