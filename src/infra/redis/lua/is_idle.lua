-- is_idle: whether no task of these types on this queue is running, due, waiting for a retry, or scheduled by a chain.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { type, … }
--   returns 1 or 0
-- needs: allow_full, taking, storing
local FORGOTTEN_AT_ONCE = 100
promote_due()
write_counts()
for _, type_ in ipairs(cmsgpack.unpack(ARGV[4])) do
  local running, pending, later =
    unpack(redis.call('HMGET', KEYS[1] .. ':counts', 'r:' .. type_, 'p:' .. type_, 'l:' .. type_))
  if tonumber(running or 0) + tonumber(pending or 0) - tonumber(later or 0) > 0 then
    return 0
  end
  if #redis.call('ZRANGEBYSCORE', awaited_of(type_), '(' .. now_text, '+inf', 'LIMIT', 0, 1) > 0 then
    return 0
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', awaited_of(type_), '-inf', now, 'LIMIT', 0, FORGOTTEN_AT_ONCE)) do
    redis.call('ZREM', awaited_of(type_), id) -- left by a worker of an earlier release, which does not know of this set
  end
end
return 1
