-- resume: end a pause, and wake the workers.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { kind:name, a new value for `control` }, 5 the channel that wakes workers
--   returns 1, or 0 if it was not paused
local name, token = unpack(cmsgpack.unpack(ARGV[4]))
local resumed = redis.call('HDEL', KEYS[1] .. ':pauses', name)
if resumed == 1 then
  redis.call('HDEL', KEYS[1] .. ':notes', name)
  redis.call('SET', KEYS[1] .. ':control', token)
end
redis.call('PUBLISH', ARGV[5], '')
return resumed
