-- forget_events: delete the logs of events of tasks of one queue that ended long ago, or that are no more; the others
-- that were due to be looked at are so again a while later.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { kept for (microseconds) after the end, at most so many }
--   returns how many were deleted
-- needs: allow_full, moments
local kept_for, limit = unpack(cmsgpack.unpack(ARGV[4]))
local oldest = now - kept_for
local logs, forgotten = KEYS[1] .. ':eventlogs', 0

-- From when on the log is kept for a time: the end of its task, or now while that may go on.
local function since(id)
  local state, ended = unpack(redis.call('HMGET', KEYS[1] .. ':task:' .. id, 'state', 'end'))
  if not state or state == 'r' or state == 'p' then
    return redis.call('EXISTS', KEYS[1] .. ':task:' .. id) == 1 and now or 0
  end
  return moment_of(ended) or 0
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', logs, '-inf', '(' .. text_of(oldest), 'LIMIT', 0, limit)) do
  local kept_since = since(id)
  if kept_since < oldest then
    redis.call('DEL', KEYS[1] .. ':events:' .. id)
    redis.call('ZREM', logs, id)
    forgotten = forgotten + 1
  else
    redis.call('ZADD', logs, text_of(kept_since), id)
  end
end
return forgotten
