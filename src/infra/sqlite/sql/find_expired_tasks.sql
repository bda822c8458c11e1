-- Running tasks whose lease ran out: on this boot by time, on any other boot all of them. Reads the index of running
-- tasks only; the caller takes them back in the same transaction, so two reclaimers never get one task.
--   :boot   :now (boot clock, us)   :limit at most so many
SELECT seq
  FROM (SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot = :boot AND lease_end < :now
        UNION ALL
        SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot < :boot
        UNION ALL
        SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot > :boot)
 ORDER BY id
 LIMIT :limit
