-- request_stacks: ask a worker for its stacks, unless somebody has and waits.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { worker id, id of the request }
--   returns the id of the request that waits, nil if there is no such worker
-- needs: allow_full
local id, request = unpack(cmsgpack.unpack(ARGV[4]))
if redis.call('HEXISTS', KEYS[1] .. ':workers', id) == 0 then
  return false
end
redis.call('HSETNX', KEYS[1] .. ':asked', 'stacks:' .. id, request)
return redis.call('HGET', KEYS[1] .. ':asked', 'stacks:' .. id)
