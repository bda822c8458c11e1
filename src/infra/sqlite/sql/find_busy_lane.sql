-- Whether a lane has a task that may be claimed now, one that ran before and waits to run again, or one that a chain has
-- scheduled for later.
--   ?1 queue   ?2 type   ?3 now (us)
SELECT EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                WHERE queue = ?1 AND type = ?2 AND ready = 1)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_waiting_retry
                WHERE queue = ?1 AND type = ?2 AND ready = 0 AND deliveries > 0)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_future
                WHERE queue = ?1 AND type = ?2 AND ready = 0 AND scheduled_at <= ?3)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_chained
                WHERE queue = ?1 AND type = ?2 AND ready = 0 AND workflow_id IS NOT NULL)
