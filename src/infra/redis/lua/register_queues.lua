-- register_queues: make queues known.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { { queue, … }, a new value for `control` }
--   returns how many were new
-- needs: batches
local queues, token = unpack(cmsgpack.unpack(ARGV[4]))
local new = 0
for first = 1, #queues, PORTION do
  new = new + redis.call('SADD', KEYS[1] .. ':queues', unpack(queues, first, math.min(first + PORTION - 1, #queues)))
end
if new > 0 then
  redis.call('SET', KEYS[1] .. ':control', token)
end
return new
