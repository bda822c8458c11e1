-- resume: end a pause, and wake the workers.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { kind:name }, 5 the channel that wakes workers
--   returns 1, or 0 if it was not paused
local resumed = redis.call('HDEL', KEYS[1] .. ':pauses', cmsgpack.unpack(ARGV[4])[1])
redis.call('PUBLISH', ARGV[5], '')
return resumed
