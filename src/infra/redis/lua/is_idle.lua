-- is_idle: whether no task of these types on this queue is running, due, or waiting for a retry.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { type, … }
--   returns 1 or 0
-- needs: allow_full, taking, storing
promote_due()
write_counts()
for _, type_ in ipairs(cmsgpack.unpack(ARGV[4])) do
  local counts = redis.call('HMGET', KEYS[1] .. ':counts', 'r:' .. type_, 'p:' .. type_, 'l:' .. type_)
  if tonumber(counts[1] or 0) + tonumber(counts[2] or 0) - tonumber(counts[3] or 0) > 0 then
    return 0
  end
end
return 1
