-- Whole tasks of any state, smallest id first, from after an id.
--   1: ids above this one   2: at most so many
SELECT whole.seq, {whole} FROM backstage_whole_tasks AS whole WHERE whole.id > ? ORDER BY whole.id LIMIT ?
