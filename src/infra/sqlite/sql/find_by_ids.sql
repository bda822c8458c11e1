-- Tasks by their ids.
--   1: JSON array of ids
SELECT whole.seq, {whole} FROM backstage_whole_tasks AS whole WHERE whole.id IN (SELECT value FROM json_each(?))
