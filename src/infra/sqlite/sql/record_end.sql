-- The record of a claim that ends for good, made from the task as it still runs: end_tasks.sql follows in the same transaction.
--   :seq   :now (us)   :outcome   :failure JSON
INSERT INTO backstage_attempts (task, fence, number, worker_id, started_at, ended_at, outcome, failure)
SELECT seq, deliveries, deliveries - interruptions, worker_id, started_at, :now, :outcome, :failure
  FROM backstage_tasks
 WHERE seq = :seq
