-- held_tasks: the running tasks of a worker. It looks at every running task of the queue.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { worker id }
--   returns packed { { id, { field, value, … } }, … }
local worker = unpack(cmsgpack.unpack(ARGV[4]))
local held = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. ':leases', 0, -1)) do
  local key = KEYS[1] .. ':task:' .. id
  if redis.call('HGET', key, 'worker') == worker then
    held[#held + 1] = { id, redis.call('HGETALL', key) }
  end
end
return cmsgpack.pack(held)
