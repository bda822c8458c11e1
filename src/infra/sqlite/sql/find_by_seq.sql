-- One task by its place in the table.
--   1: seq
SELECT whole.seq, {whole} FROM backstage_whole_tasks AS whole WHERE whole.seq = ?
