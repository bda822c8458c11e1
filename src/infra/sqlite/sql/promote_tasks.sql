-- Make tasks claimable that have become due, oldest due time first. Safe beside other claims: the writer holds the
-- file's one write lock. Bounded, so that a great many falling due at once do not hold that lock for long.
--   1: now (us)   2: at most so many
UPDATE backstage_tasks
   SET ready = 1
 WHERE seq IN (
           SELECT seq FROM backstage_tasks INDEXED BY backstage_tasks_future
            WHERE ready = 0 AND scheduled_at <= ? ORDER BY scheduled_at LIMIT ?)
