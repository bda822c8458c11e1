-- oldest_ended: tasks of one queue and state that a retention gives up, the first to have ended first. For either
-- reason those are the oldest, so the longer of the two lists holds the other. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { state letter, greatest age in microseconds or false, number to keep or false, limit }
--   returns packed { { moment of its end, id }, … }
-- needs: moments
local state, age, kept, limit = unpack(cmsgpack.unpack(ARGV[4]))
local key, number = KEYS[1] .. ':ended:' .. state, 0
if kept then
  number = redis.call('ZCARD', key) - kept
end
if age then
  number = math.max(number, redis.call('ZCOUNT', key, '-inf', '(' .. text_of(now - age)))
end
number = math.min(number, limit)
local found, oldest = {}, {}
if number > 0 then
  found = redis.call('ZRANGE', key, 0, number - 1, 'WITHSCORES')
end
for at = 1, #found, 2 do
  oldest[#oldest + 1] = { tonumber(found[at + 1]), found[at] }
end
return cmsgpack.pack(oldest)
