-- Whether a lane has a task that may be claimed now, or one that ran before and waits to run again.
--   :queue   :type   :now (us)
SELECT EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                WHERE queue = :queue AND type = :type AND ready = 1)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_waiting_retry
                WHERE queue = :queue AND type = :type AND ready = 0 AND deliveries > 0)
    OR EXISTS (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_future
                WHERE queue = :queue AND type = :type AND ready = 0 AND scheduled_at <= :now)
