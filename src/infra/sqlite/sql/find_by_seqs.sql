-- Tasks by their places in the table, as a claim makes them.
--   1: JSON array of seq
SELECT {claimed}, seq FROM backstage_tasks WHERE seq IN (SELECT value FROM json_each(?))
