-- Running tasks whose lease ran out: on this boot by time, on any other boot all of them. Reads the index of running
-- tasks only; the caller takes them back in the same transaction, so two reclaimers never get one task.
--   ?1 boot   ?2 now (boot clock, us)   ?3 at most so many
SELECT seq
  FROM (SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot = ?1 AND lease_end < ?2
        UNION ALL
        SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot < ?1
        UNION ALL
        SELECT seq, id FROM backstage_tasks INDEXED BY backstage_tasks_running
         WHERE state = 'running' AND lease_boot > ?1)
 ORDER BY id
 LIMIT ?3
