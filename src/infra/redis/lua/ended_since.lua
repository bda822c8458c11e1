-- ended_since: tasks of one queue that ended at a moment or later, the first of each final state. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { moment as text, limit }
--   returns packed { { moment of its end, id }, … }, in no order
local since, limit = unpack(cmsgpack.unpack(ARGV[4]))
local ended = {}
for _, state in ipairs({ 'c', 'f', 'x' }) do
  local key = KEYS[1] .. ':ended:' .. state
  local found = redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
  for at = 1, #found, 2 do
    ended[#ended + 1] = { tonumber(found[at + 1]), found[at] }
  end
end
return cmsgpack.pack(ended)
