-- Whether a lane has a task that may be claimed now, one that ran before and waits to run again, or one that a chain has
-- scheduled for later.
--   :queue   :type   :now (us)
SELECT EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                WHERE queue = :queue AND type = :type AND ready = 1)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_waiting_retry
                WHERE queue = :queue AND type = :type AND ready = 0 AND deliveries > 0)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_future
                WHERE queue = :queue AND type = :type AND ready = 0 AND scheduled_at <= :now)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_chained
                WHERE queue = :queue AND type = :type AND ready = 0 AND workflow_id IS NOT NULL)
