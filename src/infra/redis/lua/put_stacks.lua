-- put_stacks: keep a worker's stacks, the answer to the request that waits.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { worker id, the stacks as JSON }
local id, document = unpack(cmsgpack.unpack(ARGV[4]))
if redis.call('HEXISTS', KEYS[1] .. ':workers', id) == 1 then
  redis.call('HSET', KEYS[1] .. ':stacks', id, document)
  redis.call('HDEL', KEYS[1] .. ':asked', 'stacks:' .. id)
end
