-- The entity's settle move to one final state, on tasks that find_ending.sql found in this transaction to be running with the
-- claim's fence, and that end alike but for their results. The lease's columns say nothing of an ended task.
--   :state   :failure JSON, NULL: as before   :lost 1 if the lease ran out, else 0   :is_record 1 if the row is the claim's record
--   :now (us)   :results JSON object of seq to result
UPDATE backstage_tasks
   SET state = :state, finished_at = :now, result = ended.value,
       last_failure = coalesce(:failure, last_failure), crashes = crashes + :lost,
       lease_until = NULL, lease_end = NULL, lease_boot = NULL, is_record = :is_record,
       cancel_requested = 0, version = version + 1
  FROM json_each(:results) AS ended
 WHERE seq = CAST(ended.key AS INTEGER)
