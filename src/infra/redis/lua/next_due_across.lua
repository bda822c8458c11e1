-- next_due_across: when the next pending task of any queue becomes due, on a server that has all keys of the store.
--   KEYS  1 the store's prefix
--   ARGV  6 the store's prefix
--   returns packed { now, due time or false }
-- needs: allow_full, across
promote_queues()
return cmsgpack.pack({ now, next_due_of_all() })
