-- end_move: say which queue a schedule is on now, unless somebody has said otherwise meanwhile.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { name, queue before, queue now }
--   returns 1, or 0 if it was not on the queue before
local name, before, after = unpack(cmsgpack.unpack(ARGV[4]))
if redis.call('HGET', KEYS[1] .. ':schedules', name) ~= before then
  return 0
end
redis.call('HSET', KEYS[1] .. ':schedules', name, after)
return 1
