-- index_queue: make the index of a queue's lanes anew.
--   KEYS  1 the queue's prefix
--   returns how many lanes have somebody waiting
-- needs: allow_full, index, past
revive_queue()
index_levels()
return redis.call('HLEN', KEYS[1] .. ':heads')
