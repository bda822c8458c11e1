-- How a claim ended, as far as there is a record of it, and how its task stands.
--   :id   :fence of the claim
SELECT coalesce(record.outcome,
                CASE WHEN is_record = 1 AND deliveries = :fence THEN CASE state WHEN 'failed' THEN 'dead' ELSE state END END),
       state, deliveries
  FROM backstage_tasks AS task
  LEFT JOIN backstage_attempts AS record ON record.task = seq AND record.fence = :fence
 WHERE id = :id
