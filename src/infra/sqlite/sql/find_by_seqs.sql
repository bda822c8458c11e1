-- Tasks by their places in the table.
--   1: JSON array of seq
SELECT whole.seq, {whole} FROM backstage_whole_tasks AS whole WHERE whole.seq IN (SELECT value FROM json_each(?))
