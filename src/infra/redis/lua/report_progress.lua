-- report_progress: note how far a running task is, if the fence is that of its claim.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, fence, progress, note or false }
--   returns 1, or 0 if the claim no longer holds
local id, claimed_fence, progress, note = unpack(cmsgpack.unpack(ARGV[4]))
local key = KEYS[1] .. ':task:' .. id
local state, fence = unpack(redis.call('HMGET', key, 'state', 'fence'))
if state ~= 'r' or fence ~= claimed_fence then
  return 0
end
redis.call('HSET', key, 'progress', progress)
if note then
  redis.call('HSET', key, 'note', note)
else
  redis.call('HDEL', key, 'note')
end
return 1
