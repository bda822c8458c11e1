-- order_worker: ask something of a worker, which its next beat tells it.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { worker id, order }
--   returns whether there is such a worker
-- needs: allow_full
local id, order = unpack(cmsgpack.unpack(ARGV[4]))
if redis.call('HEXISTS', KEYS[1] .. ':workers', id) == 0 then
  return 0
end
redis.call('HSET', KEYS[1] .. ':asked', 'order:' .. id, order)
return 1
