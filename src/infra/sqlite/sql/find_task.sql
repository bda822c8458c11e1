-- One task.
--   1: id
SELECT whole.seq, {whole} FROM backstage_whole_tasks AS whole WHERE whole.id = ?
