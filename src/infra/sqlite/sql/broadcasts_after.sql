-- The messages after a position that are not too old, in the order in which they were stored. There is one writer, so
-- none is ever committed before a position that was read.
--   1: position   2: stored at or after (us)   3: limit
SELECT position, id, name, payload, sent_at FROM backstage_broadcasts
 WHERE position > ? AND stored_at >= ?
 ORDER BY position
 LIMIT ?
