-- next_due: when the next pending task of a queue becomes due.
--   KEYS  1 the queue's prefix
--   returns packed { now, due time or false }
-- needs: allow_full, taking, storing
promote_due()
write_counts()
local _, next_due = unpack(redis.call('ZRANGE', KEYS[1] .. ':later', 0, 0, 'WITHSCORES'))
return cmsgpack.pack({ now, next_due or false })
