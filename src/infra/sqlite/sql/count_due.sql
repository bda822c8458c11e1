-- How many due tasks of a queue wait: those that were made ready, and those that fell due and were not yet.
--   :now (us)   :queue   :at_most so many of either
SELECT min(:at_most, (SELECT count(*) FROM (SELECT 1 FROM backstage_tasks INDEXED BY backstage_tasks_ready
                                             WHERE ready = 1 AND queue = :queue LIMIT :at_most))
                   + (SELECT count(*) FROM (SELECT queue FROM backstage_tasks INDEXED BY backstage_tasks_future
                                             WHERE ready = 0 AND scheduled_at <= :now LIMIT :at_most)
                       WHERE queue = :queue))
